import type { Payment } from '../schemas/confirm-api.ts'
import type { CommittedDecision, PaymentState } from './view/claim.ts'

/** An answer with its bytes. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const JSON_TYPE = 'application/json; charset=utf-8'
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'
const REFERENCE_DIGITS = 6
/** Partitions that a reference tells apart. */
const PARTITIONS_MAX = 1_024

/** What people see of a payment's way: the states of `GET /payments/{id}`. */
export type PaymentStatus = Payment['status']

/** How a payment stands, from what is committed alone (SPEC S8): the API adds nothing. */
export function statusOf({ decision, resolution, refusal }: Omit<PaymentState, 'claim'>): PaymentStatus {
  switch (decision?.outcome) {
    case undefined:
      return refusal === null ? 'PENDING' : 'REFUSED'
    case 'approve':
      return 'SUCCESS'
    case 'block':
      return 'BLOCKED'
    case 'challenge':
    case 'review':
      break
  }
  switch (resolution) {
    case null:
      return decision?.outcome === 'challenge' ? 'OTP_REQUIRED' : 'IN_REVIEW'
    case 'passed':
    case 'approved':
      return 'SUCCESS'
    case 'failed':
    case 'declined':
      return 'DECLINED'
    case 'expired':
      return 'EXPIRED'
  }
}

/** True when nothing will change the status any more. */
export function isFinal(status: PaymentStatus): boolean {
  return status !== 'PENDING' && status !== 'OTP_REQUIRED' && status !== 'IN_REVIEW'
}

/**
 * The answer to a decided payment: a function of claim, decision and resolution, so it is the same bytes from every instance, however
 * often and however late it is asked for. Null while a code is awaited: that answer is the challenge's.
 */
export function answerOf(state: PaymentState): Answer | null {
  const { claim, decision } = state
  const status = statusOf(state)
  const transaction = { transaction_id: claim.transactionId }
  if (decision === null || status === 'OTP_REQUIRED') return null
  if (status === 'SUCCESS') return json(200, { status, ...transaction, ...settled(state, decision) })
  if (status === 'IN_REVIEW') return json(202, { status, ...transaction, message: 'A person looks at this payment.' })
  if (status === 'BLOCKED') return json(403, { status, ...transaction, message: 'This payment is not allowed.' })
  if (decision.outcome === 'challenge') return invalidCode(0)
  return json(403, { status, ...transaction, message: 'This payment was not approved.' })
}

/** What `GET /payments/{id}` shows. */
export function paymentView(state: PaymentState): Readonly<Record<string, unknown>> {
  const { claim, decision } = state
  const status = statusOf(state)
  return {
    status,
    transaction_id: claim.transactionId,
    from_account: claim.senderAccountId,
    to_account: claim.receiverAccountId,
    amount_minor: claim.amountMinor,
    currency: claim.currency,
    ...(decision !== null && { decision_id: decision.decisionId }),
    ...(decision !== null && status === 'SUCCESS' && settled(state, decision)),
    ...(status === 'REFUSED' && { code: state.refusal }),
    final: isFinal(status),
  }
}

/** A code is awaited (SPEC C2). */
export function codeRequired(expiresInMs: number): Answer {
  const message = 'Please verify your identity with a one-time code.'
  return json(403, { status: 'OTP_REQUIRED', message, expires_in: Math.ceil(expiresInMs / 1_000) })
}

/** The seed's 401. It says nothing of the caller's login: its challenge is the code's alone (RFC 9110, 15.5.2). */
export function invalidCode(triesLeft: number): Answer {
  const [error, details] = ['Invalid OTP', 'Code does not match or expired']
  const problem = {
    type: 'urn:sluice:problem:invalid-otp',
    title: error,
    status: 401,
    detail: details,
    code: 'INVALID_OTP',
  }
  const body = `${JSON.stringify({ ...problem, error, details, tries_left: triesLeft })}\n`
  return { status: 401, contentType: PROBLEM_TYPE, body }
}

/** Names the decision to people: its coordinates, in letters and digits. */
function referenceOf(decisionId: string): string {
  const [partition = 0, offset = 0] = decisionId.split('-').map(Number)
  return (offset * PARTITIONS_MAX + partition).toString(36).toUpperCase().padStart(REFERENCE_DIGITS, '0')
}

function settled({ claim }: PaymentState, { decisionId }: CommittedDecision) {
  return { reference: referenceOf(decisionId), settlement_method: claim.settlementMethod }
}

function json(status: number, body: object): Answer {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(body)}\n` }
}
