// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readInt, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanInt, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'
import { HOOK_OUTCOME_SYMBOLS, type HookOutcome } from './enums.ts'

/**
 * What became of one try to bring an action to a hook, or that a replay was asked for (SPEC A5). The newest of a
 * hook and an action is where its delivery stands. Never a body, an answer or a secret.
 */
export interface HookDelivery {
  /** The hook's name in the hooks file. */
  readonly hook: string
  /** The id that the receiver is told in every try: <input partition>-<input offset>-<action>. */
  readonly actionId: string
  /** FAILED is tried again at next_try_at; DEAD is not, until a replay is asked for. */
  readonly outcome: HookOutcome
  /** Tries so far, this one included; 0 after a replay was asked for. */
  readonly tries: number
  /** HTTP status of the answer, where there was one. */
  readonly status: number | null
  /** A code of what happened: OK, HTTP_503, TIMED_OUT, FORBIDDEN_ADDRESS. */
  readonly detail: string
  readonly triedAt: number
  /** How long the try took. */
  readonly latencyMs: number
  /** FAILED: not before. */
  readonly nextTryAt: number | null
  /** Where the action stands on fraud.actions. */
  readonly actionPartition: number
  readonly actionOffset: number
}

/** The fields of HookDelivery that have a default, each with it. */
export const hookDeliveryDefaults = {
  status: null,
  nextTryAt: null,
} satisfies Partial<HookDelivery>

/**
 * Reads a HookDelivery in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class HookDeliveryReader {
  buffer = NO_BYTES
  view = NO_VIEW
  hookField = 0
  actionIdField = 0
  outcomeField = 0
  triesField = 0
  statusField = 0
  detailField = 0
  triedAtField = 0
  latencyMsField = 0
  nextTryAtField = 0
  actionPartitionField = 0
  actionOffsetField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.hookField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.actionIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.outcomeField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 8) return BAD_TYPE
    at++
    this.triesField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.statusField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at = scanInt(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    } else if (byte !== 0) return BAD_TYPE
    this.detailField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.triedAtField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.latencyMsField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.nextTryAtField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    at++
    if (byte === 2) {
      at = scanLong(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    } else if (byte !== 0) return BAD_TYPE
    this.actionPartitionField = at
    at = scanInt(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.actionOffsetField = at
    at = scanLong(buffer, at, stop)
    if (at < 0) return -at as DecodeCode
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get hookAt(): number {
    return afterLong(this.buffer, this.hookField)
  }

  get hookEnd(): number {
    return this.actionIdField
  }

  get hookLength(): number {
    return this.actionIdField - this.hookAt
  }

  get hook(): string {
    return readText(this.buffer, this.hookAt, this.actionIdField)
  }

  /** Copies the encoding as it stands. */
  copyHook(out: DataView, at: number): number {
    return copyBytes(this.view, this.hookField, this.actionIdField, out, at)
  }

  get actionIdAt(): number {
    return afterLong(this.buffer, this.actionIdField)
  }

  get actionIdEnd(): number {
    return this.outcomeField
  }

  get actionIdLength(): number {
    return this.outcomeField - this.actionIdAt
  }

  get actionId(): string {
    return readText(this.buffer, this.actionIdAt, this.outcomeField)
  }

  /** Copies the encoding as it stands. */
  copyActionId(out: DataView, at: number): number {
    return copyBytes(this.view, this.actionIdField, this.outcomeField, out, at)
  }

  get outcome(): number {
    return this.buffer[this.outcomeField]! >>> 1
  }

  get outcomeSymbol(): HookOutcome {
    return HOOK_OUTCOME_SYMBOLS[this.outcome]!
  }

  /** Copies the encoding as it stands. */
  copyOutcome(out: DataView, at: number): number {
    return copyBytes(this.view, this.outcomeField, this.triesField, out, at)
  }

  get tries(): number {
    return readInt(this.buffer, this.triesField)
  }

  /** Copies the encoding as it stands. */
  copyTries(out: DataView, at: number): number {
    return copyBytes(this.view, this.triesField, this.statusField, out, at)
  }

  get hasStatus(): boolean {
    return this.buffer[this.statusField] !== 0
  }

  get status(): number {
    if (!this.hasStatus) return Number.NaN
    return readInt(this.buffer, this.statusField + 1)
  }

  /** Copies the encoding as it stands. */
  copyStatus(out: DataView, at: number): number {
    return copyBytes(this.view, this.statusField, this.detailField, out, at)
  }

  get detailAt(): number {
    return afterLong(this.buffer, this.detailField)
  }

  get detailEnd(): number {
    return this.triedAtField
  }

  get detailLength(): number {
    return this.triedAtField - this.detailAt
  }

  get detail(): string {
    return readText(this.buffer, this.detailAt, this.triedAtField)
  }

  /** Copies the encoding as it stands. */
  copyDetail(out: DataView, at: number): number {
    return copyBytes(this.view, this.detailField, this.triedAtField, out, at)
  }

  get triedAt(): number {
    return readLong(this.buffer, this.triedAtField)
  }

  get triedAtExact(): bigint {
    return readLongExact(this.buffer, this.triedAtField)
  }

  /** Copies the encoding as it stands. */
  copyTriedAt(out: DataView, at: number): number {
    return copyBytes(this.view, this.triedAtField, this.latencyMsField, out, at)
  }

  get latencyMs(): number {
    return readInt(this.buffer, this.latencyMsField)
  }

  /** Copies the encoding as it stands. */
  copyLatencyMs(out: DataView, at: number): number {
    return copyBytes(this.view, this.latencyMsField, this.nextTryAtField, out, at)
  }

  get hasNextTryAt(): boolean {
    return this.buffer[this.nextTryAtField] !== 0
  }

  get nextTryAt(): number {
    if (!this.hasNextTryAt) return Number.NaN
    return readLong(this.buffer, this.nextTryAtField + 1)
  }

  /** Copies the encoding as it stands. */
  copyNextTryAt(out: DataView, at: number): number {
    return copyBytes(this.view, this.nextTryAtField, this.actionPartitionField, out, at)
  }

  get actionPartition(): number {
    return readInt(this.buffer, this.actionPartitionField)
  }

  /** Copies the encoding as it stands. */
  copyActionPartition(out: DataView, at: number): number {
    return copyBytes(this.view, this.actionPartitionField, this.actionOffsetField, out, at)
  }

  get actionOffset(): number {
    return readLong(this.buffer, this.actionOffsetField)
  }

  get actionOffsetExact(): bigint {
    return readLongExact(this.buffer, this.actionOffsetField)
  }

  /** Copies the encoding as it stands. */
  copyActionOffset(out: DataView, at: number): number {
    return copyBytes(this.view, this.actionOffsetField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): HookDelivery {
    return {
      hook: this.hook,
      actionId: this.actionId,
      outcome: this.outcomeSymbol,
      tries: this.tries,
      status: this.hasStatus ? this.status : null,
      detail: this.detail,
      triedAt: safeLong(this.triedAt, 'tried_at'),
      latencyMs: this.latencyMs,
      nextTryAt: this.hasNextTryAt ? safeLong(this.nextTryAt, 'next_try_at') : null,
      actionPartition: this.actionPartition,
      actionOffset: safeLong(this.actionOffset, 'action_offset'),
    }
  }
}

