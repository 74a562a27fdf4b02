// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { EnumCursor, NO_BYTES, NO_VIEW, StringCursor } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import {
  BAD_TYPE,
  type DecodeCode,
  OK,
  scanArray,
  scanInt,
  scanLong,
  scanString,
  TRAILING,
  TRUNCATED,
} from '../avro/scan.ts'
import {
  ACTION_SYMBOLS,
  type Action,
  CHANNEL_SYMBOLS,
  type Channel,
  DECIDED_BY_SYMBOLS,
  type DecidedBy,
  OUTCOME_SYMBOLS,
  type Outcome,
  PAYMENT_KIND_SYMBOLS,
  type PaymentKind,
  SEVERITY_SYMBOLS,
  type Severity,
  SIGNAL_SYMBOLS,
  type Signal,
} from './enums.ts'
import {
  appendMasking,
  appendReason,
  type Masking,
  MaskingCursor,
  type Reason,
  ReasonCursor,
  scanAction,
  scanMasking,
  scanReason,
  scanSignal,
} from './parts.ts'

/** What the chain decided on one payment, and why (SPEC S5). Recomputed byte for byte from the log. */
export interface Decision {
  /** <input partition>-<input offset> */
  readonly decisionId: string
  readonly transactionId: string
  readonly idempotencyKey: string | null
  readonly eventTime: number
  readonly senderAccountId: string
  readonly receiverAccountId: string
  readonly amountMinor: number
  readonly currency: string
  readonly kind: PaymentKind
  readonly channel: Channel
  readonly merchantId: string | null
  readonly merchantCategory: string | null
  readonly terminalId: string | null
  readonly region: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  readonly deviceId: string | null
  /** Null when the payment held no personal data. */
  readonly maskKeyId: string | null
  readonly cardMasked: string | null
  readonly cardToken: string | null
  readonly expiryMasked: string | null
  readonly cvvMasked: string | null
  readonly cardholderNameMasked: string | null
  readonly cardholderNameToken: string | null
  readonly emailMasked: string | null
  readonly emailToken: string | null
  readonly ipMasked: string | null
  readonly ipToken: string | null
  readonly memo: string | null
  /** SPEC M5: what was masked, by which rule; the key is mask_key_id, the time event_time. */
  readonly maskings: readonly Masking[]
  readonly velocityCount: number
  readonly isVelocityFraud: boolean
  readonly velocityFraudPeers: readonly string[]
  readonly severity: Severity
  readonly late: boolean
  /** The sender's window is at its bound; counts are lower limits. */
  readonly saturated: boolean
  /** SPEC S2 took the velocity points away. */
  readonly excused: boolean
  readonly velocity5mCount: number
  readonly devices1h: number
  readonly regions1h: number
  readonly fraudCount: number
  /** Payments in the sender's baseline before this one. */
  readonly baselinePayments: number
  /** 0 to 100, the capped sum of the reasons' points. */
  readonly fraudScore: number
  readonly reasons: readonly Reason[]
  /** Signals that a missing field kept from being judged. */
  readonly notEvaluated: readonly Signal[]
  readonly outcome: Outcome
  /** The precedence (SPEC S3) that won. */
  readonly decidedBy: DecidedBy
  /** Every rule that hit. */
  readonly actions: readonly Action[]
  readonly ruleVersion: string
  readonly ruleHash: string
  readonly inputTopic: string
  readonly inputPartition: number
  readonly inputOffset: number
  readonly appendTime: number
  readonly paymentSchemaId: number
  readonly semanticsVersion: number
}

/** The fields of Decision that have a default, each with it. */
export const decisionDefaults = {
  idempotencyKey: null,
  merchantId: null,
  merchantCategory: null,
  terminalId: null,
  region: null,
  latitude: null,
  longitude: null,
  deviceId: null,
  maskKeyId: null,
  cardMasked: null,
  cardToken: null,
  expiryMasked: null,
  cvvMasked: null,
  cardholderNameMasked: null,
  cardholderNameToken: null,
  emailMasked: null,
  emailToken: null,
  ipMasked: null,
  ipToken: null,
  memo: null,
} satisfies Partial<Decision>

