import { MaskedFieldOrdinal as Field } from '../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { NONE, type PaymentDraft } from '../payment-draft.ts'
import type { PaymentTools } from './payment-tools.ts'

const TOKEN_DIGITS = 64
const TEXT = new TextDecoder()

/**
 * The payment's values as block list entries `field:value`: accounts and device in clear, card, e-mail and address by token. Called only
 * while a list has entries, so strings do not matter.
 */
export function listEntries(payment: PaymentSubmittedReader, draft: PaymentDraft, tools: PaymentTools): string[] {
  // The run's tokens are computed before it is written; this one is asked for earlier, and a fold writes nothing.
  tools.flushTokens()
  const card = payment.cardToken ?? tokenOf(draft.panTicket, draft, tools)
  const email = payment.emailToken ?? tokenOf(draft.emailTicket, draft, tools)
  const ip = payment.ipToken ?? tokenOf(draft.ipTicket, draft, tools)
  const entries = [`sender:${payment.senderAccountId}`, `receiver:${payment.receiverAccountId}`]
  const device = draft.isMasked(Field.device_id) ? TEXT.decode(draft.deviceIdRedacted) : payment.deviceId
  if (device !== null) entries.push(`device:${device}`)
  if (card !== null) entries.push(`card:${card}`)
  if (email !== null) entries.push(`email:${email}`)
  if (ip !== null) entries.push(`ip:${ip}`)
  return entries
}

function tokenOf(ticket: number, draft: PaymentDraft, tools: PaymentTools): string | null {
  if (ticket === NONE) return null
  const { arena, arenaView, scratchAt, keys, tokens } = tools
  tokens.writeHex(ticket, arenaView, scratchAt)
  const digits = String.fromCharCode(...arena.subarray(scratchAt, scratchAt + TOKEN_DIGITS))
  return String.fromCharCode(...keys.tokenPrefix(draft.maskKey)) + digits
}
