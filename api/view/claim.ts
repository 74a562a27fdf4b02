import { hash } from 'node:crypto'
import type { ApiClaim } from '../../schemas/generated/api-claim.ts'
import type { Outcome, ResolutionOutcome } from '../../schemas/generated/enums.ts'

/** How long a key lives, ms from its claim's append time (SPEC C3). */
export const KEY_LIFE_MS = 86_400_000

/** A claim as the log holds it. */
export interface Claim extends Omit<ApiClaim, 'decisionId'> {
  /** The log's clock: lives are counted by it, so that every instance counts alike. */
  readonly appendTimeMs: number
}

/** What answers need of a committed decision. */
export interface CommittedDecision {
  /** `<input partition>-<input offset>` */
  readonly decisionId: string
  readonly outcome: Outcome
  readonly fraudScore: number
}

/** Everything that the log says of a claim's payment so far. */
export interface PaymentState {
  readonly claim: Claim
  /** Null until it is committed. */
  readonly decision: CommittedDecision | null
  /** The end of its challenge or review; null without one so far. */
  readonly resolution: ResolutionOutcome | null
  /** Why the chain has refused its payment; null while it has not. A decision goes before it. */
  readonly refusal: string | null
}

/** Names (caller, route, key): a caller's own keys are nobody else's. */
export function scopeOf({
  caller,
  route,
  idempotencyKey,
}: Pick<ApiClaim, 'caller' | 'route' | 'idempotencyKey'>): string {
  return hash('sha256', JSON.stringify([caller, route, idempotencyKey]), 'base64url')
}

/** True for the idempotency key of a payment that an API has posted. */
export function isClaimId(text: string): boolean {
  return CLAIM_ID.test(text)
}

const CLAIM_ID = /^claim-[a-p]{32}$/
const LETTER_A = 97
const TWO_LETTERS = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(LETTER_A + (byte >> 4), LETTER_A + (byte & 15)),
)

/** A new claim's id. Letters alone, so that it can never be taken for a card number. */
export function claimId(random: Uint8Array): string {
  let letters = ''
  for (let i = 0; i < 16; i++) letters += TWO_LETTERS[random[i] ?? 0]
  return `claim-${letters}`
}
