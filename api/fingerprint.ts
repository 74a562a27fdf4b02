import { hash } from 'node:crypto'
import type { PaymentSubmitted } from '../schemas/generated/payment-submitted.ts'
import { type ConfirmRequest, paymentOf } from './request/confirm-request.ts'
import type { Claim } from './view/claim.ts'

/** Takes personal data away (SPEC M1). @throws ApiProblem for what cannot be masked */
export type Mask = (payment: PaymentSubmitted) => PaymentSubmitted

/**
 * Names what a call asks for. Taken of the masked payment, so that no card number is ever hashed without a key; without its key and,
 * unless the caller sent one, its time; a code is no part of it. Nor is what the call leaves out, so that a field that payments get later
 * changes nothing.
 */
export function fingerprintOf(masked: PaymentSubmitted, request: ConfirmRequest): string {
  const given = Object.entries(contentOf(masked, request)).filter(([, value]) => value !== null)
  return hash('sha256', JSON.stringify(Object.fromEntries(given)))
}

/** The form of before 0069, with each field that the call left out. Claims live for a day: a day after no instance writes it, it can go. */
function formerFingerprintOf(masked: PaymentSubmitted, request: ConfirmRequest): string {
  return hash('sha256', JSON.stringify(contentOf(masked, request)))
}

/**
 * Whether a whole call asks for what was claimed. Tokens are part of a fingerprint, for two cards may have one masked form, and they depend on
 * the mask key: what was claimed before a rotation, or by an instance on the other side of one, is told by the keys that are held beside the
 * one in force (SPEC M3, ADR 0069).
 */
export function asksFor(
  claim: Claim,
  masked: PaymentSubmitted,
  request: ConfirmRequest,
  others: readonly Mask[],
): boolean {
  const isClaimed = (payment: PaymentSubmitted) =>
    [fingerprintOf, formerFingerprintOf].some((form) => form(payment, request) === claim.fingerprint)
  if (isClaimed(masked)) return true
  // What has no token is the same under each key.
  if (masked.maskKeyId === null) return false
  const payment = paymentOf(request, masked.eventTime)
  return others.some((mask) => isClaimed(mask(payment)))
}

function contentOf(masked: PaymentSubmitted, { body }: ConfirmRequest) {
  return {
    ...masked,
    idempotencyKey: null,
    eventTime: body.event_time === undefined ? null : masked.eventTime,
  }
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