/**
 * Reads a Decision in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class DecisionReader {
  buffer = NO_BYTES
  view = NO_VIEW
  decisionIdField = 0
  transactionIdField = 0
  idempotencyKeyField = 0
  eventTimeField = 0
  senderAccountIdField = 0
  receiverAccountIdField = 0
  amountMinorField = 0
  currencyField = 0
  kindField = 0
  channelField = 0
  merchantIdField = 0
  merchantCategoryField = 0
  terminalIdField = 0
  regionField = 0
  latitudeField = 0
  longitudeField = 0
  deviceIdField = 0
  maskKeyIdField = 0
  cardMaskedField = 0
  cardTokenField = 0
  expiryMaskedField = 0
  cvvMaskedField = 0
  cardholderNameMaskedField = 0
  cardholderNameTokenField = 0
  emailMaskedField = 0
  emailTokenField = 0
  ipMaskedField = 0
  ipTokenField = 0
  memoField = 0
  maskingsField = 0
  velocityCountField = 0
  isVelocityFraudField = 0
  velocityFraudPeersField = 0
  severityField = 0
  lateField = 0
  saturatedField = 0
  excusedField = 0
  velocity5mCountField = 0
  devices1hField = 0
  regions1hField = 0
  fraudCountField = 0
  baselinePaymentsField = 0
  fraudScoreField = 0
  reasonsField = 0
  notEvaluatedField = 0
  outcomeField = 0
  decidedByField = 0
  actionsField = 0
  ruleVersionField = 0
  ruleHashField = 0
  inputTopicField = 0
  inputPartitionField = 0
  inputOffsetField = 0
  appendTimeField = 0
  paymentSchemaIdField = 0
  semanticsVersionField = 0
  end = 0
  private readonly maskingsCursor = new MaskingCursor()
  private readonly velocityFraudPeersCursor = new StringCursor()
  private readonly reasonsCursor = new ReasonCursor()
  private readonly notEvaluatedCursor = new EnumCursor()
  private readonly actionsCursor = new EnumCursor()

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.decisionIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.transactionIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.idempotencyKeyField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.eventTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.senderAccountIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.receiverAccountIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.amountMinorField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.currencyField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.kindField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 8) return BAD_TYPE
    at++
    this.channelField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 16) return BAD_TYPE
    at++
    this.merchantIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.merchantCategoryField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.terminalIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.regionField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.latitudeField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at += 8
      if (at > stop) return TRUNCATED
    } else if (byte !== 0) return BAD_TYPE
    this.longitudeField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at += 8
      if (at > stop) return TRUNCATED
    } else if (byte !== 0) return BAD_TYPE
    this.deviceIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.maskKeyIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardTokenField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.expiryMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cvvMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardholderNameMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.cardholderNameTokenField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.emailMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.emailTokenField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.ipMaskedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.ipTokenField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.memoField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      if (at >= stop) return TRUNCATED
      byte = buffer[at]!
      if ((byte & 129) === 0) at += 1 + (byte >>> 1)
      else {
        at = scanString(buffer, at, stop)
        if (at < 0) return -at as DecodeCode
      }
    } else if (byte !== 0) return BAD_TYPE
    this.maskingsField = at
    at = scanArray(buffer, at, stop, scanMasking)
    if (at < 0) return -at as DecodeCode
    this.velocityCountField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.isVelocityFraudField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if (byte > 1) return BAD_TYPE
    at++
    this.velocityFraudPeersField = at
    at = scanArray(buffer, at, stop, scanString)
    if (at < 0) return -at as DecodeCode
    this.severityField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 6) return BAD_TYPE
    at++
    this.lateField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if (byte > 1) return BAD_TYPE
    at++
    this.saturatedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if (byte > 1) return BAD_TYPE
    at++
    this.excusedField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if (byte > 1) return BAD_TYPE
    at++
    this.velocity5mCountField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.devices1hField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.regions1hField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.fraudCountField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.baselinePaymentsField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.fraudScoreField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.reasonsField = at
    at = scanArray(buffer, at, stop, scanReason)
    if (at < 0) return -at as DecodeCode
    this.notEvaluatedField = at
    at = scanArray(buffer, at, stop, scanSignal)
    if (at < 0) return -at as DecodeCode
    this.outcomeField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 8) return BAD_TYPE
    at++
    this.decidedByField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 12) return BAD_TYPE
    at++
    this.actionsField = at
    at = scanArray(buffer, at, stop, scanAction)
    if (at < 0) return -at as DecodeCode
    this.ruleVersionField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.ruleHashField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.inputTopicField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.inputPartitionField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.inputOffsetField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.appendTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.paymentSchemaIdField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.semanticsVersionField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get decisionIdAt(): number {
    return afterLong(this.buffer, this.decisionIdField)
  }

  get decisionIdEnd(): number {
    return this.transactionIdField
  }

  get decisionIdLength(): number {
    return this.transactionIdField - this.decisionIdAt
  }

  get decisionId(): string {
    return readText(this.buffer, this.decisionIdAt, this.transactionIdField)
  }

  /** Copies the encoding as it stands. */
  copyDecisionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.decisionIdField, this.transactionIdField, out, at)
  }

  get transactionIdAt(): number {
    return afterLong(this.buffer, this.transactionIdField)
  }

  get transactionIdEnd(): number {
    return this.idempotencyKeyField
  }

  get transactionIdLength(): number {
    return this.idempotencyKeyField - this.transactionIdAt
  }

  get transactionId(): string {
    return readText(this.buffer, this.transactionIdAt, this.idempotencyKeyField)
  }

  /** Copies the encoding as it stands. */
  copyTransactionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.transactionIdField, this.idempotencyKeyField, out, at)
  }

  get hasIdempotencyKey(): boolean {
    return this.buffer[this.idempotencyKeyField] !== 0
  }

  get idempotencyKeyAt(): number {
    if (!this.hasIdempotencyKey) return this.eventTimeField
    return afterLong(this.buffer, this.idempotencyKeyField + 1)
  }

  get idempotencyKeyEnd(): number {
    return this.eventTimeField
  }

  get idempotencyKeyLength(): number {
    return this.eventTimeField - this.idempotencyKeyAt
  }

  get idempotencyKey(): string | null {
    if (!this.hasIdempotencyKey) return null
    return readText(this.buffer, this.idempotencyKeyAt, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyIdempotencyKey(out: DataView, at: number): number {
    return copyBytes(this.view, this.idempotencyKeyField, this.eventTimeField, out, at)
  }

  get eventTime(): number {
    return readLong(this.buffer, this.eventTimeField)
  }

  get eventTimeExact(): bigint {
    return readLongExact(this.buffer, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventTimeField, this.senderAccountIdField, out, at)
  }

  get senderAccountIdAt(): number {
    return afterLong(this.buffer, this.senderAccountIdField)
  }

  get senderAccountIdEnd(): number {
    return this.receiverAccountIdField
  }

  get senderAccountIdLength(): number {
    return this.receiverAccountIdField - this.senderAccountIdAt
  }

  get senderAccountId(): string {
    return readText(this.buffer, this.senderAccountIdAt, this.receiverAccountIdField)
  }

  /** Copies the encoding as it stands. */
  copySenderAccountId(out: DataView, at: number): number {
    return copyBytes(this.view, this.senderAccountIdField, this.receiverAccountIdField, out, at)
  }

  get receiverAccountIdAt(): number {
    return afterLong(this.buffer, this.receiverAccountIdField)
  }

  get receiverAccountIdEnd(): number {
    return this.amountMinorField
  }

  get receiverAccountIdLength(): number {
    return this.amountMinorField - this.receiverAccountIdAt
  }

  get receiverAccountId(): string {
    return readText(this.buffer, this.receiverAccountIdAt, this.amountMinorField)
  }

  /** Copies the encoding as it stands. */
  copyReceiverAccountId(out: DataView, at: number): number {
    return copyBytes(this.view, this.receiverAccountIdField, this.amountMinorField, out, at)
  }

  get amountMinor(): number {
    return readLong(this.buffer, this.amountMinorField)
  }

  get amountMinorExact(): bigint {
    return readLongExact(this.buffer, this.amountMinorField)
  }

  /** Copies the encoding as it stands. */
  copyAmountMinor(out: DataView, at: number): number {
    return copyBytes(this.view, this.amountMinorField, this.currencyField, out, at)
  }

  get currencyAt(): number {
    return afterLong(this.buffer, this.currencyField)
  }

  get currencyEnd(): number {
    return this.kindField
  }

  get currencyLength(): number {
    return this.kindField - this.currencyAt
  }

  get currency(): string {
    return readText(this.buffer, this.currencyAt, this.kindField)
  }

  /** Copies the encoding as it stands. */
  copyCurrency(out: DataView, at: number): number {
    return copyBytes(this.view, this.currencyField, this.kindField, out, at)
  }

  get kind(): number {
    return this.buffer[this.kindField]! >>> 1
  }

  get kindSymbol(): PaymentKind {
    return PAYMENT_KIND_SYMBOLS[this.kind]!
  }

  /** Copies the encoding as it stands. */
  copyKind(out: DataView, at: number): number {
    return copyBytes(this.view, this.kindField, this.channelField, out, at)
  }

  get channel(): number {
    return this.buffer[this.channelField]! >>> 1
  }

  get channelSymbol(): Channel {
    return CHANNEL_SYMBOLS[this.channel]!
  }

  /** Copies the encoding as it stands. */
  copyChannel(out: DataView, at: number): number {
    return copyBytes(this.view, this.channelField, this.merchantIdField, out, at)
  }

  get hasMerchantId(): boolean {
    return this.buffer[this.merchantIdField] !== 0
  }

  get merchantIdAt(): number {
    if (!this.hasMerchantId) return this.merchantCategoryField
    return afterLong(this.buffer, this.merchantIdField + 1)
  }

  get merchantIdEnd(): number {
    return this.merchantCategoryField
  }

  get merchantIdLength(): number {
    return this.merchantCategoryField - this.merchantIdAt
  }

  get merchantId(): string | null {
    if (!this.hasMerchantId) return null
    return readText(this.buffer, this.merchantIdAt, this.merchantCategoryField)
  }

  /** Copies the encoding as it stands. */
  copyMerchantId(out: DataView, at: number): number {
    return copyBytes(this.view, this.merchantIdField, this.merchantCategoryField, out, at)
  }

  get hasMerchantCategory(): boolean {
    return this.buffer[this.merchantCategoryField] !== 0
  }

  get merchantCategoryAt(): number {
    if (!this.hasMerchantCategory) return this.terminalIdField
    return afterLong(this.buffer, this.merchantCategoryField + 1)
  }

  get merchantCategoryEnd(): number {
    return this.terminalIdField
  }

  get merchantCategoryLength(): number {
    return this.terminalIdField - this.merchantCategoryAt
  }

  get merchantCategory(): string | null {
    if (!this.hasMerchantCategory) return null
    return readText(this.buffer, this.merchantCategoryAt, this.terminalIdField)
  }

  /** Copies the encoding as it stands. */
  copyMerchantCategory(out: DataView, at: number): number {
    return copyBytes(this.view, this.merchantCategoryField, this.terminalIdField, out, at)
  }

  get hasTerminalId(): boolean {
    return this.buffer[this.terminalIdField] !== 0
  }

  get terminalIdAt(): number {
    if (!this.hasTerminalId) return this.regionField
    return afterLong(this.buffer, this.terminalIdField + 1)
  }

  get terminalIdEnd(): number {
    return this.regionField
  }

  get terminalIdLength(): number {
    return this.regionField - this.terminalIdAt
  }

  get terminalId(): string | null {
    if (!this.hasTerminalId) return null
    return readText(this.buffer, this.terminalIdAt, this.regionField)
  }

  /** Copies the encoding as it stands. */
  copyTerminalId(out: DataView, at: number): number {
    return copyBytes(this.view, this.terminalIdField, this.regionField, out, at)
  }

  get hasRegion(): boolean {
    return this.buffer[this.regionField] !== 0
  }

  get regionAt(): number {
    if (!this.hasRegion) return this.latitudeField
    return afterLong(this.buffer, this.regionField + 1)
  }

  get regionEnd(): number {
    return this.latitudeField
  }

  get regionLength(): number {
    return this.latitudeField - this.regionAt
  }

  get region(): string | null {
    if (!this.hasRegion) return null
    return readText(this.buffer, this.regionAt, this.latitudeField)
  }

  /** Copies the encoding as it stands. */
  copyRegion(out: DataView, at: number): number {
    return copyBytes(this.view, this.regionField, this.latitudeField, out, at)
  }

  get hasLatitude(): boolean {
    return this.buffer[this.latitudeField] !== 0
  }

  get latitude(): number {
    if (!this.hasLatitude) return Number.NaN
    return this.view.getFloat64(this.latitudeField + 1, true)
  }

  /** Copies the encoding as it stands. */
  copyLatitude(out: DataView, at: number): number {
    return copyBytes(this.view, this.latitudeField, this.longitudeField, out, at)
  }

  get hasLongitude(): boolean {
    return this.buffer[this.longitudeField] !== 0
  }

  get longitude(): number {
    if (!this.hasLongitude) return Number.NaN
    return this.view.getFloat64(this.longitudeField + 1, true)
  }

  /** Copies the encoding as it stands. */
  copyLongitude(out: DataView, at: number): number {
    return copyBytes(this.view, this.longitudeField, this.deviceIdField, out, at)
  }

  get hasDeviceId(): boolean {
    return this.buffer[this.deviceIdField] !== 0
  }

  get deviceIdAt(): number {
    if (!this.hasDeviceId) return this.maskKeyIdField
    return afterLong(this.buffer, this.deviceIdField + 1)
  }

  get deviceIdEnd(): number {
    return this.maskKeyIdField
  }

  get deviceIdLength(): number {
    return this.maskKeyIdField - this.deviceIdAt
  }

  get deviceId(): string | null {
    if (!this.hasDeviceId) return null
    return readText(this.buffer, this.deviceIdAt, this.maskKeyIdField)
  }

  /** Copies the encoding as it stands. */
  copyDeviceId(out: DataView, at: number): number {
    return copyBytes(this.view, this.deviceIdField, this.maskKeyIdField, out, at)
  }

  get hasMaskKeyId(): boolean {
    return this.buffer[this.maskKeyIdField] !== 0
  }

  get maskKeyIdAt(): number {
    if (!this.hasMaskKeyId) return this.cardMaskedField
    return afterLong(this.buffer, this.maskKeyIdField + 1)
  }

  get maskKeyIdEnd(): number {
    return this.cardMaskedField
  }

  get maskKeyIdLength(): number {
    return this.cardMaskedField - this.maskKeyIdAt
  }

  get maskKeyId(): string | null {
    if (!this.hasMaskKeyId) return null
    return readText(this.buffer, this.maskKeyIdAt, this.cardMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyMaskKeyId(out: DataView, at: number): number {
    return copyBytes(this.view, this.maskKeyIdField, this.cardMaskedField, out, at)
  }

  get hasCardMasked(): boolean {
    return this.buffer[this.cardMaskedField] !== 0
  }

  get cardMaskedAt(): number {
    if (!this.hasCardMasked) return this.cardTokenField
    return afterLong(this.buffer, this.cardMaskedField + 1)
  }

  get cardMaskedEnd(): number {
    return this.cardTokenField
  }

  get cardMaskedLength(): number {
    return this.cardTokenField - this.cardMaskedAt
  }

  get cardMasked(): string | null {
    if (!this.hasCardMasked) return null
    return readText(this.buffer, this.cardMaskedAt, this.cardTokenField)
  }

  /** Copies the encoding as it stands. */
  copyCardMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardMaskedField, this.cardTokenField, out, at)
  }

  get hasCardToken(): boolean {
    return this.buffer[this.cardTokenField] !== 0
  }

  get cardTokenAt(): number {
    if (!this.hasCardToken) return this.expiryMaskedField
    return afterLong(this.buffer, this.cardTokenField + 1)
  }

  get cardTokenEnd(): number {
    return this.expiryMaskedField
  }

  get cardTokenLength(): number {
    return this.expiryMaskedField - this.cardTokenAt
  }

  get cardToken(): string | null {
    if (!this.hasCardToken) return null
    return readText(this.buffer, this.cardTokenAt, this.expiryMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyCardToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardTokenField, this.expiryMaskedField, out, at)
  }

  get hasExpiryMasked(): boolean {
    return this.buffer[this.expiryMaskedField] !== 0
  }

  get expiryMaskedAt(): number {
    if (!this.hasExpiryMasked) return this.cvvMaskedField
    return afterLong(this.buffer, this.expiryMaskedField + 1)
  }

  get expiryMaskedEnd(): number {
    return this.cvvMaskedField
  }

  get expiryMaskedLength(): number {
    return this.cvvMaskedField - this.expiryMaskedAt
  }

  get expiryMasked(): string | null {
    if (!this.hasExpiryMasked) return null
    return readText(this.buffer, this.expiryMaskedAt, this.cvvMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyExpiryMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.expiryMaskedField, this.cvvMaskedField, out, at)
  }

  get hasCvvMasked(): boolean {
    return this.buffer[this.cvvMaskedField] !== 0
  }

  get cvvMaskedAt(): number {
    if (!this.hasCvvMasked) return this.cardholderNameMaskedField
    return afterLong(this.buffer, this.cvvMaskedField + 1)
  }

  get cvvMaskedEnd(): number {
    return this.cardholderNameMaskedField
  }

  get cvvMaskedLength(): number {
    return this.cardholderNameMaskedField - this.cvvMaskedAt
  }

  get cvvMasked(): string | null {
    if (!this.hasCvvMasked) return null
    return readText(this.buffer, this.cvvMaskedAt, this.cardholderNameMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyCvvMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.cvvMaskedField, this.cardholderNameMaskedField, out, at)
  }

  get hasCardholderNameMasked(): boolean {
    return this.buffer[this.cardholderNameMaskedField] !== 0
  }

  get cardholderNameMaskedAt(): number {
    if (!this.hasCardholderNameMasked) return this.cardholderNameTokenField
    return afterLong(this.buffer, this.cardholderNameMaskedField + 1)
  }

  get cardholderNameMaskedEnd(): number {
    return this.cardholderNameTokenField
  }

  get cardholderNameMaskedLength(): number {
    return this.cardholderNameTokenField - this.cardholderNameMaskedAt
  }

  get cardholderNameMasked(): string | null {
    if (!this.hasCardholderNameMasked) return null
    return readText(this.buffer, this.cardholderNameMaskedAt, this.cardholderNameTokenField)
  }

  /** Copies the encoding as it stands. */
  copyCardholderNameMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardholderNameMaskedField, this.cardholderNameTokenField, out, at)
  }

  get hasCardholderNameToken(): boolean {
    return this.buffer[this.cardholderNameTokenField] !== 0
  }

  get cardholderNameTokenAt(): number {
    if (!this.hasCardholderNameToken) return this.emailMaskedField
    return afterLong(this.buffer, this.cardholderNameTokenField + 1)
  }

  get cardholderNameTokenEnd(): number {
    return this.emailMaskedField
  }

  get cardholderNameTokenLength(): number {
    return this.emailMaskedField - this.cardholderNameTokenAt
  }

  get cardholderNameToken(): string | null {
    if (!this.hasCardholderNameToken) return null
    return readText(this.buffer, this.cardholderNameTokenAt, this.emailMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyCardholderNameToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.cardholderNameTokenField, this.emailMaskedField, out, at)
  }

  get hasEmailMasked(): boolean {
    return this.buffer[this.emailMaskedField] !== 0
  }

  get emailMaskedAt(): number {
    if (!this.hasEmailMasked) return this.emailTokenField
    return afterLong(this.buffer, this.emailMaskedField + 1)
  }

  get emailMaskedEnd(): number {
    return this.emailTokenField
  }

  get emailMaskedLength(): number {
    return this.emailTokenField - this.emailMaskedAt
  }

  get emailMasked(): string | null {
    if (!this.hasEmailMasked) return null
    return readText(this.buffer, this.emailMaskedAt, this.emailTokenField)
  }

  /** Copies the encoding as it stands. */
  copyEmailMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.emailMaskedField, this.emailTokenField, out, at)
  }

  get hasEmailToken(): boolean {
    return this.buffer[this.emailTokenField] !== 0
  }

  get emailTokenAt(): number {
    if (!this.hasEmailToken) return this.ipMaskedField
    return afterLong(this.buffer, this.emailTokenField + 1)
  }

  get emailTokenEnd(): number {
    return this.ipMaskedField
  }

  get emailTokenLength(): number {
    return this.ipMaskedField - this.emailTokenAt
  }

  get emailToken(): string | null {
    if (!this.hasEmailToken) return null
    return readText(this.buffer, this.emailTokenAt, this.ipMaskedField)
  }

  /** Copies the encoding as it stands. */
  copyEmailToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.emailTokenField, this.ipMaskedField, out, at)
  }

  get hasIpMasked(): boolean {
    return this.buffer[this.ipMaskedField] !== 0
  }

  get ipMaskedAt(): number {
    if (!this.hasIpMasked) return this.ipTokenField
    return afterLong(this.buffer, this.ipMaskedField + 1)
  }

  get ipMaskedEnd(): number {
    return this.ipTokenField
  }

  get ipMaskedLength(): number {
    return this.ipTokenField - this.ipMaskedAt
  }

  get ipMasked(): string | null {
    if (!this.hasIpMasked) return null
    return readText(this.buffer, this.ipMaskedAt, this.ipTokenField)
  }

  /** Copies the encoding as it stands. */
  copyIpMasked(out: DataView, at: number): number {
    return copyBytes(this.view, this.ipMaskedField, this.ipTokenField, out, at)
  }

  get hasIpToken(): boolean {
    return this.buffer[this.ipTokenField] !== 0
  }

  get ipTokenAt(): number {
    if (!this.hasIpToken) return this.memoField
    return afterLong(this.buffer, this.ipTokenField + 1)
  }

  get ipTokenEnd(): number {
    return this.memoField
  }

  get ipTokenLength(): number {
    return this.memoField - this.ipTokenAt
  }

  get ipToken(): string | null {
    if (!this.hasIpToken) return null
    return readText(this.buffer, this.ipTokenAt, this.memoField)
  }

  /** Copies the encoding as it stands. */
  copyIpToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.ipTokenField, this.memoField, out, at)
  }

  get hasMemo(): boolean {
    return this.buffer[this.memoField] !== 0
  }

  get memoAt(): number {
    if (!this.hasMemo) return this.maskingsField
    return afterLong(this.buffer, this.memoField + 1)
  }

  get memoEnd(): number {
    return this.maskingsField
  }

  get memoLength(): number {
    return this.maskingsField - this.memoAt
  }

  get memo(): string | null {
    if (!this.hasMemo) return null
    return readText(this.buffer, this.memoAt, this.maskingsField)
  }

  /** Copies the encoding as it stands. */
  copyMemo(out: DataView, at: number): number {
    return copyBytes(this.view, this.memoField, this.maskingsField, out, at)
  }

  /** Walks the array in place; one walk at a time. */
  openMaskings(): MaskingCursor {
    return this.maskingsCursor.open(this.buffer, this.view, this.maskingsField)
  }

  get maskings(): Masking[] {
    const items: Masking[] = []
    const cursor = this.openMaskings()
    while (cursor.next()) items.push(cursor.toObject())
    return items
  }

  /** Copies the encoding as it stands. */
  copyMaskings(out: DataView, at: number): number {
    return copyBytes(this.view, this.maskingsField, this.velocityCountField, out, at)
  }

  get velocityCount(): number {
    return readInt(this.buffer, this.velocityCountField)
  }

  /** Copies the encoding as it stands. */
  copyVelocityCount(out: DataView, at: number): number {
    return copyBytes(this.view, this.velocityCountField, this.isVelocityFraudField, out, at)
  }

  get isVelocityFraud(): boolean {
    return this.buffer[this.isVelocityFraudField] === 1
  }

  /** Copies the encoding as it stands. */
  copyIsVelocityFraud(out: DataView, at: number): number {
    return copyBytes(this.view, this.isVelocityFraudField, this.velocityFraudPeersField, out, at)
  }

  /** Walks the array in place; one walk at a time. */
  openVelocityFraudPeers(): StringCursor {
    return this.velocityFraudPeersCursor.open(this.buffer, this.view, this.velocityFraudPeersField)
  }

  get velocityFraudPeers(): string[] {
    const items: string[] = []
    const cursor = this.openVelocityFraudPeers()
    while (cursor.next()) items.push(cursor.text)
    return items
  }

  /** Copies the encoding as it stands. */
  copyVelocityFraudPeers(out: DataView, at: number): number {
    return copyBytes(this.view, this.velocityFraudPeersField, this.severityField, out, at)
  }

  get severity(): number {
    return this.buffer[this.severityField]! >>> 1
  }

  get severitySymbol(): Severity {
    return SEVERITY_SYMBOLS[this.severity]!
  }

  /** Copies the encoding as it stands. */
  copySeverity(out: DataView, at: number): number {
    return copyBytes(this.view, this.severityField, this.lateField, out, at)
  }

  get late(): boolean {
    return this.buffer[this.lateField] === 1
  }

  /** Copies the encoding as it stands. */
  copyLate(out: DataView, at: number): number {
    return copyBytes(this.view, this.lateField, this.saturatedField, out, at)
  }

  get saturated(): boolean {
    return this.buffer[this.saturatedField] === 1
  }

  /** Copies the encoding as it stands. */
  copySaturated(out: DataView, at: number): number {
    return copyBytes(this.view, this.saturatedField, this.excusedField, out, at)
  }

  get excused(): boolean {
    return this.buffer[this.excusedField] === 1
  }

  /** Copies the encoding as it stands. */
  copyExcused(out: DataView, at: number): number {
    return copyBytes(this.view, this.excusedField, this.velocity5mCountField, out, at)
  }

  get velocity5mCount(): number {
    return readInt(this.buffer, this.velocity5mCountField)
  }

  /** Copies the encoding as it stands. */
  copyVelocity5mCount(out: DataView, at: number): number {
    return copyBytes(this.view, this.velocity5mCountField, this.devices1hField, out, at)
  }

  get devices1h(): number {
    return readInt(this.buffer, this.devices1hField)
  }

  /** Copies the encoding as it stands. */
  copyDevices1h(out: DataView, at: number): number {
    return copyBytes(this.view, this.devices1hField, this.regions1hField, out, at)
  }

  get regions1h(): number {
    return readInt(this.buffer, this.regions1hField)
  }

  /** Copies the encoding as it stands. */
  copyRegions1h(out: DataView, at: number): number {
    return copyBytes(this.view, this.regions1hField, this.fraudCountField, out, at)
  }

  get fraudCount(): number {
    return readInt(this.buffer, this.fraudCountField)
  }

  /** Copies the encoding as it stands. */
  copyFraudCount(out: DataView, at: number): number {
    return copyBytes(this.view, this.fraudCountField, this.baselinePaymentsField, out, at)
  }

  get baselinePayments(): number {
    return readLong(this.buffer, this.baselinePaymentsField)
  }

  get baselinePaymentsExact(): bigint {
    return readLongExact(this.buffer, this.baselinePaymentsField)
  }

  /** Copies the encoding as it stands. */
  copyBaselinePayments(out: DataView, at: number): number {
    return copyBytes(this.view, this.baselinePaymentsField, this.fraudScoreField, out, at)
  }

  get fraudScore(): number {
    return readInt(this.buffer, this.fraudScoreField)
  }

  /** Copies the encoding as it stands. */
  copyFraudScore(out: DataView, at: number): number {
    return copyBytes(this.view, this.fraudScoreField, this.reasonsField, out, at)
  }

  /** Walks the array in place; one walk at a time. */
  openReasons(): ReasonCursor {
    return this.reasonsCursor.open(this.buffer, this.view, this.reasonsField)
  }

  get reasons(): Reason[] {
    const items: Reason[] = []
    const cursor = this.openReasons()
    while (cursor.next()) items.push(cursor.toObject())
    return items
  }

  /** Copies the encoding as it stands. */
  copyReasons(out: DataView, at: number): number {
    return copyBytes(this.view, this.reasonsField, this.notEvaluatedField, out, at)
  }

  /** Walks the array in place; one walk at a time. */
  openNotEvaluated(): EnumCursor {
    return this.notEvaluatedCursor.open(this.buffer, this.view, this.notEvaluatedField)
  }

  get notEvaluated(): Signal[] {
    const items: Signal[] = []
    const cursor = this.openNotEvaluated()
    while (cursor.next()) items.push(SIGNAL_SYMBOLS[cursor.ordinal]!)
    return items
  }

  /** Copies the encoding as it stands. */
  copyNotEvaluated(out: DataView, at: number): number {
    return copyBytes(this.view, this.notEvaluatedField, this.outcomeField, out, at)
  }

  get outcome(): number {
    return this.buffer[this.outcomeField]! >>> 1
  }

  get outcomeSymbol(): Outcome {
    return OUTCOME_SYMBOLS[this.outcome]!
  }

  /** Copies the encoding as it stands. */
  copyOutcome(out: DataView, at: number): number {
    return copyBytes(this.view, this.outcomeField, this.decidedByField, out, at)
  }

  get decidedBy(): number {
    return this.buffer[this.decidedByField]! >>> 1
  }

  get decidedBySymbol(): DecidedBy {
    return DECIDED_BY_SYMBOLS[this.decidedBy]!
  }

  /** Copies the encoding as it stands. */
  copyDecidedBy(out: DataView, at: number): number {
    return copyBytes(this.view, this.decidedByField, this.actionsField, out, at)
  }

  /** Walks the array in place; one walk at a time. */
  openActions(): EnumCursor {
    return this.actionsCursor.open(this.buffer, this.view, this.actionsField)
  }

  get actions(): Action[] {
    const items: Action[] = []
    const cursor = this.openActions()
    while (cursor.next()) items.push(ACTION_SYMBOLS[cursor.ordinal]!)
    return items
  }

  /** Copies the encoding as it stands. */
  copyActions(out: DataView, at: number): number {
    return copyBytes(this.view, this.actionsField, this.ruleVersionField, out, at)
  }

  get ruleVersionAt(): number {
    return afterLong(this.buffer, this.ruleVersionField)
  }

  get ruleVersionEnd(): number {
    return this.ruleHashField
  }

  get ruleVersionLength(): number {
    return this.ruleHashField - this.ruleVersionAt
  }

  get ruleVersion(): string {
    return readText(this.buffer, this.ruleVersionAt, this.ruleHashField)
  }

  /** Copies the encoding as it stands. */
  copyRuleVersion(out: DataView, at: number): number {
    return copyBytes(this.view, this.ruleVersionField, this.ruleHashField, out, at)
  }

  get ruleHashAt(): number {
    return afterLong(this.buffer, this.ruleHashField)
  }

  get ruleHashEnd(): number {
    return this.inputTopicField
  }

  get ruleHashLength(): number {
    return this.inputTopicField - this.ruleHashAt
  }

  get ruleHash(): string {
    return readText(this.buffer, this.ruleHashAt, this.inputTopicField)
  }

  /** Copies the encoding as it stands. */
  copyRuleHash(out: DataView, at: number): number {
    return copyBytes(this.view, this.ruleHashField, this.inputTopicField, out, at)
  }

  get inputTopicAt(): number {
    return afterLong(this.buffer, this.inputTopicField)
  }

  get inputTopicEnd(): number {
    return this.inputPartitionField
  }

  get inputTopicLength(): number {
    return this.inputPartitionField - this.inputTopicAt
  }

  get inputTopic(): string {
    return readText(this.buffer, this.inputTopicAt, this.inputPartitionField)
  }

  /** Copies the encoding as it stands. */
  copyInputTopic(out: DataView, at: number): number {
    return copyBytes(this.view, this.inputTopicField, this.inputPartitionField, out, at)
  }

  get inputPartition(): number {
    return readInt(this.buffer, this.inputPartitionField)
  }

  /** Copies the encoding as it stands. */
  copyInputPartition(out: DataView, at: number): number {
    return copyBytes(this.view, this.inputPartitionField, this.inputOffsetField, out, at)
  }

  get inputOffset(): number {
    return readLong(this.buffer, this.inputOffsetField)
  }

  get inputOffsetExact(): bigint {
    return readLongExact(this.buffer, this.inputOffsetField)
  }

  /** Copies the encoding as it stands. */
  copyInputOffset(out: DataView, at: number): number {
    return copyBytes(this.view, this.inputOffsetField, this.appendTimeField, out, at)
  }

  get appendTime(): number {
    return readLong(this.buffer, this.appendTimeField)
  }

  get appendTimeExact(): bigint {
    return readLongExact(this.buffer, this.appendTimeField)
  }

  /** Copies the encoding as it stands. */
  copyAppendTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.appendTimeField, this.paymentSchemaIdField, out, at)
  }

  get paymentSchemaId(): number {
    return readInt(this.buffer, this.paymentSchemaIdField)
  }

  /** Copies the encoding as it stands. */
  copyPaymentSchemaId(out: DataView, at: number): number {
    return copyBytes(this.view, this.paymentSchemaIdField, this.semanticsVersionField, out, at)
  }

  get semanticsVersion(): number {
    return readInt(this.buffer, this.semanticsVersionField)
  }

  /** Copies the encoding as it stands. */
  copySemanticsVersion(out: DataView, at: number): number {
    return copyBytes(this.view, this.semanticsVersionField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): Decision {
    return {
      decisionId: this.decisionId,
      transactionId: this.transactionId,
      idempotencyKey: this.idempotencyKey,
      eventTime: safeLong(this.eventTime, 'event_time'),
      senderAccountId: this.senderAccountId,
      receiverAccountId: this.receiverAccountId,
      amountMinor: safeLong(this.amountMinor, 'amount_minor'),
      currency: this.currency,
      kind: this.kindSymbol,
      channel: this.channelSymbol,
      merchantId: this.merchantId,
      merchantCategory: this.merchantCategory,
      terminalId: this.terminalId,
      region: this.region,
      latitude: this.hasLatitude ? this.latitude : null,
      longitude: this.hasLongitude ? this.longitude : null,
      deviceId: this.deviceId,
      maskKeyId: this.maskKeyId,
      cardMasked: this.cardMasked,
      cardToken: this.cardToken,
      expiryMasked: this.expiryMasked,
      cvvMasked: this.cvvMasked,
      cardholderNameMasked: this.cardholderNameMasked,
      cardholderNameToken: this.cardholderNameToken,
      emailMasked: this.emailMasked,
      emailToken: this.emailToken,
      ipMasked: this.ipMasked,
      ipToken: this.ipToken,
      memo: this.memo,
      maskings: this.maskings,
      velocityCount: this.velocityCount,
      isVelocityFraud: this.isVelocityFraud,
      velocityFraudPeers: this.velocityFraudPeers,
      severity: this.severitySymbol,
      late: this.late,
      saturated: this.saturated,
      excused: this.excused,
      velocity5mCount: this.velocity5mCount,
      devices1h: this.devices1h,
      regions1h: this.regions1h,
      fraudCount: this.fraudCount,
      baselinePayments: safeLong(this.baselinePayments, 'baseline_payments'),
      fraudScore: this.fraudScore,
      reasons: this.reasons,
      notEvaluated: this.notEvaluated,
      outcome: this.outcomeSymbol,
      decidedBy: this.decidedBySymbol,
      actions: this.actions,
      ruleVersion: this.ruleVersion,
      ruleHash: this.ruleHash,
      inputTopic: this.inputTopic,
      inputPartition: this.inputPartition,
      inputOffset: safeLong(this.inputOffset, 'input_offset'),
      appendTime: safeLong(this.appendTime, 'append_time'),
      paymentSchemaId: this.paymentSchemaId,
      semanticsVersion: this.semanticsVersion,
    }
  }
}

