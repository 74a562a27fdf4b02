import { copyBytes, type Encoded, encoded, putBytes, putEncoded } from '../../schemas/avro/bytes.ts'
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

const CARD_BYTES = 19
const CARD_HEAD = encoded(Uint8Array.of(TEXT_BRANCH, CARD_BYTES << 1, ...ascii('XXXX-XXXX-XXXX-')))
const CVV_MASKED = encoded(Uint8Array.of(TEXT_BRANCH, 3 << 1, ...ascii('XXX')))
/** The masked form of an email up to this long is under 64 bytes, and its length one byte. */
const SHORT_EMAIL_BYTES = 60
/** Texts before `mask_key_id` that a card number may be redacted in. */
const REDACTED_EARLY =
  (1 << Field.merchant_id) | (1 << Field.merchant_category) | (1 << Field.terminal_id) | (1 << Field.device_id)

const scan = new CardNumberScan()

/**
 * Writes the fields of a decision that personal data and free text stand in, and those between: copied whole where the
 * mask changed nothing, made field by field where it did. `put...(out, view, at)` return the next position; `view`
 * covers `out`.
 */
export class MaskedFields {
  #payment: PaymentSubmittedReader
  #draft: PaymentDraft
  #context: MaskContext
  #email = new Uint8Array(maskedBytesMax(256))
  readonly #maskings: (Encoded | undefined)[] = new Array(2 * AT_PRODUCER_BIT)

  constructor(payment: PaymentSubmittedReader, draft: PaymentDraft, context: MaskContext) {
    this.#payment = payment
    this.#draft = draft
    this.#context = context
  }

  /** Points at one payment that the mask let pass, after the batch of its tokens was computed. */
  of(payment: PaymentSubmittedReader, draft: PaymentDraft, context: MaskContext): void {
    this.#payment = payment
    this.#draft = draft
    this.#context = context
  }

  putTransactionIdThroughDeviceId(out: Uint8Array, view: DataView, at: number): number {
    const payment = this.#payment
    const draft = this.#draft
    if ((draft.maskings & REDACTED_EARLY) === 0) return payment.copyTransactionIdThroughDeviceId(view, at)
    let next = copyBytes(payment.view, payment.transactionIdField, payment.merchantIdField, view, at)
    next = draft.isMasked(Field.merchant_id)
      ? putText(out, next, draft.merchantIdRedacted)
      : payment.copyMerchantId(view, next)
    next = draft.isMasked(Field.merchant_category)
      ? putText(out, next, draft.merchantCategoryRedacted)
      : payment.copyMerchantCategory(view, next)
    next = draft.isMasked(Field.terminal_id)
      ? putText(out, next, draft.terminalIdRedacted)
      : payment.copyTerminalId(view, next)
    next = copyBytes(payment.view, payment.regionField, payment.deviceIdField, view, next)
    return draft.isMasked(Field.device_id)
      ? putText(out, next, draft.deviceIdRedacted)
      : payment.copyDeviceId(view, next)
  }

  putMaskKeyIdThroughMemo(out: Uint8Array, view: DataView, at: number): number {
    const payment = this.#payment
    const draft = this.#draft
    // Masked by its producer, or nothing to mask: the fields stand in the payment as they leave.
    const isMade = draft.maskKey !== NONE && (draft.maskings & AT_PRODUCER_BIT) === 0
    const redacted = draft.isMasked(Field.memo)
    if (!isMade && !redacted) return payment.copyMaskKeyIdThroughMemo(view, at)
    const next = isMade
      ? this.#putForms(out, view, at)
      : copyBytes(payment.view, payment.maskKeyIdField, payment.memoField, view, at)
    return redacted ? putText(out, next, draft.memoRedacted) : payment.copyMemo(view, next)
  }

  putMaskings(_out: Uint8Array, view: DataView, at: number): number {
    const { maskings } = this.#draft
    let array = this.#maskings[maskings]
    if (array === undefined) {
      array = encoded(encodeMaskings(maskings))
      this.#maskings[maskings] = array
    }
    return putEncoded(view, at, array)
  }

  /** The key's id, and the masked form and token of each raw field. */
  #putForms(out: Uint8Array, view: DataView, at: number): number {
    const draft = this.#draft
    let next = putEncoded(view, at, this.#context.keys.idField(draft.maskKey))
    next = this.#putCard(out, view, next)
    next = this.#putToken(out, view, next, draft.panTicket)
    next = this.#putExpiry(out, next)
    next = this.#payment.hasCvv ? putEncoded(view, next, CVV_MASKED) : putNull(out, next)
    next = this.#putName(out, next)
    next = this.#putToken(out, view, next, draft.nameTicket)
    next = this.#putEmail(out, next)
    next = this.#putToken(out, view, next, draft.emailTicket)
    next = this.#putIp(out, next)
    return this.#putToken(out, view, next, draft.ipTicket)
  }

  #putCard(out: Uint8Array, view: DataView, at: number): number {
    const { cardLastFour } = this.#draft
    if (cardLastFour === NONE) return putNull(out, at)
    let rest = cardLastFour
    const next = putEncoded(view, at, CARD_HEAD)
    for (let i = 3; i >= 0; i--) {
      const tenth = (rest / 10) | 0
      out[next + i] = 0x30 + rest - tenth * 10
      rest = tenth
    }
    return next + 4
  }

  #putExpiry(out: Uint8Array, at: number): number {
    const payment = this.#payment
    if (!payment.hasExpiry) return putNull(out, at)
    return putHead(out, at, putMaskedExpiry(out, at + 2, payment.buffer, payment.expiryAt, payment.expiryEnd))
  }

  #putName(out: Uint8Array, at: number): number {
    const payment = this.#payment
    if (!payment.hasCardholderName) return putNull(out, at)
    const { buffer, cardholderNameAt, cardholderNameEnd } = payment
    return putHead(out, at, putMaskedName(out, at + 2, buffer, cardholderNameAt, cardholderNameEnd))
  }

  #putEmail(out: Uint8Array, at: number): number {
    const payment = this.#payment
    if (!payment.hasEmail) return putNull(out, at)
    const { buffer, emailAt, emailEnd } = payment
    if (emailEnd - emailAt <= SHORT_EMAIL_BYTES) {
      return putHead(out, at, putMaskedEmail(out, at + 2, buffer, emailAt, emailEnd, scan))
    }
    const length = putMaskedEmail(this.#email, 0, buffer, emailAt, emailEnd, scan)
    return putText(out, at, this.#email.subarray(0, length))
  }

  #putIp(out: Uint8Array, at: number): number {
    const payment = this.#payment
    if (!payment.hasIp) return putNull(out, at)
    return putHead(out, at, putMaskedIp(out, at + 2, payment.buffer, payment.ipAt, payment.ipEnd))
  }

  #putToken(out: Uint8Array, view: DataView, at: number, ticket: number): number {
    if (ticket === NONE) return putNull(out, at)
    const { keys, tokens } = this.#context
    const digitsAt = putEncoded(view, at, keys.tokenHead(this.#draft.maskKey))
    tokens.writeHex(ticket, view, digitsAt)
    return digitsAt + TOKEN_DIGITS
  }
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
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
