import { framed } from '../../schemas/avro/framing.ts'
import { type Alert, encodeAlert } from '../../schemas/generated/alert.ts'
import { type AuditEvent, encodeAuditEvent } from '../../schemas/generated/audit-event.ts'
import { type Decision, encodeDecision } from '../../schemas/generated/decision.ts'
import { type Duplicate, encodeDuplicate } from '../../schemas/generated/duplicate.ts'
import { encodeResolution, type Resolution } from '../../schemas/generated/resolution.ts'
import { encodeShadowVerdict, type ShadowVerdict } from '../../schemas/generated/shadow-verdict.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { sealBatch } from '../../streams/record/batch-seal.ts'
import { encodeRecords } from '../../streams/testing/plain-records.ts'

/** As in the local registry. */
export const ARCHIVE_IDS = {
  decision: 3,
  resolution: 4,
  alert: 15,
  duplicate: 8,
  audit: 10,
  shadowVerdict: 12,
} as const

/** 2026-11-25 12:00:00 UTC. */
export const NOON_MS = 1_795_608_000_000

/** The `n`th payment as it was decided: every column is set, every list has something in it. */
export function decisionOf(n: number, given: Partial<Decision> = {}): Decision {
  return {
    decisionId: `0-${n}`,
    transactionId: `tx-${n}`,
    idempotencyKey: `key-${n}`,
    eventTime: NOON_MS + n * 1_000,
    senderAccountId: `ACC_${n % 7}`,
    receiverAccountId: 'SHOP_1',
    amountMinor: 1_234 + n,
    currency: n % 3 === 0 ? 'JPY' : 'EUR',
    kind: 'card',
    channel: 'ecommerce',
    merchantId: 'M-1',
    merchantCategory: '5411',
    terminalId: 'T-1',
    region: 'DE',
    latitude: 52.520008,
    longitude: 13.404954,
    deviceId: `device-${n % 5}`,
    maskKeyId: 'k1',
    cardMasked: 'XXXX-XXXX-XXXX-1234',
    cardToken: `v1:k1:${'ab'.repeat(32)}`,
    expiryMasked: '08/XX',
    cvvMasked: 'XXX',
    cardholderNameMasked: 'J*** R***',
    cardholderNameToken: `v1:k1:${'cd'.repeat(32)}`,
    emailMasked: 'j***@example.com',
    emailToken: `v1:k1:${'ef'.repeat(32)}`,
    ipMasked: '203.0.x.x',
    ipToken: `v1:k1:${'01'.repeat(32)}`,
    memo: `Rückzahlung „${n}“ 漢字`,
    maskings: [
      { field: 'pan', rule: 'TOKENISED' },
      { field: 'cvv', rule: 'REMOVED' },
      { field: 'memo', rule: 'REDACTED' },
    ],
    velocityCount: 4,
    isVelocityFraud: true,
    velocityFraudPeers: [`tx-${n}-a`, `tx-${n}-b`],
    severity: 'HIGH',
    late: false,
    saturated: false,
    excused: false,
    velocity5mCount: 4,
    devices1h: 1,
    regions1h: 1,
    fraudCount: 1,
    baselinePayments: n,
    fraudScore: 55,
    reasons: [
      { signal: 'VELOCITY', points: 40 },
      { signal: 'FIRST_RECEIVER', points: 15 },
    ],
    notEvaluated: ['NEW_DEVICE'],
    outcome: 'challenge',
    decidedBy: 'STEP_UP',
    actions: ['REQUIRE_3DS'],
    ruleVersion: 'test-1',
    ruleHash: 'f00d',
    inputTopic: TOPICS.paymentsSubmitted.name,
    inputPartition: 0,
    inputOffset: n,
    appendTime: NOON_MS + n * 1_000 + 5,
    paymentSchemaId: 1,
    semanticsVersion: 1,
    ...given,
  }
}

export function resolutionOf(n: number, given: Partial<Resolution> = {}): Resolution {
  return {
    decisionId: `0-${n}`,
    transactionId: `tx-${n}`,
    senderAccountId: `ACC_${n % 7}`,
    outcome: 'passed',
    actor: 'api',
    eventTime: NOON_MS + n * 1_000,
    inputTopic: TOPICS.paymentsSubmitted.name,
    inputPartition: 0,
    inputOffset: n + 1,
    semanticsVersion: 1,
    ...given,
  }
}

