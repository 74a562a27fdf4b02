import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { TOKEN_DIGITS } from '../../streams/hash/index.ts'
import { isKeyId } from './key-ring.ts'

/** Which field breaks a rule of SPEC M2, and how; never its value. */
export interface BrokenField {
  readonly field: string
  readonly rule: string
}

type HoldsCardNumber = (text: string) => boolean

/** A masked form and the token that comes with it. */
interface MaskedPair {
  readonly form: 'cardMasked' | 'cardholderNameMasked' | 'emailMasked' | 'ipMasked'
  readonly token: 'cardToken' | 'cardholderNameToken' | 'emailToken' | 'ipToken'
  readonly formName: string
  readonly tokenName: string
  readonly isForm: (text: string, holdsCardNumber: HoldsCardNumber) => boolean
}

const CARD = /^XXXX-XXXX-XXXX-[0-9]{4}$/
const EXPIRY = /^(?:0[1-9]|1[0-2]|XX)\/XX$/
const CVV = 'XXX'
const DIGITS = new RegExp(`^[0-9a-f]{${TOKEN_DIGITS}}$`)
const WRONG_SHAPE = 'has the wrong shape'

const PAIRS: readonly MaskedPair[] = [
  {
    form: 'cardMasked',
    token: 'cardToken',
    formName: 'card_masked',
    tokenName: 'card_token',
    isForm: (text) => CARD.test(text),
  },
  {
    form: 'cardholderNameMasked',
    token: 'cardholderNameToken',
    formName: 'cardholder_name_masked',
    tokenName: 'cardholder_name_token',
    isForm: (text, holdsCardNumber) => text.includes('***') && !holdsCardNumber(text),
  },
  {
    form: 'emailMasked',
    token: 'emailToken',
    formName: 'email_masked',
    tokenName: 'email_token',
    isForm: (text, holdsCardNumber) => text.includes('***@') && !holdsCardNumber(text),
  },
  {
    form: 'ipMasked',
    token: 'ipToken',
    formName: 'ip_masked',
    tokenName: 'ip_token',
    isForm: (text, holdsCardNumber) => {
      return (text === 'X' || text.endsWith('.x.x') || text.endsWith('::x')) && !holdsCardNumber(text)
    },
  },
]

/**
 * The field by which a payment could bring something in clear past an edge: a masked form, a token or a key id that is none by the rules of
 * `verifyMasked`; or null. Of the key id an edge knows the shape alone: which keys there are, the chain decides.
 */
export function brokenMaskedField(payment: PaymentSubmitted, holdsCardNumber: HoldsCardNumber): BrokenField | null {
  const { maskKeyId, expiryMasked, cvvMasked } = payment
  if (maskKeyId === null) return maskedWithoutKey(payment)
  if (!isKeyId(maskKeyId) || holdsCardNumber(maskKeyId)) return { field: 'mask_key_id', rule: 'is the id of no key' }
  if (expiryMasked !== null && !EXPIRY.test(expiryMasked)) return { field: 'expiry_masked', rule: WRONG_SHAPE }
  if (cvvMasked !== null && cvvMasked !== CVV) return { field: 'cvv_masked', rule: WRONG_SHAPE }
  for (const { form, token, formName, tokenName, isForm } of PAIRS) {
    const text = payment[form]
    const tokenText = payment[token]
    if (text === null && tokenText === null) continue
    if (text === null || !isForm(text, holdsCardNumber)) return { field: formName, rule: WRONG_SHAPE }
    if (tokenText === null || !isToken(tokenText, maskKeyId)) return { field: tokenName, rule: WRONG_SHAPE }
  }
  return null
}

function holdsNoMask(payment: PaymentSubmitted): boolean {
  return (
    payment.cardMasked === null &&
    payment.cardToken === null &&
    payment.expiryMasked === null &&
    payment.cvvMasked === null &&
    payment.cardholderNameMasked === null &&
    payment.cardholderNameToken === null &&
    payment.emailMasked === null &&
    payment.emailToken === null &&
    payment.ipMasked === null &&
    payment.ipToken === null
  )
}

/** Asked of every payment, most of which have none: the field is looked for only when there is one. */
function maskedWithoutKey(payment: PaymentSubmitted): BrokenField | null {
  if (holdsNoMask(payment)) return null
  const pair = PAIRS.find(({ form, token }) => payment[form] !== null || payment[token] !== null)
  const other = payment.expiryMasked === null ? 'cvv_masked' : 'expiry_masked'
  const named = pair === undefined ? other : payment[pair.form] === null ? pair.tokenName : pair.formName
  return { field: named, rule: 'stands without mask_key_id' }
}

/** `v1:<key id>:` and 64 lower-case hexadecimal digits. */
function isToken(text: string, keyId: string): boolean {
  const prefix = `v1:${keyId}:`
  return text.startsWith(prefix) && DIGITS.test(text.slice(prefix.length))
}
