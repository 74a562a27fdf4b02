import { hash } from 'node:crypto'
import type { PaymentSubmitted } from '../schemas/generated/payment-submitted.ts'
import type { ConfirmRequest } from './request/confirm-request.ts'
import type { Claim } from './view/claim.ts'

/**
 * Names what a call asks for. Taken of the masked payment, so that no card number is ever hashed without a key; without its key and,
 * unless the caller sent one, its time; a code is no part of it.
 */
export function fingerprintOf(masked: PaymentSubmitted, { body }: ConfirmRequest): string {
  const content = {
    ...masked,
    idempotencyKey: null,
    eventTime: body.event_time === undefined ? null : masked.eventTime,
  }
  return hash('sha256', JSON.stringify(content))
}

/** Whether what a call with a code has sent is what was claimed: it may leave the rest out (SPEC C1). */
export function agreesWith(claim: Claim, { body, amountMinor, currency }: ConfirmRequest): boolean {
  const sent: readonly (readonly [unknown, unknown])[] = [
    [body.transaction_id, claim.transactionId],
    [body.from_account ?? claim.senderAccountId, claim.senderAccountId],
    [body.to_account ?? claim.receiverAccountId, claim.receiverAccountId],
    [amountMinor ?? claim.amountMinor, claim.amountMinor],
    [amountMinor === null ? claim.currency : currency, claim.currency],
  ]
  return sent.every(([one, other]) => one === other)
}
