import { type CryptoKey, compactDecrypt } from 'jose'
import { z } from 'zod'
import {
  SEALED_LIFE_MAX_S,
  SEALING_ALGORITHMS,
  SEALING_ENCRYPTION,
  type SealingAlgorithm,
} from '../../schemas/sealed-body.ts'
import { ApiProblem, unavailable } from '../problem.ts'
import { BODY_BYTES_MAX } from './body-text.ts'
import type { ReplayCache } from './replay-cache.ts'

/** A body of BODY_BYTES_MAX in base64url, with head, key and tag. */
export const SEALED_BYTES_MAX: number = 24 * 1024
/** Clocks may differ by so much. */
const SKEW_S = 30
/** How long a `jti` must be remembered, ms. */
export const REPLAY_MS: number = (SEALED_LIFE_MAX_S + 2 * SKEW_S) * 1_000

/** A private key of ours, for its one algorithm. */
export interface OpeningKey {
  readonly alg: SealingAlgorithm
  readonly key: CryptoKey
}

/** Finds the key of an id; null when there is none. */
export type FindOpeningKey = (kid: string) => Promise<OpeningKey | null>

/** A body as it came, of type application/jose. */
export interface SealedBody {
  readonly jwe: Uint8Array
}

const COMPACT = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** Nothing else may stand there: no `zip`, which a small body could burst with, no `crit`, no key or address of one. */
const HeadSchema = z.strictObject({
  alg: z.enum(SEALING_ALGORITHMS),
  enc: z.literal(SEALING_ENCRYPTION),
  kid: z.string().min(1).max(64),
  epk: z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }).optional(),
  typ: z.literal('JOSE').optional(),
  cty: z.literal('json').optional(),
  jti: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  iat: z.int(),
  exp: z.int(),
})

/** What a fault of each field of the head is called. */
const FAULTS: Readonly<Record<string, readonly [code: string, details: string]>> = {
  alg: ['JWE_ALGORITHM', `alg is ${SEALING_ALGORITHMS.join(' or ')}`],
  enc: ['JWE_ALGORITHM', `enc is ${SEALING_ENCRYPTION}`],
  epk: ['JWE_ALGORITHM', 'epk is a key on P-256'],
  kid: ['JWE_KEY', 'kid names no key of this API'],
  cty: ['JWE_NESTED', 'what is encrypted is JSON, not another token'],
  typ: ['JWE_HEAD', 'typ is JOSE or absent'],
  jti: ['JWE_HEAD', 'jti is 16 to 64 of [A-Za-z0-9_-]'],
  iat: ['JWE_HEAD', 'iat is whole seconds'],
  exp: ['JWE_HEAD', 'exp is whole seconds'],
}

/** Opens encrypted bodies (JWE, RFC 7516, compact). What is opened is read as any other body is. */
export class SealedBodies {
  private readonly findKey: FindOpeningKey
  private readonly replays: ReplayCache
  private readonly nowMs: () => number

  constructor(findKey: FindOpeningKey, replays: ReplayCache, nowMs: () => number) {
    this.findKey = findKey
    this.replays = replays
    this.nowMs = nowMs
  }

  /** @throws ApiProblem 400 saying what is wrong with it, 413 for what is too large opened, 503 while too many are remembered */
  async open({ jwe }: SealedBody): Promise<Uint8Array> {
    const text = Buffer.from(jwe).toString('latin1')
    const { alg, kid, jti, iat, exp } = headOf(text)
    const opening = await this.findKey(kid)
    if (opening === null) throw refused('JWE_KEY', 'kid names no key of this API')
    if (opening.alg !== alg) throw refused('JWE_ALGORITHM', 'the key that kid names is for another alg')
    const nowS = this.nowMs() / 1_000
    if (exp - iat > SEALED_LIFE_MAX_S || iat > nowS + SKEW_S)
      throw refused('JWE_LIFE', `exp is at most ${SEALED_LIFE_MAX_S} s after iat`)
    if (exp <= nowS - SKEW_S) throw refused('JWE_EXPIRED', 'it has expired; encrypt it anew')
    const plain = await opened(text, opening)
    // Only what was made for us is remembered, so nobody else's is refused for it.
    const seen = this.replays.add(jti)
    if (seen === 'again') throw refused('JWE_REPLAYED', 'this jti was sent before; encrypt each call anew')
    if (seen === 'full')
      throw unavailable('JWE_REPLAYS_FULL', 'as many encrypted bodies are remembered as this instance holds')
    if (plain.length > BODY_BYTES_MAX) throw new ApiProblem(413, 'TOO_LARGE', 'Refused', 'a body has at most 16 KiB')
    return plain
  }
}

async function opened(text: string, { alg, key }: OpeningKey): Promise<Uint8Array> {
  try {
    const options = {
      keyManagementAlgorithms: [alg],
      contentEncryptionAlgorithms: [SEALING_ENCRYPTION],
      maxDecompressedLength: 0,
    }
    return (await compactDecrypt(text, key, options)).plaintext
  } catch {
    // One answer whatever it was: a wrong key, a changed byte, a tag of another length.
    throw refused('JWE_OPEN', 'it cannot be opened with the key that kid names')
  }
}

function headOf(text: string): z.infer<typeof HeadSchema> {
  const [, head] = COMPACT.exec(text) ?? []
  if (head === undefined) throw refused('JWE_FORM', 'five parts in base64url')
  const parsed = HeadSchema.safeParse(jsonOf(head))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue?.code === 'unrecognized_keys' && issue.keys.includes('zip')) {
    throw refused('JWE_COMPRESSED', 'a body is not compressed')
  }
  const [code, details] = FAULTS[String(issue?.path[0])] ?? ['JWE_HEAD', 'the head has a member that it may not have']
  throw refused(code, details)
}

function jsonOf(head: string): unknown {
  try {
    return JSON.parse(Buffer.from(head, 'base64url').toString())
  } catch {
    throw refused('JWE_FORM', 'the head is not JSON')
  }
}

function refused(code: string, details: string): ApiProblem {
  return new ApiProblem(400, code, 'Encrypted body refused', details)
}
