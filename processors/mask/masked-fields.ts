import { putBytes, putLong, putRaw } from '../../schemas/avro/bytes.ts'
import {
  MaskedFieldOrdinal as Field,
  MASKED_FIELD_SYMBOLS,
  MaskRuleOrdinal as Rule,
} from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { TOKEN_DIGITS } from '../../streams/hash/index.ts'
import { AT_PRODUCER_BIT, NONE, type PaymentDraft } from '../payment-draft.ts'
import { CardNumberScan } from './card-number-scan.ts'
import type { MaskContext } from './mask-context.ts'
import { maskedBytesMax, putMaskedEmail, putMaskedExpiry, putMaskedIp, putMaskedName } from './masked-form.ts'

/** Avro's encoding of the two branches of an optional field. */
const NULL_BRANCH = 0
const TEXT_BRANCH = 2

const CARD = Uint8Array.from('XXXX-XXXX-XXXX-', (character) => character.charCodeAt(0))
const CVV_MASKED = Uint8Array.of(TEXT_BRANCH, 6, 0x58, 0x58, 0x58)
const CARD_BYTES = 19
/** The masked form of an email up to this long is under 64 bytes, and its length one byte. */
const SHORT_EMAIL_BYTES = 60

const scan = new CardNumberScan()

/**
 * Writes the fields of a decision that personal data and free text stand in, each as its Avro encoding: copied from a
 * masked payment, made from a raw one. `put...(out, view, at)` return the next position; `view` covers `out`.
 */
export class MaskedFields {
  #payment: PaymentSubmittedReader
  #draft: PaymentDraft
  #context: MaskContext
  #isRaw = false
  #email = new Uint8Array(maskedBytesMax(256))
  readonly #maskings = new Map<number, Uint8Array>()

  constructor(payment: PaymentSubmittedReader, draft: PaymentDraft, context: MaskContext) {
    this.#payment = payment
    this.#draft = draft
    this.#context = context
    this.of(payment, draft, context)
  }

  /** Points at one payment that the mask let pass, after the batch of its tokens was computed. */
  of(payment: PaymentSubmittedReader, draft: PaymentDraft, context: MaskContext): this {
    this.#payment = payment
    this.#draft = draft
    this.#context = context
    this.#isRaw = (draft.maskings & AT_PRODUCER_BIT) === 0
    return this
  }

