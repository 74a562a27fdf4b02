import { expect, test } from 'vitest'
import { rulesDigest } from '../../../bin/runtime/payment-runtime.ts'
import { canonicalRules } from '../../../schemas/rule-set.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { PaymentsDriver, PLAIN_PAYMENT, paymentRecord, START_MS } from '../../support/payments-driver.ts'
import { TEST_MASK_KEYS, TEST_SIGNERS } from '../../support/test-keys.ts'
import { DEFAULT_RULES } from '../../support/test-rules.ts'
import { RandomStream, tokenOf } from '../control/random-stream.ts'

// Goal: a decision carries all that it was made from, is made of the log alone, and stands where its reader looks for it.

test('SPEC S5: a decision carries ids, masked payment, features, score, reasons, rules, coordinates and times', () => {
  const driver = new PaymentsDriver()
  const key = TEST_MASK_KEYS[0]!
  const decision = driver.decide(
    {
      transactionId: 'tx-full',
      idempotencyKey: 'idem-1',
      eventTime: START_MS,
      amountMinor: 2_550,
      currency: 'eur',
      kind: 'card',
      channel: 'ecommerce',
      merchantId: 'shop 4111 1111 1111 1111',
      merchantCategory: '5411',
      terminalId: 'T-1',
      region: 'DE',
      latitude: 52.5,
      longitude: 13.25,
      deviceId: 'phone',
      pan: '5555 5555 5555 4444',
      expiry: '12/29',
      cvv: '123',
      cardholderName: 'Jane Roe',
      email: 'jane@example.com',
      ip: '203.0.113.9',
      memo: 'order 7',
    },
    { appendTimeMs: START_MS + 250 },
  )
  expect(decision).toEqual({
    decisionId: '0-0',
    transactionId: 'tx-full',
    idempotencyKey: 'idem-1',
    eventTime: START_MS,
    senderAccountId: PLAIN_PAYMENT.senderAccountId,
    receiverAccountId: PLAIN_PAYMENT.receiverAccountId,
    amountMinor: 2_550,
    currency: 'EUR',
    kind: 'card',
    channel: 'ecommerce',
    merchantId: 'shop XXXX XXXX XXXX 1111',
    merchantCategory: '5411',
    terminalId: 'T-1',
    region: 'DE',
    latitude: 52.5,
    longitude: 13.25,
    deviceId: 'phone',
    maskKeyId: 'k1',
    cardMasked: 'XXXX-XXXX-XXXX-4444',
    cardToken: tokenOf(key, '5555555555554444'),
    expiryMasked: '12/XX',
    cvvMasked: 'XXX',
    cardholderNameMasked: 'J*** R***',
    cardholderNameToken: tokenOf(key, 'Jane Roe'),
    emailMasked: 'j***@example.com',
    emailToken: tokenOf(key, 'jane@example.com'),
    ipMasked: '203.0.x.x',
    ipToken: tokenOf(key, '203.0.113.9'),
    memo: 'order 7',
    maskings: [
      { field: 'pan', rule: 'TOKENISED' },
      { field: 'expiry', rule: 'TRUNCATED' },
      { field: 'cvv', rule: 'REMOVED' },
      { field: 'cardholder_name', rule: 'TOKENISED' },
      { field: 'email', rule: 'TOKENISED' },
      { field: 'ip', rule: 'TOKENISED' },
      { field: 'merchant_id', rule: 'REDACTED' },
    ],
    velocityCount: 1,
    isVelocityFraud: false,
    velocityFraudPeers: [],
    severity: 'NONE',
    late: false,
    saturated: false,
    excused: false,
    velocity5mCount: 1,
    devices1h: 1,
    regions1h: 1,
    fraudCount: 0,
    baselinePayments: 0,
    fraudScore: 15,
    reasons: [{ signal: 'FIRST_RECEIVER', points: 15 }],
    notEvaluated: [],
    outcome: 'approve',
    decidedBy: 'DEFAULT',
    actions: [],
    ruleVersion: '1',
    ruleHash: rulesDigest(canonicalRules(DEFAULT_RULES)),
    inputTopic: 'payments.submitted',
    inputPartition: 0,
    inputOffset: 0,
    appendTime: START_MS + 250,
    paymentSchemaId: 1,
    semanticsVersion: 3,
  })
})

test('SPEC S5: the processing time travels in a header, outside the compared bytes, and is real', () => {
  const times = [0, 86_400_000].map((laterMs) => {
    const driver = new PaymentsDriver()
    driver.driver.advanceWallClock(laterMs)
    const { key, value } = paymentRecord({})
    driver.driver.pipeInput(TOPICS.paymentsSubmitted.name, key, value, { appendTimeMs: START_MS })
    return driver.readRecords()[0]!
  })
  expect(times[1]?.value).toEqual(times[0]?.value)
  const read = times.map(({ headers }) =>
    headers.map(([name, bytes]) => [name, new TextDecoder().decode(bytes ?? new Uint8Array(0))]),
  )
  expect(read).toEqual([[['processed-at', String(START_MS)]], [['processed-at', String(START_MS + 86_400_000)]]])
})

