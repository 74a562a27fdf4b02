// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanInt, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'
import { CONTROL_KIND_SYMBOLS, type ControlKind } from './enums.ts'

/**
 * What an operator, the board or the API changes, as a record of the input partition (SPEC S6 to S8). The signature
 * is Ed25519 over the Avro encoding of every field before it.
 */
export interface ControlRecord {
  readonly kind: ControlKind
  readonly eventTime: number
  /** The sender concerned; the record key. */
  readonly accountId: string | null
  /** challenge.* and review.*: the decision that it ends. */
  readonly decisionId: string | null
  /** End of a block, an allowance or a list entry in event time; null is without end. */
  readonly until: number | null
  /** A key id, a list entry as field:value, or a token to erase. */
  readonly subject: string | null
  /** RULES_SET: the rule set as canonical JSON. */
  readonly rules: string | null
  /** CHALLENGE_FAILED: how many codes failed. */
  readonly failedCodes: number
  /** Who. */
  readonly actor: string
  /** Why. */
  readonly reason: string | null
  /** The only input partition in which the record is valid. */
  readonly partition: number
  /** Rises per (signer key, partition); 0 for challenge.* and review.*. */
  readonly serial: number
  readonly signerKeyId: string
  readonly signature: Uint8Array
}

/** The fields of ControlRecord that have a default, each with it. */
export const controlRecordDefaults = {
  accountId: null,
  decisionId: null,
  until: null,
  subject: null,
  rules: null,
  failedCodes: 0,
  reason: null,
} satisfies Partial<ControlRecord>

