// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { ArrayCursor } from '../avro/array-cursor.ts'
import type { ByteSink } from '../avro/byte-sink.ts'
import { afterLong, readInt } from '../avro/bytes.ts'
import { scanEnum, scanInt } from '../avro/scan.ts'
import {
  ACTION_SYMBOLS,
  MASK_RULE_SYMBOLS,
  MASKED_FIELD_SYMBOLS,
  type MaskedField,
  type MaskRule,
  SIGNAL_SYMBOLS,
  type Signal,
} from './enums.ts'

/** The scan of one Action. */
export function scanAction(bytes: Uint8Array, at: number, end: number): number {
  return scanEnum(bytes, at, end, ACTION_SYMBOLS.length)
}

/** The scan of one MaskRule. */
export function scanMaskRule(bytes: Uint8Array, at: number, end: number): number {
  return scanEnum(bytes, at, end, MASK_RULE_SYMBOLS.length)
}

/** The scan of one MaskedField. */
export function scanMaskedField(bytes: Uint8Array, at: number, end: number): number {
  return scanEnum(bytes, at, end, MASKED_FIELD_SYMBOLS.length)
}

/** The scan of one Signal. */
export function scanSignal(bytes: Uint8Array, at: number, end: number): number {
  return scanEnum(bytes, at, end, SIGNAL_SYMBOLS.length)
}

/** One Masking as a plain object. */
export interface Masking {
  readonly field: MaskedField
  readonly rule: MaskRule
}

/** The scan of one Masking. */
export function scanMasking(bytes: Uint8Array, at: number, end: number): number {
  let next = at
  next = scanMaskedField(bytes, next, end)
  if (next < 0) return next
  next = scanMaskRule(bytes, next, end)
  return next
}

/** Walks an array of Masking. */
export class MaskingCursor extends ArrayCursor {
  private ruleField = 0

  get field(): number {
    return this.buffer[this.at]! >>> 1
  }

  get fieldSymbol(): MaskedField {
    return MASKED_FIELD_SYMBOLS[this.field]!
  }

  get rule(): number {
    return this.buffer[this.ruleField]! >>> 1
  }

  get ruleSymbol(): MaskRule {
    return MASK_RULE_SYMBOLS[this.rule]!
  }

  toObject(): Masking {
    return {
      field: this.fieldSymbol,
      rule: this.ruleSymbol,
    }
  }

  protected override afterItem(at: number): number {
    this.ruleField = at + 1
    return this.ruleField + 1
  }
}

/** Appends the Avro encoding of one plain Masking. */
export function appendMasking(out: ByteSink, value: Masking): void {
  out.symbol(MASKED_FIELD_SYMBOLS, value.field)
  out.symbol(MASK_RULE_SYMBOLS, value.rule)
}

/** One Reason as a plain object. */
export interface Reason {
  readonly signal: Signal
  readonly points: number
}

/** The scan of one Reason. */
export function scanReason(bytes: Uint8Array, at: number, end: number): number {
  let next = at
  next = scanSignal(bytes, next, end)
  if (next < 0) return next
  next = scanInt(bytes, next, end)
  return next
}

/** Walks an array of Reason. */
export class ReasonCursor extends ArrayCursor {
  private pointsField = 0

  get signal(): number {
    return this.buffer[this.at]! >>> 1
  }

  get signalSymbol(): Signal {
    return SIGNAL_SYMBOLS[this.signal]!
  }

  get points(): number {
    return readInt(this.buffer, this.pointsField)
  }

  toObject(): Reason {
    return {
      signal: this.signalSymbol,
      points: this.points,
    }
  }

  protected override afterItem(at: number): number {
    this.pointsField = at + 1
    return afterLong(this.buffer, this.pointsField)
  }
}

/** Appends the Avro encoding of one plain Reason. */
export function appendReason(out: ByteSink, value: Reason): void {
  out.symbol(SIGNAL_SYMBOLS, value.signal)
  out.int(value.points)
}
