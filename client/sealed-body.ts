import { CompactEncrypt, importJWK, type JWK } from 'jose'
import type { SealingAlgorithm } from '../schemas/sealed-body.ts'

const ALGORITHMS: readonly SealingAlgorithm[] = ['ECDH-ES', 'RSA-OAEP-256']
/** As long as the API takes a body at most. */
const LIFE_S = 300

/** A public key of the API, as its `body-jwks.json` has it. */
export interface SealingKey {
  readonly kty: string
  readonly kid: string
  readonly alg: SealingAlgorithm
}

/** A body that only the API can read (JWE, compact); each has an id of its own, so it is good once. @throws TypeError for another key */
export async function sealBody(text: string, key: SealingKey): Promise<string> {
  const { alg, kid } = key
  if (!ALGORITHMS.includes(alg)) throw new TypeError(`alg of the key is ${ALGORITHMS.join(' or ')}`)
  const iat = Math.floor(Date.now() / 1_000)
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({
      alg,
      enc: 'A256GCM',
      kid,
      cty: 'json',
      jti: crypto.randomUUID(),
      iat,
      exp: iat + LIFE_S,
    })
    .encrypt(await importJWK(key as JWK, alg))
}