/**
 * What `writeDecision` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface DecisionSource {
  putDecisionId(out: Uint8Array, view: DataView, at: number): number
  putTransactionIdThroughDeviceId(out: Uint8Array, view: DataView, at: number): number
  putMaskKeyIdThroughMemo(out: Uint8Array, view: DataView, at: number): number
  putMaskings(out: Uint8Array, view: DataView, at: number): number
  readonly velocityCount: number
  readonly isVelocityFraud: boolean
  putVelocityFraudPeers(out: Uint8Array, view: DataView, at: number): number
  readonly severity: number
  readonly late: boolean
  readonly saturated: boolean
  readonly excused: boolean
  readonly velocity5mCount: number
  readonly devices1h: number
  readonly regions1h: number
  readonly fraudCount: number
  readonly baselinePayments: number
  readonly fraudScore: number
  putReasons(out: Uint8Array, view: DataView, at: number): number
  putNotEvaluated(out: Uint8Array, view: DataView, at: number): number
  readonly outcome: number
  readonly decidedBy: number
  putActions(out: Uint8Array, view: DataView, at: number): number
  putRuleVersion(out: Uint8Array, view: DataView, at: number): number
  putRuleHash(out: Uint8Array, view: DataView, at: number): number
  putInputTopic(out: Uint8Array, view: DataView, at: number): number
  readonly inputPartition: number
  readonly inputOffset: number
  readonly appendTime: number
  readonly paymentSchemaId: number
  readonly semanticsVersion: number
}

/** Writes the Avro encoding of one Decision at `start`, without an allocation; `out` has the room. */
export function writeDecision(out: Uint8Array, view: DataView, start: number, source: DecisionSource): number {
  let at = start
  at = source.putDecisionId(out, view, at)
  at = source.putTransactionIdThroughDeviceId(out, view, at)
  at = source.putMaskKeyIdThroughMemo(out, view, at)
  at = source.putMaskings(out, view, at)
  at = putLong(out, at, source.velocityCount)
  out[at++] = source.isVelocityFraud ? 1 : 0
  at = source.putVelocityFraudPeers(out, view, at)
  out[at++] = source.severity << 1
  out[at++] = source.late ? 1 : 0
  out[at++] = source.saturated ? 1 : 0
  out[at++] = source.excused ? 1 : 0
  at = putLong(out, at, source.velocity5mCount)
  at = putLong(out, at, source.devices1h)
  at = putLong(out, at, source.regions1h)
  at = putLong(out, at, source.fraudCount)
  at = putLong(out, at, source.baselinePayments)
  at = putLong(out, at, source.fraudScore)
  at = source.putReasons(out, view, at)
  at = source.putNotEvaluated(out, view, at)
  out[at++] = source.outcome << 1
  out[at++] = source.decidedBy << 1
  at = source.putActions(out, view, at)
  at = source.putRuleVersion(out, view, at)
  at = source.putRuleHash(out, view, at)
  at = source.putInputTopic(out, view, at)
  at = putLong(out, at, source.inputPartition)
  at = putLong(out, at, source.inputOffset)
  at = putLong(out, at, source.appendTime)
  at = putLong(out, at, source.paymentSchemaId)
  at = putLong(out, at, source.semanticsVersion)
  return at
}