/**
 * Reads a ControlRecord in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class ControlRecordReader {
  buffer = NO_BYTES
  view = NO_VIEW
  kindField = 0
  eventTimeField = 0
  accountIdField = 0
  decisionIdField = 0
  untilField = 0
  subjectField = 0
  rulesField = 0
  failedCodesField = 0
  actorField = 0
  reasonField = 0
  partitionField = 0
  serialField = 0
  signerKeyIdField = 0
  signatureField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.kindField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 26) return BAD_TYPE
    at++
    this.eventTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.accountIdField = at
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
    this.decisionIdField = at
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
    this.untilField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at = scanLong(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    } else if (byte !== 0) return BAD_TYPE
    this.subjectField = at
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
    this.rulesField = at
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
    this.failedCodesField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.actorField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.reasonField = at
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
    this.partitionField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.serialField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.signerKeyIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.signatureField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get kind(): number {
    return this.buffer[this.kindField]! >>> 1
  }

  get kindSymbol(): ControlKind {
    return CONTROL_KIND_SYMBOLS[this.kind]!
  }

  /** Copies the encoding as it stands. */
  copyKind(out: DataView, at: number): number {
    return copyBytes(this.view, this.kindField, this.eventTimeField, out, at)
  }

  get eventTime(): number {
    return readLong(this.buffer, this.eventTimeField)
  }

  get eventTimeExact(): bigint {
    return readLongExact(this.buffer, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventTimeField, this.accountIdField, out, at)
  }

  get hasAccountId(): boolean {
    return this.buffer[this.accountIdField] !== 0
  }

  get accountIdAt(): number {
    if (!this.hasAccountId) return this.decisionIdField
    return afterLong(this.buffer, this.accountIdField + 1)
  }

  get accountIdEnd(): number {
    return this.decisionIdField
  }

  get accountIdLength(): number {
    return this.decisionIdField - this.accountIdAt
  }

  get accountId(): string | null {
    if (!this.hasAccountId) return null
    return readText(this.buffer, this.accountIdAt, this.decisionIdField)
  }

  /** Copies the encoding as it stands. */
  copyAccountId(out: DataView, at: number): number {
    return copyBytes(this.view, this.accountIdField, this.decisionIdField, out, at)
  }

  get hasDecisionId(): boolean {
    return this.buffer[this.decisionIdField] !== 0
  }

  get decisionIdAt(): number {
    if (!this.hasDecisionId) return this.untilField
    return afterLong(this.buffer, this.decisionIdField + 1)
  }

  get decisionIdEnd(): number {
    return this.untilField
  }

  get decisionIdLength(): number {
    return this.untilField - this.decisionIdAt
  }

  get decisionId(): string | null {
    if (!this.hasDecisionId) return null
    return readText(this.buffer, this.decisionIdAt, this.untilField)
  }

  /** Copies the encoding as it stands. */
  copyDecisionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.decisionIdField, this.untilField, out, at)
  }

  get hasUntil(): boolean {
    return this.buffer[this.untilField] !== 0
  }

  get until(): number {
    if (!this.hasUntil) return Number.NaN
    return readLong(this.buffer, this.untilField + 1)
  }

  /** Copies the encoding as it stands. */
  copyUntil(out: DataView, at: number): number {
    return copyBytes(this.view, this.untilField, this.subjectField, out, at)
  }

  get hasSubject(): boolean {
    return this.buffer[this.subjectField] !== 0
  }

  get subjectAt(): number {
    if (!this.hasSubject) return this.rulesField
    return afterLong(this.buffer, this.subjectField + 1)
  }

  get subjectEnd(): number {
    return this.rulesField
  }

  get subjectLength(): number {
    return this.rulesField - this.subjectAt
  }

  get subject(): string | null {
    if (!this.hasSubject) return null
    return readText(this.buffer, this.subjectAt, this.rulesField)
  }

  /** Copies the encoding as it stands. */
  copySubject(out: DataView, at: number): number {
    return copyBytes(this.view, this.subjectField, this.rulesField, out, at)
  }

  get hasRules(): boolean {
    return this.buffer[this.rulesField] !== 0
  }

  get rulesAt(): number {
    if (!this.hasRules) return this.failedCodesField
    return afterLong(this.buffer, this.rulesField + 1)
  }

  get rulesEnd(): number {
    return this.failedCodesField
  }

  get rulesLength(): number {
    return this.failedCodesField - this.rulesAt
  }

  get rules(): string | null {
    if (!this.hasRules) return null
    return readText(this.buffer, this.rulesAt, this.failedCodesField)
  }

  /** Copies the encoding as it stands. */
  copyRules(out: DataView, at: number): number {
    return copyBytes(this.view, this.rulesField, this.failedCodesField, out, at)
  }

  get failedCodes(): number {
    return readInt(this.buffer, this.failedCodesField)
  }

  /** Copies the encoding as it stands. */
  copyFailedCodes(out: DataView, at: number): number {
    return copyBytes(this.view, this.failedCodesField, this.actorField, out, at)
  }

  get actorAt(): number {
    return afterLong(this.buffer, this.actorField)
  }

  get actorEnd(): number {
    return this.reasonField
  }

  get actorLength(): number {
    return this.reasonField - this.actorAt
  }

  get actor(): string {
    return readText(this.buffer, this.actorAt, this.reasonField)
  }

  /** Copies the encoding as it stands. */
  copyActor(out: DataView, at: number): number {
    return copyBytes(this.view, this.actorField, this.reasonField, out, at)
  }

  get hasReason(): boolean {
    return this.buffer[this.reasonField] !== 0
  }

  get reasonAt(): number {
    if (!this.hasReason) return this.partitionField
    return afterLong(this.buffer, this.reasonField + 1)
  }

  get reasonEnd(): number {
    return this.partitionField
  }

  get reasonLength(): number {
    return this.partitionField - this.reasonAt
  }

  get reason(): string | null {
    if (!this.hasReason) return null
    return readText(this.buffer, this.reasonAt, this.partitionField)
  }

  /** Copies the encoding as it stands. */
  copyReason(out: DataView, at: number): number {
    return copyBytes(this.view, this.reasonField, this.partitionField, out, at)
  }

  get partition(): number {
    return readInt(this.buffer, this.partitionField)
  }

  /** Copies the encoding as it stands. */
  copyPartition(out: DataView, at: number): number {
    return copyBytes(this.view, this.partitionField, this.serialField, out, at)
  }

  get serial(): number {
    return readLong(this.buffer, this.serialField)
  }

  get serialExact(): bigint {
    return readLongExact(this.buffer, this.serialField)
  }

  /** Copies the encoding as it stands. */
  copySerial(out: DataView, at: number): number {
    return copyBytes(this.view, this.serialField, this.signerKeyIdField, out, at)
  }

  get signerKeyIdAt(): number {
    return afterLong(this.buffer, this.signerKeyIdField)
  }

  get signerKeyIdEnd(): number {
    return this.signatureField
  }

  get signerKeyIdLength(): number {
    return this.signatureField - this.signerKeyIdAt
  }

  get signerKeyId(): string {
    return readText(this.buffer, this.signerKeyIdAt, this.signatureField)
  }

  /** Copies the encoding as it stands. */
  copySignerKeyId(out: DataView, at: number): number {
    return copyBytes(this.view, this.signerKeyIdField, this.signatureField, out, at)
  }

  get signatureAt(): number {
    return afterLong(this.buffer, this.signatureField)
  }

  get signatureEnd(): number {
    return this.end
  }

  get signatureLength(): number {
    return this.end - this.signatureAt
  }

  get signature(): Uint8Array {
    return this.buffer.slice(this.signatureAt, this.end)
  }

  /** Copies the encoding as it stands. */
  copySignature(out: DataView, at: number): number {
    return copyBytes(this.view, this.signatureField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): ControlRecord {
    return {
      kind: this.kindSymbol,
      eventTime: safeLong(this.eventTime, 'event_time'),
      accountId: this.accountId,
      decisionId: this.decisionId,
      until: this.hasUntil ? safeLong(this.until, 'until') : null,
      subject: this.subject,
      rules: this.rules,
      failedCodes: this.failedCodes,
      actor: this.actor,
      reason: this.reason,
      partition: this.partition,
      serial: safeLong(this.serial, 'serial'),
      signerKeyId: this.signerKeyId,
      signature: this.signature,
    }
  }
}