/**
 * What `writeHookDelivery` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface HookDeliverySource {
  putHook(out: Uint8Array, view: DataView, at: number): number
  putActionId(out: Uint8Array, view: DataView, at: number): number
  readonly outcome: number
  readonly tries: number
  putStatus(out: Uint8Array, view: DataView, at: number): number
  putDetail(out: Uint8Array, view: DataView, at: number): number
  readonly triedAt: number
  readonly latencyMs: number
  putNextTryAt(out: Uint8Array, view: DataView, at: number): number
  readonly actionPartition: number
  readonly actionOffset: number
}

/** Writes the Avro encoding of one HookDelivery at `start`, without an allocation; `out` has the room. */
export function writeHookDelivery(out: Uint8Array, view: DataView, start: number, source: HookDeliverySource): number {
  let at = start
  at = source.putHook(out, view, at)
  at = source.putActionId(out, view, at)
  out[at++] = source.outcome << 1
  at = putLong(out, at, source.tries)
  at = source.putStatus(out, view, at)
  at = source.putDetail(out, view, at)
  at = putLong(out, at, source.triedAt)
  at = putLong(out, at, source.latencyMs)
  at = source.putNextTryAt(out, view, at)
  at = putLong(out, at, source.actionPartition)
  at = putLong(out, at, source.actionOffset)
  return at
}

/** Appends the Avro encoding of one plain HookDelivery; throws a RangeError for a number or symbol outside its type. */
export function appendHookDelivery(out: ByteSink, value: HookDelivery): void {
  out.string(value.hook)
  out.string(value.actionId)
  out.symbol(HOOK_OUTCOME_SYMBOLS, value.outcome)
  out.int(value.tries)
  if (out.present(value.status)) out.int(value.status)
  out.string(value.detail)
  out.long(value.triedAt)
  out.int(value.latencyMs)
  if (out.present(value.nextTryAt)) out.long(value.nextTryAt)
  out.int(value.actionPartition)
  out.long(value.actionOffset)
}

/** The Avro encoding of one plain HookDelivery, as `appendHookDelivery` writes it. */
export function encodeHookDelivery(value: HookDelivery): Uint8Array {
  return encoded(appendHookDelivery, value)
}
