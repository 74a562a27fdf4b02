// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'

/**
 * Who did what and how it ended: each call of the API, each act of a person on the board or the command line. Never
 * a secret or a raw personal value.
 */
export interface AuditEvent {
  /** Unique; a repeat of the same event is the same id. */
  readonly eventId: string
  /** When the act ended. */
  readonly eventTime: number
  /** Who: a caller's subject, or a person's name. */
  readonly actor: string
  /** In what role: viewer, analyst, admin, or the scope of a token. */
  readonly role: string | null
  /** What, as object.verb: payment.confirm, account.block, review.approve, rules.apply, subject.erase. */
  readonly act: string
  /** On what: a transaction, decision, account or rule set, by its id. */
  readonly subject: string | null
  /** How it ended: done, refused or failed, or an HTTP status. */
  readonly result: string
  /** Why: what the person gave, or the reason code of a refusal. */
  readonly reason: string | null
  /** From where: the keyed token of the caller's address. */
  readonly sourceToken: string | null
  /** The request that did it. */
  readonly requestId: string | null
  /** Its W3C trace. */
  readonly traceId: string | null
}

/** The fields of AuditEvent that have a default, each with it. */
export const auditEventDefaults = {
  role: null,
  subject: null,
  reason: null,
  sourceToken: null,
  requestId: null,
  traceId: null,
} satisfies Partial<AuditEvent>

/**
 * Reads a AuditEvent in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class AuditEventReader {
  buffer = NO_BYTES
  view = NO_VIEW
  eventIdField = 0
  eventTimeField = 0
  actorField = 0
  roleField = 0
  actField = 0
  subjectField = 0
  resultField = 0
  reasonField = 0
  sourceTokenField = 0
  requestIdField = 0
  traceIdField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.eventIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.eventTimeField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.actorField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.roleField = at
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
    this.actField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
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
    this.resultField = at
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
    this.sourceTokenField = at
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
    this.requestIdField = at
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
    this.traceIdField = at
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
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get eventIdAt(): number {
    return afterLong(this.buffer, this.eventIdField)
  }

  get eventIdEnd(): number {
    return this.eventTimeField
  }

  get eventIdLength(): number {
    return this.eventTimeField - this.eventIdAt
  }

  get eventId(): string {
    return readText(this.buffer, this.eventIdAt, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventId(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventIdField, this.eventTimeField, out, at)
  }

  get eventTime(): number {
    return readLong(this.buffer, this.eventTimeField)
  }

  get eventTimeExact(): bigint {
    return readLongExact(this.buffer, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyEventTime(out: DataView, at: number): number {
    return copyBytes(this.view, this.eventTimeField, this.actorField, out, at)
  }

  get actorAt(): number {
    return afterLong(this.buffer, this.actorField)
  }

  get actorEnd(): number {
    return this.roleField
  }

  get actorLength(): number {
    return this.roleField - this.actorAt
  }

  get actor(): string {
    return readText(this.buffer, this.actorAt, this.roleField)
  }

  /** Copies the encoding as it stands. */
  copyActor(out: DataView, at: number): number {
    return copyBytes(this.view, this.actorField, this.roleField, out, at)
  }

  get hasRole(): boolean {
    return this.buffer[this.roleField] !== 0
  }

  get roleAt(): number {
    if (!this.hasRole) return this.actField
    return afterLong(this.buffer, this.roleField + 1)
  }

  get roleEnd(): number {
    return this.actField
  }

  get roleLength(): number {
    return this.actField - this.roleAt
  }

  get role(): string | null {
    if (!this.hasRole) return null
    return readText(this.buffer, this.roleAt, this.actField)
  }

  /** Copies the encoding as it stands. */
  copyRole(out: DataView, at: number): number {
    return copyBytes(this.view, this.roleField, this.actField, out, at)
  }

  get actAt(): number {
    return afterLong(this.buffer, this.actField)
  }

  get actEnd(): number {
    return this.subjectField
  }

  get actLength(): number {
    return this.subjectField - this.actAt
  }

  get act(): string {
    return readText(this.buffer, this.actAt, this.subjectField)
  }

  /** Copies the encoding as it stands. */
  copyAct(out: DataView, at: number): number {
    return copyBytes(this.view, this.actField, this.subjectField, out, at)
  }

  get hasSubject(): boolean {
    return this.buffer[this.subjectField] !== 0
  }

  get subjectAt(): number {
    if (!this.hasSubject) return this.resultField
    return afterLong(this.buffer, this.subjectField + 1)
  }

  get subjectEnd(): number {
    return this.resultField
  }

  get subjectLength(): number {
    return this.resultField - this.subjectAt
  }

  get subject(): string | null {
    if (!this.hasSubject) return null
    return readText(this.buffer, this.subjectAt, this.resultField)
  }

  /** Copies the encoding as it stands. */
  copySubject(out: DataView, at: number): number {
    return copyBytes(this.view, this.subjectField, this.resultField, out, at)
  }

  get resultAt(): number {
    return afterLong(this.buffer, this.resultField)
  }

  get resultEnd(): number {
    return this.reasonField
  }

  get resultLength(): number {
    return this.reasonField - this.resultAt
  }

  get result(): string {
    return readText(this.buffer, this.resultAt, this.reasonField)
  }

  /** Copies the encoding as it stands. */
  copyResult(out: DataView, at: number): number {
    return copyBytes(this.view, this.resultField, this.reasonField, out, at)
  }

  get hasReason(): boolean {
    return this.buffer[this.reasonField] !== 0
  }

  get reasonAt(): number {
    if (!this.hasReason) return this.sourceTokenField
    return afterLong(this.buffer, this.reasonField + 1)
  }

  get reasonEnd(): number {
    return this.sourceTokenField
  }

  get reasonLength(): number {
    return this.sourceTokenField - this.reasonAt
  }

  get reason(): string | null {
    if (!this.hasReason) return null
    return readText(this.buffer, this.reasonAt, this.sourceTokenField)
  }

  /** Copies the encoding as it stands. */
  copyReason(out: DataView, at: number): number {
    return copyBytes(this.view, this.reasonField, this.sourceTokenField, out, at)
  }

  get hasSourceToken(): boolean {
    return this.buffer[this.sourceTokenField] !== 0
  }

  get sourceTokenAt(): number {
    if (!this.hasSourceToken) return this.requestIdField
    return afterLong(this.buffer, this.sourceTokenField + 1)
  }

  get sourceTokenEnd(): number {
    return this.requestIdField
  }

  get sourceTokenLength(): number {
    return this.requestIdField - this.sourceTokenAt
  }

  get sourceToken(): string | null {
    if (!this.hasSourceToken) return null
    return readText(this.buffer, this.sourceTokenAt, this.requestIdField)
  }

  /** Copies the encoding as it stands. */
  copySourceToken(out: DataView, at: number): number {
    return copyBytes(this.view, this.sourceTokenField, this.requestIdField, out, at)
  }

  get hasRequestId(): boolean {
    return this.buffer[this.requestIdField] !== 0
  }

  get requestIdAt(): number {
    if (!this.hasRequestId) return this.traceIdField
    return afterLong(this.buffer, this.requestIdField + 1)
  }

  get requestIdEnd(): number {
    return this.traceIdField
  }

  get requestIdLength(): number {
    return this.traceIdField - this.requestIdAt
  }

  get requestId(): string | null {
    if (!this.hasRequestId) return null
    return readText(this.buffer, this.requestIdAt, this.traceIdField)
  }

  /** Copies the encoding as it stands. */
  copyRequestId(out: DataView, at: number): number {
    return copyBytes(this.view, this.requestIdField, this.traceIdField, out, at)
  }

  get hasTraceId(): boolean {
    return this.buffer[this.traceIdField] !== 0
  }

  get traceIdAt(): number {
    if (!this.hasTraceId) return this.end
    return afterLong(this.buffer, this.traceIdField + 1)
  }

  get traceIdEnd(): number {
    return this.end
  }

  get traceIdLength(): number {
    return this.end - this.traceIdAt
  }

  get traceId(): string | null {
    if (!this.hasTraceId) return null
    return readText(this.buffer, this.traceIdAt, this.end)
  }

  /** Copies the encoding as it stands. */
  copyTraceId(out: DataView, at: number): number {
    return copyBytes(this.view, this.traceIdField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): AuditEvent {
    return {
      eventId: this.eventId,
      eventTime: safeLong(this.eventTime, 'event_time'),
      actor: this.actor,
      role: this.role,
      act: this.act,
      subject: this.subject,
      result: this.result,
      reason: this.reason,
      sourceToken: this.sourceToken,
      requestId: this.requestId,
      traceId: this.traceId,
    }
  }
}

