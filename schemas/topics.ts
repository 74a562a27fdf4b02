/** What `sluice topics` creates and verifies on a cluster, and what the embedded log follows (SPEC R4). */
export interface Topic {
  readonly name: string
  readonly doc: string
  /** What the record key holds; `null` where records have none. */
  readonly key: string | null
  /** Full names of the Avro records that a value may be, each with a subject `<topic>-<full name>`. */
  readonly values: readonly string[]
  readonly partitions: number
  readonly retentionMs: number
  readonly cleanupPolicy: 'delete' | 'compact' | 'compact,delete'
  readonly minInsyncReplicas: number
  /** Always the broker's append time: a record stamped with an old event time would be deleted by retention. */
  readonly timestampType: 'LogAppendTime'
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Without end. */
const FOREVER_MS = -1

/** A topic of the chain: written in the input partition's transaction, partitioned as the input is. */
const CHAIN = {
  key: 'sender_account_id',
  partitions: 12,
  retentionMs: 7 * DAY_MS,
  cleanupPolicy: 'delete',
  minInsyncReplicas: 2,
  timestampType: 'LogAppendTime',
} as const

/** A topic whose order does not matter beyond one key, and whose load is small. */
const SMALL = { ...CHAIN, partitions: 3 } as const

/** Every topic, by the name that the code calls it. */
export const TOPICS = {
  paymentsSubmitted: {
    ...CHAIN,
    name: 'payments.submitted',
    doc: 'Payments and control records. Raw data of foreign producers stands here alone, for this retention.',
    values: ['sluice.PaymentSubmitted', 'sluice.ControlRecord'],
  },
  paymentsDecided: {
    ...CHAIN,
    name: 'payments.decided',
    doc: 'One decision for each accepted payment, the single end of each challenge and review, and what signals in shadow would have done.',
    values: ['sluice.Decision', 'sluice.Resolution', 'sluice.ShadowVerdict'],
  },
  paymentsDlq: {
    ...CHAIN,
    name: 'payments.dlq',
    doc: 'Coordinates, reason and keyed hash of what could not be processed.',
    // The key of a bad record may hold anything, so its dead letter has none; the partition is the input's.
    key: null,
    values: ['sluice.DeadLetter'],
    retentionMs: 30 * DAY_MS,
  },
  fraudAlerts: {
    ...CHAIN,
    name: 'fraud.alerts',
    doc: 'What an analyst should see now.',
    values: ['sluice.Alert'],
  },
  fraudActions: {
    ...CHAIN,
    name: 'fraud.actions',
    doc: 'Automated consequences, once per sender, action and episode.',
    values: ['sluice.FraudAction'],
    retentionMs: 30 * DAY_MS,
  },
  paymentsDuplicates: {
    ...CHAIN,
    name: 'payments.duplicates',
    doc: 'Coordinates of each repeat and of the first.',
    values: ['sluice.Duplicate'],
  },
  rulesChanges: {
    ...SMALL,
    name: 'rules.changes',
    doc: 'The history of rule sets: who put which in force, when and why. What is in force stands in the input partitions.',
    // Each change has a key of its own, so compaction keeps the whole history.
    key: 'rule set version and time of the change',
    values: ['sluice.RuleChange'],
    partitions: 1,
    retentionMs: FOREVER_MS,
    cleanupPolicy: 'compact',
  },
  apiClaims: {
    ...CHAIN,
    name: 'api.claims',
    doc: 'Claims of the confirm API on (caller, route, idempotency key), of which the lowest offset wins, and refusals of their payments.',
    key: 'caller, route and idempotency key',
    values: ['sluice.ApiClaim', 'sluice.ClaimRefusal'],
    retentionMs: DAY_MS,
    // Compaction would keep the highest offset of a key (ADR 0043).
    cleanupPolicy: 'delete',
  },
  auditEvents: {
    ...SMALL,
    name: 'audit.events',
    doc: 'Who did what, for the audit log of the archive.',
    key: 'actor',
    values: ['sluice.AuditEvent'],
    retentionMs: 30 * DAY_MS,
  },
  hooksDeliveries: {
    ...SMALL,
    name: 'hooks.deliveries',
    doc: 'Each try to bring an action to a hook: the log of deliveries, and where each stands.',
    key: 'action_id',
    values: ['sluice.HookDelivery'],
    // What stands open must not go before the action that it is about.
    retentionMs: 30 * DAY_MS,
  },
  otpDeliveries: {
    ...SMALL,
    name: 'otp.deliveries',
    doc: 'That the one-time code of a challenge waits to be sent, and over which channel; never the code or a contact.',
    key: 'challenge_id',
    values: ['sluice.OtpDelivery'],
    retentionMs: DAY_MS,
  },
} as const satisfies Record<string, Topic>

/** The subject of a record type on a topic: TopicRecordNameStrategy. */
export function subjectOf(topic: string, recordName: string): string {
  return `${topic}-${recordName}`
}
