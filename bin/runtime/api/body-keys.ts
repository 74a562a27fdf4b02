import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JSONWebKeySet, type JWK } from 'jose'
import { type Rereading, rereadFile } from '../../../api/access/key-file.ts'
import type { FindOpeningKey, OpeningKey } from '../../../api/request/sealed-body.ts'
import { type Config, variableOf } from '../../../platform/config.ts'
import { SEALING_ALGORITHMS, type SealingAlgorithm } from '../../../schemas/sealed-body.ts'
import { KeysError, readSecretFile } from '../keys.ts'
import { writeKeySet } from './token-keys.ts'

/** Keys that bodies are encrypted to, beside the other keys of a data folder: the public ones are for clients. */
export const BODY_KEY_FILES = { public: 'body-jwks.json', opening: 'body-keys.json' } as const
/** A rotation keeps the key before it, so that clients have until the next one to take the new one. */
const KEYS_MAX = 2
const REMEDY = 'run `sluice keys --for bodies`'

/** Makes a key in the folder; the one that is there stays good until the next but one. Answers its id. */
export async function addBodyKey(folder: string, alg: SealingAlgorithm): Promise<string> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, crv: 'P-256' })
  const key: JWK = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg, use: 'enc' }
  const path = join(folder, BODY_KEY_FILES.opening)
  const keys = [key, ...(existsSync(path) ? readKeySet(path) : [])].slice(0, KEYS_MAX)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Nobody may encrypt to a key that does not open yet, so this comes first.
  writeKeySet(path, { keys })
  writeKeySet(join(folder, BODY_KEY_FILES.public), { keys: keys.map(publicOf) })
  return String(key.kid)
}

/** Finds the keys of encrypted bodies where the settings say; null where there are none. @throws KeysError */
export async function bodyKeys(
  config: Config,
  keysFolder: string,
  rereading: Rereading,
): Promise<FindOpeningKey | null> {
  const { apiBodyKeys } = config
  const path = apiBodyKeys === '' ? join(keysFolder, BODY_KEY_FILES.opening) : apiBodyKeys
  if (!existsSync(path)) {
    if (apiBodyKeys === '') return null
    throw new KeysError(`${variableOf('apiBodyKeys')}: ${path} is missing; ${REMEDY}`)
  }
  const current = await rereadFile(path, () => openingKeys(path), rereading)
  return async (kid) => (await current()).get(kid) ?? null
}

async function openingKeys(path: string): Promise<ReadonlyMap<string, OpeningKey>> {
  const entries = readKeySet(path).map(async (jwk): Promise<[string, OpeningKey]> => {
    const alg = SEALING_ALGORITHMS.find((one) => one === jwk.alg)
    if (alg === undefined || jwk.kid === undefined)
      throw new KeysError(`${path} has a key without kid or alg; ${REMEDY}`)
    return [jwk.kid, { alg, key: (await importJWK(jwk, alg)) as CryptoKey }]
  })
  return new Map(await Promise.all(entries))
}

function readKeySet(path: string): readonly JWK[] {
  const text = readSecretFile(path, REMEDY)
  try {
    return (JSON.parse(text) as JSONWebKeySet).keys
  } catch {
    // The parser's own message quotes the text, which is a secret, and this one is logged.
    throw new KeysError(`${path} is no JSON; ${REMEDY}`)
  }
}

/** Without what opens: the private members of RSA and elliptic keys. */
function publicOf({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...open }: JWK): JWK {
  return open
}
