import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRemoteJWKSet, exportJWK, generateKeyPair, importJWK, type JSONWebKeySet, type JWK, SignJWT } from 'jose'
import { keysOfFile, type Rereading } from '../../../api/access/key-file.ts'
import type { FindKey } from '../../../api/access/token-check.ts'
import { type Config, variableOf } from '../../../platform/config.ts'
import { KeysError, readSecretFile } from '../keys.ts'

/** Public and private keys of access tokens, beside the other keys of a data folder. The newest private key signs. */
export const TOKEN_KEY_FILES = { public: 'token-jwks.json', signing: 'token-signing-keys.json' } as const
const ALGORITHM = 'ES256'
/** A rotation keeps the key before it, so that tokens of its time stay good until they expire. */
const KEYS_MAX = 2

/** What a development token says. */
export interface TokenClaims {
  readonly subject: string
  readonly accounts: readonly string[]
  readonly scope: string
  readonly lifeS: number
}

/** Makes a signing key in the folder; keys that are there keep their place until the next but one. Answers its id. */
export async function addTokenKey(folder: string): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const key: JWK = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: ALGORITHM, use: 'sig' }
  const keys = [key, ...signingKeys(folder)].slice(0, KEYS_MAX)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeKeySet(join(folder, TOKEN_KEY_FILES.signing), { keys })
  // Nobody may sign with a key that is not public yet, so this would come first if two processes looked at both.
  writeKeySet(join(folder, TOKEN_KEY_FILES.public), { keys: keys.map(({ d: _, ...open }) => open) })
  return String(key.kid)
}

/** An access token of the folder's newest key, issued at `nowMs`. @throws KeysError when it has none */
export async function signToken(folder: string, config: Config, claims: TokenClaims, nowMs: number): Promise<string> {
  const [key] = signingKeys(folder)
  if (key === undefined) throw new KeysError(`${join(folder, TOKEN_KEY_FILES.signing)} is missing; run \`sluice keys\``)
  const { subject, accounts, scope, lifeS } = claims
  // One second for both: a token issued in one and living from the next would live too long by one, and be refused.
  const issuedS = Math.floor(nowMs / 1_000)
  return new SignJWT({ scope, accounts })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'at+jwt', kid: String(key.kid) })
    .setIssuer(config.apiIssuer)
    .setAudience(config.apiAudience)
    .setSubject(subject)
    .setIssuedAt(issuedS)
    .setExpirationTime(issuedS + lifeS)
    .setJti(randomUUID())
    .sign(await importJWK(key, ALGORITHM))
}

/**
 * Finds the keys of tokens where the settings say. A demo on one machine makes its own; nothing else starts without any.
 * @throws KeysError
 */
export async function tokenKeys(
  config: Config,
  keysFolder: string,
  isDemo: boolean,
  rereading: Rereading,
): Promise<FindKey> {
  const { apiJwks } = config
  if (/^https:/.test(apiJwks)) return createRemoteJWKSet(new URL(apiJwks))
  const path = apiJwks === '' ? join(keysFolder, TOKEN_KEY_FILES.public) : apiJwks
  if (!existsSync(path)) {
    const remedy = `set ${variableOf('apiJwks')} to a JWKS file or its https address`
    if (apiJwks !== '' || !isDemo)
      throw new KeysError(`${path} is missing, so no access token can be checked; ${remedy}`)
    await addTokenKey(keysFolder)
  }
  return keysOfFile(path, rereading)
}

function signingKeys(folder: string): readonly JWK[] {
  const path = join(folder, TOKEN_KEY_FILES.signing)
  if (!existsSync(path)) return []
  return (JSON.parse(readSecretFile(path, 'run `sluice keys`')) as JSONWebKeySet).keys
}

/** Whole or not at all, and for its owner alone. */
export function writeKeySet(path: string, value: JSONWebKeySet): void {
  const aside = `${path}.${process.pid}`
  writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(aside, path)
}
