// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, readText } from '../avro/bytes.ts'
import { type DecodeCode, OK, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'

/**
 * The chain has refused a claim's payment, which is its end: written under the claim's key, so that every instance
 * answers a repeat from it and none posts the payment again (SPEC C3).
 */
export interface ClaimRefusal {
  /** The claim whose payment it was. */
  readonly claimId: string
  /** The dead letter's reason. */
  readonly reason: string
}

/**
 * Reads a ClaimRefusal in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class ClaimRefusalReader {
  buffer = NO_BYTES
  view = NO_VIEW
  claimIdField = 0
  reasonField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.claimIdField = at
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
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get claimIdAt(): number {
    return afterLong(this.buffer, this.claimIdField)
  }

  get claimIdEnd(): number {
    return this.reasonField
  }

  get claimIdLength(): number {
    return this.reasonField - this.claimIdAt
  }

  get claimId(): string {
    return readText(this.buffer, this.claimIdAt, this.reasonField)
  }

  /** Copies the encoding as it stands. */
  copyClaimId(out: DataView, at: number): number {
    return copyBytes(this.view, this.claimIdField, this.reasonField, out, at)
  }

  get reasonAt(): number {
    return afterLong(this.buffer, this.reasonField)
  }

  get reasonEnd(): number {
    return this.end
  }

  get reasonLength(): number {
    return this.end - this.reasonAt
  }

  get reason(): string {
    return readText(this.buffer, this.reasonAt, this.end)
  }

  /** Copies the encoding as it stands. */
  copyReason(out: DataView, at: number): number {
    return copyBytes(this.view, this.reasonField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): ClaimRefusal {
    return {
      claimId: this.claimId,
      reason: this.reason,
    }
  }
}

/**
 * What `writeClaimRefusal` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface ClaimRefusalSource {
  putClaimId(out: Uint8Array, view: DataView, at: number): number
  putReason(out: Uint8Array, view: DataView, at: number): number
}

/** Writes the Avro encoding of one ClaimRefusal at `start`, without an allocation; `out` has the room. */
export function writeClaimRefusal(out: Uint8Array, view: DataView, start: number, source: ClaimRefusalSource): number {
  let at = start
  at = source.putClaimId(out, view, at)
  at = source.putReason(out, view, at)
  return at
}

/** Appends the Avro encoding of one plain ClaimRefusal; throws a RangeError for a number or symbol outside its type. */
export function appendClaimRefusal(out: ByteSink, value: ClaimRefusal): void {
  out.string(value.claimId)
  out.string(value.reason)
}

/** The Avro encoding of one plain ClaimRefusal, as `appendClaimRefusal` writes it. */
export function encodeClaimRefusal(value: ClaimRefusal): Uint8Array {
  return encoded(appendClaimRefusal, value)
}