/** Appends the Avro encoding of one plain Decision; throws a RangeError for a number or symbol outside its type. */
export function appendDecision(out: ByteSink, value: Decision): void {
  out.string(value.decisionId)
  out.string(value.transactionId)
  if (out.present(value.idempotencyKey)) out.string(value.idempotencyKey)
  out.long(value.eventTime)
  out.string(value.senderAccountId)
  out.string(value.receiverAccountId)
  out.long(value.amountMinor)
  out.string(value.currency)
  out.symbol(PAYMENT_KIND_SYMBOLS, value.kind)
  out.symbol(CHANNEL_SYMBOLS, value.channel)
  if (out.present(value.merchantId)) out.string(value.merchantId)
  if (out.present(value.merchantCategory)) out.string(value.merchantCategory)
  if (out.present(value.terminalId)) out.string(value.terminalId)
  if (out.present(value.region)) out.string(value.region)
  if (out.present(value.latitude)) out.double(value.latitude)
  if (out.present(value.longitude)) out.double(value.longitude)
  if (out.present(value.deviceId)) out.string(value.deviceId)
  if (out.present(value.maskKeyId)) out.string(value.maskKeyId)
  if (out.present(value.cardMasked)) out.string(value.cardMasked)
  if (out.present(value.cardToken)) out.string(value.cardToken)
  if (out.present(value.expiryMasked)) out.string(value.expiryMasked)
  if (out.present(value.cvvMasked)) out.string(value.cvvMasked)
  if (out.present(value.cardholderNameMasked)) out.string(value.cardholderNameMasked)
  if (out.present(value.cardholderNameToken)) out.string(value.cardholderNameToken)
  if (out.present(value.emailMasked)) out.string(value.emailMasked)
  if (out.present(value.emailToken)) out.string(value.emailToken)
  if (out.present(value.ipMasked)) out.string(value.ipMasked)
  if (out.present(value.ipToken)) out.string(value.ipToken)
  if (out.present(value.memo)) out.string(value.memo)
  out.array(value.maskings, (item) => appendMasking(out, item))
  out.int(value.velocityCount)
  out.boolean(value.isVelocityFraud)
  out.array(value.velocityFraudPeers, (item) => out.string(item))
  out.symbol(SEVERITY_SYMBOLS, value.severity)
  out.boolean(value.late)
  out.boolean(value.saturated)
  out.boolean(value.excused)
  out.int(value.velocity5mCount)
  out.int(value.devices1h)
  out.int(value.regions1h)
  out.int(value.fraudCount)
  out.long(value.baselinePayments)
  out.int(value.fraudScore)
  out.array(value.reasons, (item) => appendReason(out, item))
  out.array(value.notEvaluated, (item) => out.symbol(SIGNAL_SYMBOLS, item))
  out.symbol(OUTCOME_SYMBOLS, value.outcome)
  out.symbol(DECIDED_BY_SYMBOLS, value.decidedBy)
  out.array(value.actions, (item) => out.symbol(ACTION_SYMBOLS, item))
  out.string(value.ruleVersion)
  out.string(value.ruleHash)
  out.string(value.inputTopic)
  out.int(value.inputPartition)
  out.long(value.inputOffset)
  out.long(value.appendTime)
  out.int(value.paymentSchemaId)
  out.int(value.semanticsVersion)
}

/** The Avro encoding of one plain Decision, as `appendDecision` writes it. */
export function encodeDecision(value: Decision): Uint8Array {
  return encoded(appendDecision, value)
}
