// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.

/** The symbols of Action; a symbol's index is its Avro ordinal. */
export const ACTION_SYMBOLS = ['BLOCK_CARD', 'REQUIRE_3DS', 'MANUAL_REVIEW'] as const

export type Action = (typeof ACTION_SYMBOLS)[number]

/** The Avro ordinal of each Action. */
export const ActionOrdinal = {
  BLOCK_CARD: 0,
  REQUIRE_3DS: 1,
  MANUAL_REVIEW: 2,
} as const satisfies Record<Action, number>

/** The symbols of AlertKind; a symbol's index is its Avro ordinal. */
export const ALERT_KIND_SYMBOLS = ['VELOCITY', 'ID_CONFLICT', 'CONTROL_REFUSED', 'ERASURE'] as const

export type AlertKind = (typeof ALERT_KIND_SYMBOLS)[number]

/** The Avro ordinal of each AlertKind. */
export const AlertKindOrdinal = {
  VELOCITY: 0,
  ID_CONFLICT: 1,
  CONTROL_REFUSED: 2,
  ERASURE: 3,
} as const satisfies Record<AlertKind, number>

/** The symbols of Channel; a symbol's index is its Avro ordinal. */
export const CHANNEL_SYMBOLS = ['pos', 'ecommerce', 'atm', 'mobile', 'web', 'branch', 'api', 'other'] as const

export type Channel = (typeof CHANNEL_SYMBOLS)[number]

/** The Avro ordinal of each Channel. */
export const ChannelOrdinal = {
  pos: 0,
  ecommerce: 1,
  atm: 2,
  mobile: 3,
  web: 4,
  branch: 5,
  api: 6,
  other: 7,
} as const satisfies Record<Channel, number>

/** The symbols of ControlKind; a symbol's index is its Avro ordinal. */
export const CONTROL_KIND_SYMBOLS = [
  'RULES_SET',
  'LIST_ADDED',
  'LIST_REMOVED',
  'ACCOUNT_BLOCKED',
  'ACCOUNT_LIFTED',
  'ACCOUNT_ALLOWED',
  'MASK_KEY_ACTIVATED',
  'ERASURE',
  'CHALLENGE_PASSED',
  'CHALLENGE_FAILED',
  'CHALLENGE_EXPIRED',
  'REVIEW_APPROVED',
  'REVIEW_DECLINED',
] as const

export type ControlKind = (typeof CONTROL_KIND_SYMBOLS)[number]

/** The Avro ordinal of each ControlKind. */
export const ControlKindOrdinal = {
  RULES_SET: 0,
  LIST_ADDED: 1,
  LIST_REMOVED: 2,
  ACCOUNT_BLOCKED: 3,
  ACCOUNT_LIFTED: 4,
  ACCOUNT_ALLOWED: 5,
  MASK_KEY_ACTIVATED: 6,
  ERASURE: 7,
  CHALLENGE_PASSED: 8,
  CHALLENGE_FAILED: 9,
  CHALLENGE_EXPIRED: 10,
  REVIEW_APPROVED: 11,
  REVIEW_DECLINED: 12,
} as const satisfies Record<ControlKind, number>

/** The symbols of DeadLetterReason; a symbol's index is its Avro ordinal. */
export const DEAD_LETTER_REASON_SYMBOLS = [
  'UNKNOWN',
  'NULL_VALUE',
  'BAD_MAGIC',
  'UNKNOWN_SCHEMA',
  'DECODE_TRUNCATED',
  'DECODE_TRAILING',
  'DECODE_TYPE',
  'TOO_LARGE',
  'BAD_TEXT',
  'BAD_ID',
  'BAD_PARTIES',
  'BAD_AMOUNT',
  'BAD_CURRENCY',
  'BAD_TIME',
  'BAD_REGION',
  'BAD_POSITION',
  'BAD_PAN',
  'BAD_MASK',
  'PAN_IN_ID',
  'WRONG_PARTITION',
  'FUTURE_EVENT',
  'ID_CONFLICT',
  'CONTROL_REFUSED',
] as const