/**
 * What `writeAuditEvent` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface AuditEventSource {
  putEventId(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  putActor(out: Uint8Array, view: DataView, at: number): number
  putRole(out: Uint8Array, view: DataView, at: number): number
  putAct(out: Uint8Array, view: DataView, at: number): number
  putSubject(out: Uint8Array, view: DataView, at: number): number
  putResult(out: Uint8Array, view: DataView, at: number): number
  putReason(out: Uint8Array, view: DataView, at: number): number
  putSourceToken(out: Uint8Array, view: DataView, at: number): number
  putRequestId(out: Uint8Array, view: DataView, at: number): number
  putTraceId(out: Uint8Array, view: DataView, at: number): number
}

/** Writes the Avro encoding of one AuditEvent at `start`, without an allocation; `out` has the room. */
export function writeAuditEvent(out: Uint8Array, view: DataView, start: number, source: AuditEventSource): number {
  let at = start
  at = source.putEventId(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = source.putActor(out, view, at)
  at = source.putRole(out, view, at)
  at = source.putAct(out, view, at)
  at = source.putSubject(out, view, at)
  at = source.putResult(out, view, at)
  at = source.putReason(out, view, at)
  at = source.putSourceToken(out, view, at)
  at = source.putRequestId(out, view, at)
  at = source.putTraceId(out, view, at)
  return at
}

/** Appends the Avro encoding of one plain AuditEvent; throws a RangeError for a number or symbol outside its type. */
export function appendAuditEvent(out: ByteSink, value: AuditEvent): void {
  out.string(value.eventId)
  out.long(value.eventTime)
  out.string(value.actor)
  if (out.present(value.role)) out.string(value.role)
  out.string(value.act)
  if (out.present(value.subject)) out.string(value.subject)
  out.string(value.result)
  if (out.present(value.reason)) out.string(value.reason)
  if (out.present(value.sourceToken)) out.string(value.sourceToken)
  if (out.present(value.requestId)) out.string(value.requestId)
  if (out.present(value.traceId)) out.string(value.traceId)
}

/** The Avro encoding of one plain AuditEvent, as `appendAuditEvent` writes it. */
export function encodeAuditEvent(value: AuditEvent): Uint8Array {
  return encoded(appendAuditEvent, value)
}