  putMaskKeyId(out: Uint8Array, _view: DataView, at: number): number {
    const { maskKey } = this.#draft
    return maskKey === NONE ? putNull(out, at) : putText(out, at, this.#context.keys.idBytes(maskKey))
  }

  putCardMasked(out: Uint8Array, view: DataView, at: number): number {
    if (!this.#isRaw) return this.#payment.copyCardMasked(view, at)
    const { cardLastFour } = this.#draft
    if (cardLastFour === NONE) return putNull(out, at)
    out[at] = TEXT_BRANCH
    out[at + 1] = CARD_BYTES << 1
    let rest = cardLastFour
    const next = putRaw(out, at + 2, CARD)
    for (let i = 3; i >= 0; i--) {
      const tenth = (rest / 10) | 0
      out[next + i] = 0x30 + rest - tenth * 10
      rest = tenth
    }
    return next + 4
  }

  putCardToken(out: Uint8Array, view: DataView, at: number): number {
    return this.#isRaw ? this.#putToken(out, view, at, this.#draft.panTicket) : this.#payment.copyCardToken(view, at)
  }

  putExpiryMasked(out: Uint8Array, view: DataView, at: number): number {
    const payment = this.#payment
    if (!this.#isRaw) return payment.copyExpiryMasked(view, at)
    if (!payment.hasExpiry) return putNull(out, at)
    return putHead(out, at, putMaskedExpiry(out, at + 2, payment.buffer, payment.expiryAt, payment.expiryEnd))
  }

  putCvvMasked(out: Uint8Array, view: DataView, at: number): number {
    const payment = this.#payment
    if (!this.#isRaw) return payment.copyCvvMasked(view, at)
    return payment.hasCvv ? putRaw(out, at, CVV_MASKED) : putNull(out, at)
  }

  putCardholderNameMasked(out: Uint8Array, view: DataView, at: number): number {
    const payment = this.#payment
    if (!this.#isRaw) return payment.copyCardholderNameMasked(view, at)
    if (!payment.hasCardholderName) return putNull(out, at)
    const { buffer, cardholderNameAt, cardholderNameEnd } = payment
    return putHead(out, at, putMaskedName(out, at + 2, buffer, cardholderNameAt, cardholderNameEnd))
  }

  putCardholderNameToken(out: Uint8Array, view: DataView, at: number): number {
    if (!this.#isRaw) return this.#payment.copyCardholderNameToken(view, at)
    return this.#putToken(out, view, at, this.#draft.nameTicket)
  }

  putEmailMasked(out: Uint8Array, view: DataView, at: number): number {
    const payment = this.#payment
    if (!this.#isRaw) return payment.copyEmailMasked(view, at)
    if (!payment.hasEmail) return putNull(out, at)
    const { buffer, emailAt, emailEnd } = payment
    if (emailEnd - emailAt <= SHORT_EMAIL_BYTES) {
      return putHead(out, at, putMaskedEmail(out, at + 2, buffer, emailAt, emailEnd, scan))
    }
    const length = putMaskedEmail(this.#email, 0, buffer, emailAt, emailEnd, scan)
    return putText(out, at, this.#email.subarray(0, length))
  }

  putEmailToken(out: Uint8Array, view: DataView, at: number): number {
    return this.#isRaw ? this.#putToken(out, view, at, this.#draft.emailTicket) : this.#payment.copyEmailToken(view, at)
  }

  putIpMasked(out: Uint8Array, view: DataView, at: number): number {
    const payment = this.#payment
    if (!this.#isRaw) return payment.copyIpMasked(view, at)
    if (!payment.hasIp) return putNull(out, at)
    return putHead(out, at, putMaskedIp(out, at + 2, payment.buffer, payment.ipAt, payment.ipEnd))
  }

  putIpToken(out: Uint8Array, view: DataView, at: number): number {
    return this.#isRaw ? this.#putToken(out, view, at, this.#draft.ipTicket) : this.#payment.copyIpToken(view, at)
  }

  putMerchantId(out: Uint8Array, view: DataView, at: number): number {
    const draft = this.#draft
    if (draft.isMasked(Field.merchant_id)) return putText(out, at, draft.merchantIdRedacted)
    return this.#payment.copyMerchantId(view, at)
  }

  putMerchantCategory(out: Uint8Array, view: DataView, at: number): number {
    const draft = this.#draft
    if (draft.isMasked(Field.merchant_category)) return putText(out, at, draft.merchantCategoryRedacted)
    return this.#payment.copyMerchantCategory(view, at)
  }

  putTerminalId(out: Uint8Array, view: DataView, at: number): number {
    const draft = this.#draft
    if (draft.isMasked(Field.terminal_id)) return putText(out, at, draft.terminalIdRedacted)
    return this.#payment.copyTerminalId(view, at)
  }

  putDeviceId(out: Uint8Array, view: DataView, at: number): number {
    const draft = this.#draft
    if (draft.isMasked(Field.device_id)) return putText(out, at, draft.deviceIdRedacted)
    return this.#payment.copyDeviceId(view, at)
  }

  putMemo(out: Uint8Array, view: DataView, at: number): number {
    const draft = this.#draft
    if (draft.isMasked(Field.memo)) return putText(out, at, draft.memoRedacted)
    return this.#payment.copyMemo(view, at)
  }

  putMaskings(out: Uint8Array, _view: DataView, at: number): number {
    const { maskings } = this.#draft
    let encoded = this.#maskings.get(maskings)
    if (encoded === undefined) {
      encoded = encodeMaskings(maskings)
      this.#maskings.set(maskings, encoded)
    }
    return putRaw(out, at, encoded)
  }

  #putToken(out: Uint8Array, view: DataView, at: number, ticket: number): number {
    if (ticket === NONE) return putNull(out, at)
    const { keys, tokens } = this.#context
    const prefix = keys.tokenPrefix(this.#draft.maskKey)
    out[at] = TEXT_BRANCH
    const digitsAt = putRaw(out, putLong(out, at + 1, prefix.length + TOKEN_DIGITS), prefix)
    tokens.writeHex(ticket, view, digitsAt)
    return digitsAt + TOKEN_DIGITS
  }
}

function putNull(out: Uint8Array, at: number): number {
  out[at] = NULL_BRANCH
  return at + 1
}

function putText(out: Uint8Array, at: number, text: Uint8Array): number {
  out[at] = TEXT_BRANCH
  return putBytes(out, at + 1, text)
}

/** Puts branch and length before a text that was written to `[at + 2, end)` and is shorter than 64 bytes. */
function putHead(out: Uint8Array, at: number, end: number): number {
  out[at] = TEXT_BRANCH
  out[at + 1] = (end - at - 2) << 1
  return end
}

/** The rule of each field of MaskedField when the chain itself masked it; texts that are not listed are redacted. */
const RULES = new Map<number, number>([
  [Field.pan, Rule.TOKENISED],
  [Field.expiry, Rule.TRUNCATED],
  [Field.cvv, Rule.REMOVED],
  [Field.cardholder_name, Rule.TOKENISED],
  [Field.email, Rule.TOKENISED],
  [Field.ip, Rule.TOKENISED],
])

function encodeMaskings(maskings: number): Uint8Array {
  const atProducer = (maskings & AT_PRODUCER_BIT) !== 0
  const items: number[] = []
  for (let field = 0; field < MASKED_FIELD_SYMBOLS.length; field++) {
    if (((maskings >>> field) & 1) === 0) continue
    const own = RULES.get(field)
    const rule = own === undefined ? Rule.REDACTED : atProducer ? Rule.AT_PRODUCER : own
    items.push(field << 1, rule << 1)
  }
  return items.length === 0 ? Uint8Array.of(0) : Uint8Array.of(items.length, ...items, 0)
}