export type DeadLetterReason = (typeof DEAD_LETTER_REASON_SYMBOLS)[number]

/** The Avro ordinal of each DeadLetterReason. */
export const DeadLetterReasonOrdinal = {
  UNKNOWN: 0,
  NULL_VALUE: 1,
  BAD_MAGIC: 2,
  UNKNOWN_SCHEMA: 3,
  DECODE_TRUNCATED: 4,
  DECODE_TRAILING: 5,
  DECODE_TYPE: 6,
  TOO_LARGE: 7,
  BAD_TEXT: 8,
  BAD_ID: 9,
  BAD_PARTIES: 10,
  BAD_AMOUNT: 11,
  BAD_CURRENCY: 12,
  BAD_TIME: 13,
  BAD_REGION: 14,
  BAD_POSITION: 15,
  BAD_PAN: 16,
  BAD_MASK: 17,
  PAN_IN_ID: 18,
  WRONG_PARTITION: 19,
  FUTURE_EVENT: 20,
  ID_CONFLICT: 21,
  CONTROL_REFUSED: 22,
} as const satisfies Record<DeadLetterReason, number>

/** The symbols of DecidedBy; a symbol's index is its Avro ordinal. */
export const DECIDED_BY_SYMBOLS = [
  'DEFAULT',
  'STEP_UP',
  'REVIEW',
  'AUTOMATIC_BLOCK',
  'ALLOW_OVERRIDE',
  'HARD_BLOCK',
] as const

export type DecidedBy = (typeof DECIDED_BY_SYMBOLS)[number]

/** The Avro ordinal of each DecidedBy. */
export const DecidedByOrdinal = {
  DEFAULT: 0,
  STEP_UP: 1,
  REVIEW: 2,
  AUTOMATIC_BLOCK: 3,
  ALLOW_OVERRIDE: 4,
  HARD_BLOCK: 5,
} as const satisfies Record<DecidedBy, number>

/** The symbols of HookOutcome; a symbol's index is its Avro ordinal. */
export const HOOK_OUTCOME_SYMBOLS = ['DELIVERED', 'FAILED', 'DEAD', 'REPLAY_ASKED'] as const

export type HookOutcome = (typeof HOOK_OUTCOME_SYMBOLS)[number]

/** The Avro ordinal of each HookOutcome. */
export const HookOutcomeOrdinal = {
  DELIVERED: 0,
  FAILED: 1,
  DEAD: 2,
  REPLAY_ASKED: 3,
} as const satisfies Record<HookOutcome, number>

/** The symbols of MaskRule; a symbol's index is its Avro ordinal. */
export const MASK_RULE_SYMBOLS = ['TOKENISED', 'TRUNCATED', 'REMOVED', 'REDACTED', 'AT_PRODUCER'] as const

export type MaskRule = (typeof MASK_RULE_SYMBOLS)[number]

/** The Avro ordinal of each MaskRule. */
export const MaskRuleOrdinal = {
  TOKENISED: 0,
  TRUNCATED: 1,
  REMOVED: 2,
  REDACTED: 3,
  AT_PRODUCER: 4,
} as const satisfies Record<MaskRule, number>

/** The symbols of MaskedField; a symbol's index is its Avro ordinal. */
export const MASKED_FIELD_SYMBOLS = [
  'pan',
  'expiry',
  'cvv',
  'cardholder_name',
  'email',
  'ip',
  'idempotency_key',
  'merchant_id',
  'merchant_category',
  'terminal_id',
  'device_id',
  'memo',
] as const

export type MaskedField = (typeof MASKED_FIELD_SYMBOLS)[number]

/** The Avro ordinal of each MaskedField. */
export const MaskedFieldOrdinal = {
  pan: 0,
  expiry: 1,
  cvv: 2,
  cardholder_name: 3,
  email: 4,
  ip: 5,
  idempotency_key: 6,
  merchant_id: 7,
  merchant_category: 8,
  terminal_id: 9,
  device_id: 10,
  memo: 11,
} as const satisfies Record<MaskedField, number>