/** What the chain writes for a fixed stream that is read `batch` records at a time. */
function outputsOf(seed: string, batch: number, sweep: boolean): string[] {
  const driver = new PaymentsDriver({ partitionCount: 4, signers: TEST_SIGNERS })
  const probe = new PaymentsDriver({ partitionCount: 4 })
  const stream = new RandomStream(
    seed,
    DEFAULT_RULES,
    (key) => partitionOf(probe, key),
    () => ['0-3', '1-5', '2-9'],
  )
  const records = Array.from({ length: 3_000 }, () => stream.record()).filter(({ partition }) => partition === 1)
  const encoder = new TextEncoder()
  for (let at = 0; at < records.length; at += batch) {
    const some = records
      .slice(at, at + batch)
      .map(({ key, value }) => ({ key: key === null ? null : encoder.encode(key), value }))
    // One append time for all, so that the batches differ in nothing but their ends.
    driver.driver.pipeBatch(TOPICS.paymentsSubmitted.name, some, { partition: 1, appendTimeMs: START_MS })
    if (sweep) driver.stores(1).expire(true)
  }
  return driver.readRecords().map(({ topic, key, value }) => `${topic} ${hex(key)} ${hex(value)}`)
}

function partitionOf(driver: PaymentsDriver, account: string): number {
  return driver.control({ kind: 'ACCOUNT_LIFTED', accountId: account, eventTime: 0 }, 'stranger').partition
}

const hex = (bytes: Uint8Array | null) => (bytes === null ? 'null' : Buffer.from(bytes).toString('hex'))

test('SPEC S5: the same log gives the same bytes, however it is cut into batches and whenever state is swept', () => {
  const once = outputsOf('cut', 1, false)
  expect(once.length).toBeGreaterThan(500)
  expect(outputsOf('cut', 97, true)).toEqual(once)
  expect(outputsOf('cut', 1_500, false)).toEqual(once)
  expect(outputsOf('else', 97, false)).not.toEqual(once)
})

test('SPEC S5: decisions, alerts and actions are keyed by the sender; a dead letter has no key', () => {
  const driver = new PaymentsDriver()
  const records = [0, 1, 2, 3].map((i) => paymentRecord({ transactionId: `t${i}`, eventTime: START_MS + i }))
  const { name } = TOPICS.paymentsSubmitted
  driver.driver.pipeBatch(
    name,
    [...records, paymentRecord({ transactionId: 't0' }), paymentRecord({ transactionId: 't0', amountMinor: 1 })],
    { appendTimeMs: START_MS },
  )
  const keys = driver
    .readRecords()
    .map(({ topic, key }) => `${topic} ${key === null ? null : new TextDecoder().decode(key)}`)
  expect([...new Set(keys)].toSorted()).toEqual([
    'fraud.actions ACC-1',
    'fraud.alerts ACC-1',
    'payments.decided ACC-1',
    'payments.dlq null',
    'payments.duplicates ACC-1',
  ])
})

test('SPEC S8: a resolution is keyed by the sender whose payment it was', () => {
  const driver = new PaymentsDriver()
  driver.decide({ senderAccountId: 'ACC-first', amountMinor: 700_000 })
  const later = paymentRecord({ transactionId: 'later', eventTime: START_MS + 300_001 })
  driver.driver.pipeInput(TOPICS.paymentsSubmitted.name, later.key, later.value, { appendTimeMs: START_MS + 300_001 })
  const keys = driver.readRecords().map(({ topic, key }) => [topic, new TextDecoder().decode(key ?? new Uint8Array(0))])
  expect(keys).toEqual([
    ['payments.decided', 'ACC-1'],
    ['payments.decided', 'ACC-first'],
  ])
})

test('SPEC M6: a dead letter holds coordinates, reason and hash, never the bytes', () => {
  const driver = new PaymentsDriver()
  const refused = driver.refuse({ transactionId: 'no id', pan: '4111111111111111', email: 'jane@example.com' })
  const { valueHash, valueBytes, detail, ...rest } = refused
  expect(rest).toEqual({
    reason: 'BAD_ID',
    inputTopic: 'payments.submitted',
    inputPartition: 0,
    inputOffset: 0,
    appendTime: START_MS,
    semanticsVersion: 3,
  })
  expect(valueHash).toMatch(/^[0-9a-f]{32}$/)
  expect(valueBytes).toBe(
    paymentRecord({ transactionId: 'no id', pan: '4111111111111111', email: 'jane@example.com' }).value.length,
  )
  expect(JSON.stringify(refused)).not.toMatch(/4111|jane|no id/)
  expect(detail).toMatch(/^transaction_id/)
})