/**
 * What `writeControlRecord` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface ControlRecordSource {
  readonly kind: number
  readonly eventTime: number
  putAccountId(out: Uint8Array, view: DataView, at: number): number
  putDecisionId(out: Uint8Array, view: DataView, at: number): number
  putUntil(out: Uint8Array, view: DataView, at: number): number
  putSubject(out: Uint8Array, view: DataView, at: number): number
  putRules(out: Uint8Array, view: DataView, at: number): number
  readonly failedCodes: number
  putActor(out: Uint8Array, view: DataView, at: number): number
  putReason(out: Uint8Array, view: DataView, at: number): number
  readonly partition: number
  readonly serial: number
  putSignerKeyId(out: Uint8Array, view: DataView, at: number): number
  putSignature(out: Uint8Array, view: DataView, at: number): number
}

/** Writes the Avro encoding of one ControlRecord at `start`, without an allocation; `out` has the room. */
export function writeControlRecord(
  out: Uint8Array,
  view: DataView,
  start: number,
  source: ControlRecordSource,
): number {
  let at = start
  out[at++] = source.kind << 1
  at = putLong(out, at, source.eventTime)
  at = source.putAccountId(out, view, at)
  at = source.putDecisionId(out, view, at)
  at = source.putUntil(out, view, at)
  at = source.putSubject(out, view, at)
  at = source.putRules(out, view, at)
  at = putLong(out, at, source.failedCodes)
  at = source.putActor(out, view, at)
  at = source.putReason(out, view, at)
  at = putLong(out, at, source.partition)
  at = putLong(out, at, source.serial)
  at = source.putSignerKeyId(out, view, at)
  at = source.putSignature(out, view, at)
  return at
}

/** Appends the Avro encoding of one plain ControlRecord; throws a RangeError for a number or symbol outside its type. */
export function appendControlRecord(out: ByteSink, value: ControlRecord): void {
  out.symbol(CONTROL_KIND_SYMBOLS, value.kind)
  out.long(value.eventTime)
  if (out.present(value.accountId)) out.string(value.accountId)
  if (out.present(value.decisionId)) out.string(value.decisionId)
  if (out.present(value.until)) out.long(value.until)
  if (out.present(value.subject)) out.string(value.subject)
  if (out.present(value.rules)) out.string(value.rules)
  out.int(value.failedCodes)
  out.string(value.actor)
  if (out.present(value.reason)) out.string(value.reason)
  out.int(value.partition)
  out.long(value.serial)
  out.string(value.signerKeyId)
  out.sized(value.signature)
}

/** The Avro encoding of one plain ControlRecord, as `appendControlRecord` writes it. */
export function encodeControlRecord(value: ControlRecord): Uint8Array {
  return encoded(appendControlRecord, value)
}