/** The symbols of OtpChannel; a symbol's index is its Avro ordinal. */
export const OTP_CHANNEL_SYMBOLS = ['CONSOLE', 'EMAIL', 'SMS'] as const

export type OtpChannel = (typeof OTP_CHANNEL_SYMBOLS)[number]

/** The Avro ordinal of each OtpChannel. */
export const OtpChannelOrdinal = {
  CONSOLE: 0,
  EMAIL: 1,
  SMS: 2,
} as const satisfies Record<OtpChannel, number>

/** The symbols of Outcome; a symbol's index is its Avro ordinal. */
export const OUTCOME_SYMBOLS = ['approve', 'challenge', 'review', 'block'] as const

export type Outcome = (typeof OUTCOME_SYMBOLS)[number]

/** The Avro ordinal of each Outcome. */
export const OutcomeOrdinal = {
  approve: 0,
  challenge: 1,
  review: 2,
  block: 3,
} as const satisfies Record<Outcome, number>

/** The symbols of PaymentKind; a symbol's index is its Avro ordinal. */
export const PAYMENT_KIND_SYMBOLS = ['card', 'transfer', 'withdrawal', 'refund'] as const

export type PaymentKind = (typeof PAYMENT_KIND_SYMBOLS)[number]

/** The Avro ordinal of each PaymentKind. */
export const PaymentKindOrdinal = {
  card: 0,
  transfer: 1,
  withdrawal: 2,
  refund: 3,
} as const satisfies Record<PaymentKind, number>

/** The symbols of ResolutionOutcome; a symbol's index is its Avro ordinal. */
export const RESOLUTION_OUTCOME_SYMBOLS = ['passed', 'failed', 'expired', 'approved', 'declined'] as const

export type ResolutionOutcome = (typeof RESOLUTION_OUTCOME_SYMBOLS)[number]

/** The Avro ordinal of each ResolutionOutcome. */
export const ResolutionOutcomeOrdinal = {
  passed: 0,
  failed: 1,
  expired: 2,
  approved: 3,
  declined: 4,
} as const satisfies Record<ResolutionOutcome, number>

/** The symbols of Severity; a symbol's index is its Avro ordinal. */
export const SEVERITY_SYMBOLS = ['NONE', 'HIGH', 'CRITICAL'] as const

export type Severity = (typeof SEVERITY_SYMBOLS)[number]

/** The Avro ordinal of each Severity. */
export const SeverityOrdinal = {
  NONE: 0,
  HIGH: 1,
  CRITICAL: 2,
} as const satisfies Record<Severity, number>

/** The symbols of Signal; a symbol's index is its Avro ordinal. */
export const SIGNAL_SYMBOLS = [
  'VELOCITY',
  'TINY_EQUAL',
  'HIGH_AMOUNT',
  'FIRST_RECEIVER',
  'VELOCITY_5M',
  'IMPOSSIBLE_TRAVEL',
  'NEW_DEVICE',
  'MANY_DEVICES',
  'OTP_FAILED',
  'RISKY_CATEGORY',
  'NIGHT',
  'LISTED',
  'SCORING_ERROR',
] as const

export type Signal = (typeof SIGNAL_SYMBOLS)[number]

/** The Avro ordinal of each Signal. */
export const SignalOrdinal = {
  VELOCITY: 0,
  TINY_EQUAL: 1,
  HIGH_AMOUNT: 2,
  FIRST_RECEIVER: 3,
  VELOCITY_5M: 4,
  IMPOSSIBLE_TRAVEL: 5,
  NEW_DEVICE: 6,
  MANY_DEVICES: 7,
  OTP_FAILED: 8,
  RISKY_CATEGORY: 9,
  NIGHT: 10,
  LISTED: 11,
  SCORING_ERROR: 12,
} as const satisfies Record<Signal, number>
