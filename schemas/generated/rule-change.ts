// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, putLong, readLong, readLongExact, readText, safeLong } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanLong, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'

/**
 * A rule set that somebody put in force: who, when and why, kept for ever. Written in the transaction of the
 * control records that do it (SPEC S6).
 */
export interface RuleChange {
  /** The rule set's own name for itself. */
  readonly version: string
  /** First 16 hexadecimal digits of the SHA-256 of the rules. */
  readonly ruleHash: string
  /** The rule set as canonical JSON. */
  readonly rules: string
  /** Also the serial of the control records. */
  readonly eventTime: number
  /** Who. */
  readonly actor: string
  /** Why. */
  readonly reason: string | null
}

/** The fields of RuleChange that have a default, each with it. */
export const ruleChangeDefaults = {
  reason: null,
} satisfies Partial<RuleChange>

/**
 * Reads a RuleChange in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class RuleChangeReader {
  buffer = NO_BYTES
  view = NO_VIEW
  versionField = 0
  ruleHashField = 0
  rulesField = 0
  eventTimeField = 0
  actorField = 0
  reasonField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.versionField = at
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
    this.rulesField = at
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
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get versionAt(): number {
    return afterLong(this.buffer, this.versionField)
  }

  get versionEnd(): number {
    return this.ruleHashField
  }

  get versionLength(): number {
    return this.ruleHashField - this.versionAt
  }

  get version(): string {
    return readText(this.buffer, this.versionAt, this.ruleHashField)
  }

  /** Copies the encoding as it stands. */
  copyVersion(out: DataView, at: number): number {
    return copyBytes(this.view, this.versionField, this.ruleHashField, out, at)
  }

  get ruleHashAt(): number {
    return afterLong(this.buffer, this.ruleHashField)
  }

  get ruleHashEnd(): number {
    return this.rulesField
  }

  get ruleHashLength(): number {
    return this.rulesField - this.ruleHashAt
  }

  get ruleHash(): string {
    return readText(this.buffer, this.ruleHashAt, this.rulesField)
  }

  /** Copies the encoding as it stands. */
  copyRuleHash(out: DataView, at: number): number {
    return copyBytes(this.view, this.ruleHashField, this.rulesField, out, at)
  }

  get rulesAt(): number {
    return afterLong(this.buffer, this.rulesField)
  }

  get rulesEnd(): number {
    return this.eventTimeField
  }

  get rulesLength(): number {
    return this.eventTimeField - this.rulesAt
  }

  get rules(): string {
    return readText(this.buffer, this.rulesAt, this.eventTimeField)
  }

  /** Copies the encoding as it stands. */
  copyRules(out: DataView, at: number): number {
    return copyBytes(this.view, this.rulesField, this.eventTimeField, out, at)
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
    if (!this.hasReason) return this.end
    return afterLong(this.buffer, this.reasonField + 1)
  }

  get reasonEnd(): number {
    return this.end
  }

  get reasonLength(): number {
    return this.end - this.reasonAt
  }

  get reason(): string | null {
    if (!this.hasReason) return null
    return readText(this.buffer, this.reasonAt, this.end)
  }

  /** Copies the encoding as it stands. */
  copyReason(out: DataView, at: number): number {
    return copyBytes(this.view, this.reasonField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): RuleChange {
    return {
      version: this.version,
      ruleHash: this.ruleHash,
      rules: this.rules,
      eventTime: safeLong(this.eventTime, 'event_time'),
      actor: this.actor,
      reason: this.reason,
    }
  }
}

/**
 * What `writeRuleChange` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface RuleChangeSource {
  putVersion(out: Uint8Array, view: DataView, at: number): number
  putRuleHash(out: Uint8Array, view: DataView, at: number): number
  putRules(out: Uint8Array, view: DataView, at: number): number
  readonly eventTime: number
  putActor(out: Uint8Array, view: DataView, at: number): number
  putReason(out: Uint8Array, view: DataView, at: number): number
}

/** Writes the Avro encoding of one RuleChange at `start`, without an allocation; `out` has the room. */
export function writeRuleChange(out: Uint8Array, view: DataView, start: number, source: RuleChangeSource): number {
  let at = start
  at = source.putVersion(out, view, at)
  at = source.putRuleHash(out, view, at)
  at = source.putRules(out, view, at)
  at = putLong(out, at, source.eventTime)
  at = source.putActor(out, view, at)
  at = source.putReason(out, view, at)
  return at
}

/** Appends the Avro encoding of one plain RuleChange; throws a RangeError for a number or symbol outside its type. */
export function appendRuleChange(out: ByteSink, value: RuleChange): void {
  out.string(value.version)
  out.string(value.ruleHash)
  out.string(value.rules)
  out.long(value.eventTime)
  out.string(value.actor)
  if (out.present(value.reason)) out.string(value.reason)
}

/** The Avro encoding of one plain RuleChange, as `appendRuleChange` writes it. */
export function encodeRuleChange(value: RuleChange): Uint8Array {
  return encoded(appendRuleChange, value)
}