export function shadowVerdictOf(n: number, given: Partial<ShadowVerdict> = {}): ShadowVerdict {
  return {
    decisionId: `0-${n}`,
    transactionId: `tx-${n}`,
    senderAccountId: `ACC_${n % 7}`,
    eventTime: NOON_MS + n * 1_000,
    reasons: [{ signal: 'NIGHT', points: 5 }],
    fraudScore: 45,
    actions: ['REQUIRE_3DS'],
    ruleVersion: '1',
    ruleHash: '0123456789abcdef',
    inputTopic: TOPICS.paymentsSubmitted.name,
    inputPartition: 0,
    inputOffset: n,
    semanticsVersion: 1,
    ...given,
  }
}

export function alertOf(n: number, given: Partial<Alert> = {}): Alert {
  return {
    alertId: `0-${n}-0`,
    kind: 'VELOCITY',
    revised: false,
    transactionId: `tx-${n}`,
    senderAccountId: `ACC_${n % 7}`,
    eventTime: NOON_MS + n * 1_000,
    velocityCount: 5,
    severity: 'CRITICAL',
    amountMinor: 4_900,
    currency: 'USD',
    region: 'US',
    fraudCount: 5,
    fraudScore: 40,
    reasons: [{ signal: 'VELOCITY', points: 40 }],
    inputTopic: TOPICS.paymentsSubmitted.name,
    inputPartition: 0,
    inputOffset: n,
    semanticsVersion: 1,
    ...given,
  }
}

export function duplicateOf(n: number, given: Partial<Duplicate> = {}): Duplicate {
  return {
    transactionId: `tx-${n}`,
    senderAccountId: `ACC_${n % 7}`,
    eventTime: NOON_MS + n * 1_000,
    inputTopic: TOPICS.paymentsSubmitted.name,
    inputPartition: 0,
    inputOffset: n + 9,
    appendTime: NOON_MS + n * 1_000 + 5,
    firstOffset: n,
    firstStreamTime: NOON_MS + n * 1_000,
    semanticsVersion: 1,
    ...given,
  }
}

export function auditEventOf(n: number, given: Partial<AuditEvent> = {}): AuditEvent {
  return {
    eventId: `event-${n}`,
    eventTime: NOON_MS + n * 1_000,
    actor: 'ann',
    role: 'analyst',
    act: 'review.approve',
    subject: `0-${n}`,
    result: 'done',
    reason: 'known customer',
    sourceToken: `v1:k1:${'23'.repeat(32)}`,
    requestId: `request-${n}`,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    ...given,
  }
}

/** Framed values, as they stand on their topics. */
export const framedValue = {
  decision: (decision: Decision) => framed(ARCHIVE_IDS.decision, encodeDecision(decision)),
  resolution: (resolution: Resolution) => framed(ARCHIVE_IDS.resolution, encodeResolution(resolution)),
  shadowVerdict: (verdict: ShadowVerdict) => framed(ARCHIVE_IDS.shadowVerdict, encodeShadowVerdict(verdict)),
  alert: (alert: Alert) => framed(ARCHIVE_IDS.alert, encodeAlert(alert)),
  duplicate: (duplicate: Duplicate) => framed(ARCHIVE_IDS.duplicate, encodeDuplicate(duplicate)),
  audit: (event: AuditEvent) => framed(ARCHIVE_IDS.audit, encodeAuditEvent(event)),
}

/** A sealed batch as a reader fetches it, its first record at `baseOffset`. */
export function fetched(values: readonly (Uint8Array | null)[], baseOffset: number, appendTimeMs: number): Uint8Array {
  const sealed = encodeRecords(values.map((value) => ({ key: null, value }))).map(({ bytes }, index) => {
    if (index > 0) throw new Error('more than one batch: give fewer values')
    const seal = { producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false }
    sealBatch(bytes, { baseOffset, appendTimeMs, ...seal })
    return bytes
  })
  return sealed[0] ?? new Uint8Array(0)
}
