import {
  type CryptoKey,
  errors,
  type JWSHeaderParameters,
  type JWTPayload,
  type JWTVerifyResult,
  jwtVerify,
  type ResolvedKey,
} from 'jose'
import { z } from 'zod'
import { ApiProblem, unavailable } from '../problem.ts'
import { type KnownToken, KnownTokens, tokenName } from './known-tokens.ts'
import type { Principal } from './principal.ts'

/** What a token must have in its scope to confirm payments. */
const CONFIRM_SCOPE = 'payment.confirm'
/** Clocks may differ by so much. */
const SKEW_S = 30
/** Nothing longer is read: a token is a few hundred bytes. */
const TOKEN_BYTES_MAX = 8_192
const ALGORITHMS = ['ES256', 'EdDSA']
const ACCOUNTS_MAX = 64

/** Finds the key that a token names, the same object each time while it is a key. Rejects with jose's errors when there is none. */
export type FindKey = (header: JWSHeaderParameters) => Promise<CryptoKey>

export interface TokenRules {
  readonly issuer: string
  readonly audience: string
  /** From issue to expiry, s; a token that lives longer is refused. */
  readonly lifeMaxS: number
  /** What it finds in is no subject and no scope: both are written down as they stand, and no mask sees them (SPEC M1). */
  readonly holdsCardNumber: (text: string) => boolean
}

/** What we read of a token's claims beyond those that jose checks. */
const ClaimsSchema = z.object({
  sub: z.string().min(1).max(255),
  iat: z.number(),
  exp: z.number(),
  scope: z.string().max(1_024),
  accounts: z.array(z.string().min(1).max(64)).min(1).max(ACCOUNTS_MAX),
})

/**
 * Checks access tokens (RFC 9068, RFC 8725): ES256 or EdDSA alone, a key of ours by `kid` and never one that the token brings, type
 * `at+jwt`, issuer, audience, expiry, and a scope that is exactly the word.
 */
export class TokenCheck {
  private readonly findKey: FindKey
  private readonly rules: TokenRules
  private readonly nowMs: () => number
  private readonly known: KnownTokens

  constructor(findKey: FindKey, rules: TokenRules, nowMs: () => number) {
    this.findKey = findKey
    this.rules = rules
    this.nowMs = nowMs
    this.known = new KnownTokens(nowMs)
  }

  /** @throws ApiProblem 401 that says the same whatever is wrong, 403 for a good token without the scope, 503 when keys cannot be had */
  async principalOf(authorization: string | undefined): Promise<Principal> {
    const token = bearer(authorization)
    const name = tokenName(token)
    const known = this.known.get(name)
    if (known !== null && (await this.isKeyHeld(known))) return known.principal
    const { payload, protectedHeader: header, key } = await this.verified(token)
    const claims = ClaimsSchema.safeParse(payload)
    if (!claims.success) throw badToken('claims')
    const { sub, iat, exp, scope, accounts } = claims.data
    if (exp - iat > this.rules.lifeMaxS || iat > this.nowMs() / 1_000 + SKEW_S) throw badToken('life')
    if (!scope.split(' ').includes(CONFIRM_SCOPE)) throw noScope()
    if ([sub, scope].some(this.rules.holdsCardNumber)) throw badToken('card number')
    const principal = { subject: sub, accounts: new Set(accounts), scope }
    this.known.add(name, { principal, header, key, untilMs: (exp + SKEW_S) * 1_000 })
    return principal
  }

  /** What a key has proved holds as long as the key does; what has lost its key is checked as if it came for the first time. */
  private async isKeyHeld({ header, key }: KnownToken): Promise<boolean> {
    try {
      return (await this.keyOf(header)) === key
    } catch (error) {
      if (error instanceof errors.JOSEError) return false
      throw error
    }
  }

  private async verified(token: string): Promise<JWTVerifyResult<JWTPayload> & ResolvedKey> {
    const { issuer, audience } = this.rules
    try {
      return await jwtVerify(token, (header) => this.keyOf(header), {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        typ: 'at+jwt',
        clockTolerance: SKEW_S,
        currentDate: new Date(this.nowMs()),
        requiredClaims: ['sub', 'exp', 'iat'],
      })
    } catch (error) {
      if (error instanceof ApiProblem) throw error
      throw badToken(error instanceof errors.JOSEError ? error.code : 'form')
    }
  }

  private async keyOf(header: JWSHeaderParameters): Promise<CryptoKey> {
    if (typeof header.kid !== 'string' || header.kid === '') throw new errors.JWSInvalid('no kid')
    try {
      return await this.findKey(header)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error
      throw unavailable('KEYS_UNAVAILABLE', 'the keys of tokens cannot be had')
    }
  }
}

function bearer(authorization: string | undefined): string {
  if (authorization === undefined) throw badToken('absent')
  const [, token] = /^Bearer ([A-Za-z0-9._-]+)$/i.exec(authorization) ?? []
  if (token === undefined || token.length > TOKEN_BYTES_MAX) throw badToken('form')
  return token
}

/** One answer for every fault; which it was is for the audit alone. */
function badToken(cause: string): ApiProblem {
  const problem = new ApiProblem(401, 'BAD_TOKEN', 'Unauthorized', 'a valid access token is needed', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  })
  problem.cause = cause
  return problem
}

function noScope(): ApiProblem {
  return new ApiProblem(403, 'NO_SCOPE', 'Forbidden', `the token lacks the scope ${CONFIRM_SCOPE}`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${CONFIRM_SCOPE}"` },
  })
}
