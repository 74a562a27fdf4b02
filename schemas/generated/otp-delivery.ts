// Generated from schemas/*.avsc by schemas/generate.ts; do not edit.
import { NO_BYTES, NO_VIEW } from '../avro/array-cursor.ts'
import { type ByteSink, encoded } from '../avro/byte-sink.ts'
import { afterLong, copyBytes, readText } from '../avro/bytes.ts'
import { BAD_TYPE, type DecodeCode, OK, scanString, TRAILING, TRUNCATED } from '../avro/scan.ts'
import { OTP_CHANNEL_SYMBOLS, type OtpChannel } from './enums.ts'

/**
 * That the code of a challenge waits to be sent (SPEC C4). Never the code or whom it goes to: the sender takes both
 * from stores of its own.
 */
export interface OtpDelivery {
  /** The decision that asked for a code. */
  readonly challengeId: string
  readonly channel: OtpChannel
}

/**
 * Reads a OtpDelivery in place: `wrap` finds where each field starts, getters decode when asked. All properties are
 * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.
 */
export class OtpDeliveryReader {
  buffer = NO_BYTES
  view = NO_VIEW
  challengeIdField = 0
  channelField = 0
  end = 0

  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {
    this.buffer = buffer
    this.view = view
    let at = start
    let byte = 0
    this.challengeIdField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) === 0) at += 1 + (byte >>> 1)
    else {
      at = scanString(buffer, at, stop)
      if (at < 0) return -at as DecodeCode
    }
    this.channelField = at
    if (at >= stop) return TRUNCATED
    byte = buffer[at]!
    if ((byte & 129) !== 0 || byte >= 6) return BAD_TYPE
    at++
    this.end = at
    if (at === stop) return OK
    return at < stop ? TRAILING : TRUNCATED
  }

  get challengeIdAt(): number {
    return afterLong(this.buffer, this.challengeIdField)
  }

  get challengeIdEnd(): number {
    return this.channelField
  }

  get challengeIdLength(): number {
    return this.channelField - this.challengeIdAt
  }

  get challengeId(): string {
    return readText(this.buffer, this.challengeIdAt, this.channelField)
  }

  /** Copies the encoding as it stands. */
  copyChallengeId(out: DataView, at: number): number {
    return copyBytes(this.view, this.challengeIdField, this.channelField, out, at)
  }

  get channel(): number {
    return this.buffer[this.channelField]! >>> 1
  }

  get channelSymbol(): OtpChannel {
    return OTP_CHANNEL_SYMBOLS[this.channel]!
  }

  /** Copies the encoding as it stands. */
  copyChannel(out: DataView, at: number): number {
    return copyBytes(this.view, this.channelField, this.end, out, at)
  }

  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */
  toObject(): OtpDelivery {
    return {
      challengeId: this.challengeId,
      channel: this.channelSymbol,
    }
  }
}

/**
 * What `writeOtpDelivery` asks for, in schema order. A `put` method writes the Avro encoding of its field at `at` and
 * returns the position after it; an enum is its ordinal.
 */
export interface OtpDeliverySource {
  putChallengeId(out: Uint8Array, view: DataView, at: number): number
  readonly channel: number
}

/** Writes the Avro encoding of one OtpDelivery at `start`, without an allocation; `out` has the room. */
export function writeOtpDelivery(out: Uint8Array, view: DataView, start: number, source: OtpDeliverySource): number {
  let at = start
  at = source.putChallengeId(out, view, at)
  out[at++] = source.channel << 1
  return at
}

/** Appends the Avro encoding of one plain OtpDelivery; throws a RangeError for a number or symbol outside its type. */
export function appendOtpDelivery(out: ByteSink, value: OtpDelivery): void {
  out.string(value.challengeId)
  out.symbol(OTP_CHANNEL_SYMBOLS, value.channel)
}

/** The Avro encoding of one plain OtpDelivery, as `appendOtpDelivery` writes it. */
export function encodeOtpDelivery(value: OtpDelivery): Uint8Array {
  return encoded(appendOtpDelivery, value)
}
