import { putDouble, putString, SLACK_BYTES } from '../schemas/avro/bytes.ts'
import { FRAME_BYTES, putFrame } from '../schemas/avro/framing.ts'
import { OK } from '../schemas/avro/scan.ts'
import { ChannelOrdinal, PaymentKindOrdinal } from '../schemas/generated/enums.ts'
import {
  type PaymentSubmitted,
  PaymentSubmittedReader,
  type PaymentSubmittedSource,
  writePaymentSubmitted,
} from '../schemas/generated/payment-submitted.ts'
import { invariant } from '../streams/errors.ts'
import { isCardFreeId } from './card-free-id.ts'
import type { MaskPayment } from './mask-payment.ts'
import { MaskingEncoder, type PaymentEncoder } from './payment-encoder.ts'

const SENDERS_MAX = 250_000
const TEXTS_MAX = 250_000
/** Room for the lengths, branches and numbers around a payment's texts. */
const FIELDS_BYTES_MAX = 256
/** The branch of a nullable field that has a value, as Avro writes it. */
const PRESENT = 2

/** A sender's raw personal data, and how it is encoded once masked. */
interface KnownSender {
  readonly raw: PaymentSubmitted
  /** The fields from `pan` to `ip_token`, masked and encoded. */
  readonly personal: Uint8Array
}

/**
 * An encoder that masks a sender once and then copies bytes: for load, where few people pay often. It holds raw
 * personal data in memory, so it is meant for made-up people alone, and for one active mask key. Values are those of
 * `MaskingEncoder`, because forms and tokens depend on the raw fields only, and a free text that came out unchanged once
 * does so again; whatever is new goes through the mask.
 */
