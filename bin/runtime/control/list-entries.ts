import { createHmac } from 'node:crypto'
import { holdsCardNumber, MaskError, maskPayment } from '../../../processors/mask/mask-payment.ts'
import { type PaymentSubmitted, paymentSubmittedDefaults } from '../../../schemas/generated/payment-submitted.ts'
import type { MaskKey } from '../payment-runtime.ts'

/** What may stand on a block list (SPEC S1, LISTED): accounts and devices in clear, the rest as keyed tokens alone. */
export const LIST_FIELDS = ['sender', 'receiver', 'device', 'card', 'email', 'ip'] as const
export type ListField = (typeof LIST_FIELDS)[number]

const NO_ACCOUNT = 'no account may: the chain refuses every payment of one'

/** Fields that are listed by token: the raw field of a payment, and where its mask puts the token. */
const TOKENS = {
  card: { raw: 'pan', token: 'cardToken' },
  email: { raw: 'email', token: 'emailToken' },
  ip: { raw: 'ip', token: 'ipToken' },
} as const satisfies Partial<Record<ListField, { raw: keyof PaymentSubmitted; token: keyof PaymentSubmitted }>>

/** Why a value that is listed in clear must hold no card number. */
const IN_CLEAR = {
  sender: NO_ACCOUNT,
  receiver: NO_ACCOUNT,
  device: 'entries of devices stand in clear: list what the mask leaves of it, each digit but the last four as X',
} as const

const NOBODYS: PaymentSubmitted = {
  ...paymentSubmittedDefaults,
  transactionId: 'listed',
  eventTime: 0,
  senderAccountId: 'listed',
  receiverAccountId: 'listed',
  amountMinor: 0,
  currency: 'USD',
  kind: 'card',
  channel: 'other',
}

/** A value that cannot be listed; the message names the field and the rule, never the value. */
export class ListEntryError extends Error {}

/**
 * The entries `field:value` of a value. What is listed by token has one for each mask key, since payments of before and after a change
 * of the active key carry different ones; the mask itself makes it, so it is the same as a payment's. @throws ListEntryError
 */
export function listEntriesOf(field: ListField, value: string, maskKeys: readonly MaskKey[]): string[] {
  if (value === '') throw new ListEntryError(`${field} is empty`)
  if (field === 'sender' || field === 'receiver' || field === 'device') {
    if (holdsCardNumber(value)) throw new ListEntryError(`${field} holds a card number, and ${IN_CLEAR[field]}`)
    return [`${field}:${value}`]
  }
  const { raw, token } = TOKENS[field]
  return maskKeys.map(({ id, secret }) => {
    const hmacHex = (message: Uint8Array) => createHmac('sha256', secret).update(message).digest('hex')
    try {
      return `${field}:${maskPayment({ ...NOBODYS, [raw]: value }, hmacHex, id)[token]}`
    } catch (error) {
      if (error instanceof MaskError) throw new ListEntryError(`${error.field}: not what the mask takes for one`)
      throw error
    }
  })
}

/** The id of the key that the token of an entry is of; null of one in clear. */
export function tokenKeyOf(entry: string): string | null {
  return /^(?:card|email|ip):v1:([A-Za-z0-9._-]+):/.exec(entry)?.[1] ?? null
}
