import { ByteSink } from '../schemas/avro/byte-sink.ts'
import { FRAME_BYTES, putFrame } from '../schemas/avro/framing.ts'
import { appendPaymentSubmitted, type PaymentSubmitted } from '../schemas/generated/payment-submitted.ts'
import type { MaskPayment } from './mask-payment.ts'

/** Makes record values: a payment masked (SPEC M1), in the Confluent wire format (SPEC R2). */
export interface PaymentEncoder {
  /** The value of `payment`; valid until the next call. Throws what the mask throws, and a RangeError for a value outside its Avro type. */
  encode(payment: PaymentSubmitted): Uint8Array
}

/** Masks and encodes payments one after the other into one growing buffer. */
export class MaskingEncoder implements PaymentEncoder {
  readonly #mask: MaskPayment
  readonly #sink = new ByteSink(4096)
  readonly #frame = new Uint8Array(FRAME_BYTES)

  constructor(mask: MaskPayment, paymentSchemaId: number) {
    this.#mask = mask
    putFrame(new DataView(this.#frame.buffer), 0, paymentSchemaId)
  }

  encode(payment: PaymentSubmitted): Uint8Array {
    const masked = this.#mask(payment)
    this.#sink.clear()
    this.#sink.raw(this.#frame)
    appendPaymentSubmitted(this.#sink, masked)
    return this.#sink.bytes.subarray(0, this.#sink.length)
  }
}

/** Encodes record keys (account ids) as UTF-8 into one growing buffer. */
export class KeyEncoder {
  readonly #encoder = new TextEncoder()
  bytes: Uint8Array = new Uint8Array(256)

  /** Writes `key` to `bytes`, which may be a new buffer, and returns its length. Valid until the next call. */
  encode(key: string): number {
    if (3 * key.length > this.bytes.length) this.bytes = new Uint8Array(6 * key.length)
    const { bytes } = this
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i)
      if (unit > 127) return this.#encoder.encodeInto(key, bytes).written
      bytes[i] = unit
    }
    return key.length
  }
}