export class RememberingEncoder implements PaymentEncoder {
  readonly #mask: MaskPayment
  readonly #masking: MaskingEncoder
  readonly #schemaId: number
  readonly #senders = new Map<string, KnownSender>()
  readonly #cleanTexts = new Set<string>()
  readonly #reader = new PaymentSubmittedReader()
  #source: RememberedSource | null = null
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)

  constructor(mask: MaskPayment, paymentSchemaId: number) {
    this.#mask = mask
    this.#schemaId = paymentSchemaId
    // What is learnt is masked already when it is encoded.
    this.#masking = new MaskingEncoder((masked) => masked, paymentSchemaId)
  }

  encode(payment: PaymentSubmitted): Uint8Array {
    const known = this.#senders.get(payment.senderAccountId)
    if (
      known === undefined ||
      !sameRawData(known.raw, payment) ||
      !sameChecked(known.raw, payment) ||
      !this.#isPlain(payment)
    )
      return this.#learn(payment)
    this.#reserve(textLength(payment) * 3 + known.personal.length + FIELDS_BYTES_MAX)
    this.#source ??= new RememberedSource(payment, known.personal)
    this.#source.payment = payment
    this.#source.personal = known.personal
    const start = putFrame(this.#view, 0, this.#schemaId)
    const end = writePaymentSubmitted(this.#bytes, this.#view, start, this.#source)
    return this.#bytes.subarray(0, end)
  }

  #learn(payment: PaymentSubmitted): Uint8Array {
    const masked = this.#mask(payment)
    const value = this.#masking.encode(masked)
    const view = new DataView(value.buffer, value.byteOffset, value.length)
    invariant(this.#reader.wrap(value, view, FRAME_BYTES, value.length) === OK, 'what was encoded can be read')
    const personal = value.slice(this.#reader.panField, this.#reader.memoField)
    if (this.#senders.size >= SENDERS_MAX) this.#senders.clear()
    this.#senders.set(payment.senderAccountId, { raw: payment, personal })
    this.#learnTexts(payment, masked)
    return value
  }

  #learnTexts(raw: PaymentSubmitted, masked: PaymentSubmitted): void {
    if (this.#cleanTexts.size >= TEXTS_MAX) this.#cleanTexts.clear()
    for (const field of ['merchantId', 'merchantCategory', 'terminalId', 'deviceId', 'memo'] as const) {
      const text = raw[field]
      if (text !== null && text === masked[field]) this.#cleanTexts.add(text)
    }
  }

  /** True when its numbers can be encoded and no text can hold a card number: seen clean before, or an id that is free of one. */
  #isPlain(payment: PaymentSubmitted): boolean {
    const clean = this.#cleanTexts
    return (
      (payment.merchantId === null || clean.has(payment.merchantId)) &&
      (payment.merchantCategory === null || clean.has(payment.merchantCategory)) &&
      (payment.terminalId === null || clean.has(payment.terminalId)) &&
      (payment.deviceId === null || clean.has(payment.deviceId)) &&
      (payment.memo === null || clean.has(payment.memo)) &&
      payment.idempotencyKey === null &&
      Number.isSafeInteger(payment.eventTime) &&
      Number.isSafeInteger(payment.amountMinor) &&
      isCardFreeId(payment.transactionId) &&
      isCardFreeId(payment.receiverAccountId)
    )
  }

  #reserve(bytes: number): void {
    if (bytes + SLACK_BYTES <= this.#bytes.length) return
    this.#bytes = new Uint8Array(2 * bytes + SLACK_BYTES)
    this.#view = new DataView(this.#bytes.buffer)
  }
}

/** A payment whose personal fields are one block of bytes, written in the place of the first of them. */
class RememberedSource implements PaymentSubmittedSource {
  payment: PaymentSubmitted
  personal: Uint8Array

  constructor(payment: PaymentSubmitted, personal: Uint8Array) {
    this.payment = payment
    this.personal = personal
  }

  get eventTime(): number {
    return this.payment.eventTime
  }
  get amountMinor(): number {
    return this.payment.amountMinor
  }
  get kind(): number {
    return PaymentKindOrdinal[this.payment.kind]
  }
  get channel(): number {
    return ChannelOrdinal[this.payment.channel]
  }

  putTransactionId(out: Uint8Array, _view: DataView, at: number): number {
    return putString(out, at, this.payment.transactionId)
  }
  putIdempotencyKey(out: Uint8Array, _view: DataView, at: number): number {
    return putNullableString(out, at, this.payment.idempotencyKey)
  }
  putSenderAccountId(out: Uint8Array, _view: DataView, at: number): number {
    return putString(out, at, this.payment.senderAccountId)
  }
  putReceiverAccountId(out: Uint8Array, _view: DataView, at: number): number {
    return putString(out, at, this.payment.receiverAccountId)
  }
  putCurrency(out: Uint8Array, _view: DataView, at: number): number {
    return putString(out, at, this.payment.currency)
  }
  putMerchantId(out: Uint8Array, _view: DataView, at: number): number {
    return putNullableString(out, at, this.payment.merchantId)
  }
  putMerchantCategory(out: Uint8Array, _view: DataView, at: number): number {
    return putNullableString(out, at, this.payment.merchantCategory)
  }
  putTerminalId(out: Uint8Array, _view: DataView, at: number): number {
    return putNullableString(out, at, this.payment.terminalId)
  }
  putRegion(out: Uint8Array, _view: DataView, at: number): number {
    return putNullableString(out, at, this.payment.region)
  }
  putLatitude(out: Uint8Array, view: DataView, at: number): number {
    return putNullableDouble(out, view, at, this.payment.latitude)
  }
  putLongitude(out: Uint8Array, view: DataView, at: number): number {
    return putNullableDouble(out, view, at, this.payment.longitude)
  }
  putDeviceId(out: Uint8Array, _view: DataView, at: number): number {
    return putNullableString(out, at, this.payment.deviceId)
  }
  /** The first of the personal fields writes them all. */
  putPan(out: Uint8Array, _view: DataView, at: number): number {
    out.set(this.personal, at)
    return at + this.personal.length
  }
  putExpiry = nothing
  putCvv = nothing
  putCardholderName = nothing
  putEmail = nothing
  putIp = nothing
  putMaskKeyId = nothing
  putCardMasked = nothing
  putCardToken = nothing
  putExpiryMasked = nothing
  putCvvMasked = nothing
  putCardholderNameMasked = nothing
  putCardholderNameToken = nothing
  putEmailMasked = nothing
  putEmailToken = nothing
  putIpMasked = nothing
  putIpToken = nothing
  putMemo(out: Uint8Array, _view: DataView, at: number): number {
    return putNullableString(out, at, this.payment.memo)
  }
}

/** A field that `putPan` has written already. */
function nothing(_out: Uint8Array, _view: DataView, at: number): number {
  return at
}

function putNullableString(out: Uint8Array, at: number, text: string | null): number {
  if (text === null) {
    out[at] = 0
    return at + 1
  }
  out[at] = PRESENT
  return putString(out, at + 1, text)
}

function putNullableDouble(out: Uint8Array, view: DataView, at: number, value: number | null): number {
  out[at] = value === null ? 0 : PRESENT
  return value === null ? at + 1 : putDouble(view, at + 1, value)
}

/** How long the texts of a payment are that a `RememberedSource` writes one by one. */
function textLength(payment: PaymentSubmitted): number {
  const { transactionId, senderAccountId, receiverAccountId, currency, merchantId, merchantCategory } = payment
  const { terminalId, region, deviceId, memo } = payment
  return (
    transactionId.length +
    senderAccountId.length +
    receiverAccountId.length +
    currency.length +
    (merchantId?.length ?? 0) +
    (merchantCategory?.length ?? 0) +
    (terminalId?.length ?? 0) +
    (region?.length ?? 0) +
    (deviceId?.length ?? 0) +
    (memo?.length ?? 0)
  )
}

function sameRawData(a: PaymentSubmitted, b: PaymentSubmitted): boolean {
  return (
    a.pan === b.pan &&
    a.ip === b.ip &&
    a.email === b.email &&
    a.cardholderName === b.cardholderName &&
    a.expiry === b.expiry &&
    a.cvv === b.cvv
  )
}

/** Whether all else that the mask refuses a payment for, or takes over as it is, was so before: both say nothing masked. */
function sameChecked(a: PaymentSubmitted, b: PaymentSubmitted): boolean {
  return (
    a.currency === b.currency &&
    a.region === b.region &&
    a.maskKeyId === null &&
    b.maskKeyId === null &&
    b.cardMasked === null &&
    b.cardToken === null &&
    b.expiryMasked === null &&
    b.cvvMasked === null &&
    b.cardholderNameMasked === null &&
    b.cardholderNameToken === null &&
    b.emailMasked === null &&
    b.emailToken === null &&
    b.ipMasked === null &&
    b.ipToken === null
  )
}
