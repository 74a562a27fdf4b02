import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { CONTROL_KIND_SYMBOLS, type ControlKind } from '../../schemas/generated/enums.ts'
import type { MaskKey, Signer } from './payment-runtime.ts'

/** The secrets of one data folder. */
export interface Keys {
  readonly folder: string
  /** The first is in force until a control record names another (SPEC M3). */
  readonly maskKeys: readonly MaskKey[]
  readonly stateKey: Uint8Array
  readonly signers: readonly Signer[]
  /** What this machine can sign control records with; null where it holds no such key. */
  readonly signing: Readonly<Record<SignerName, SigningKey | null>>
  /** What one-time codes are kept and sealed with; null where this machine has none to do with them. */
  readonly otpKey: Uint8Array | null
}

/**
 * Who signs here: `admin` rule sets, keys, lists and standings; `board` standings and the ends of reviews; `api` the ends of
 * challenges (SPEC S7).
 */
export type SignerName = 'admin' | 'board' | 'api'

/** A signer's private half: PEM, Ed25519. */
export interface SigningKey {
  readonly id: SignerName
  readonly privateKey: string
}

/** A key that is missing, readable by others, or not a key. The message names file and remedy. */
export class KeysError extends Error {}

/** The files of a keys folder; each may be read by its owner alone. */
export const KEY_FILES = {
  mask: 'mask-keys.json',
  state: 'state-key.hex',
  signers: 'signers.json',
  admin: 'admin-signing-key.pem',
  board: 'board-signing-key.pem',
  api: 'api-signing-key.pem',
  otp: 'otp-key.hex',
} as const

/** SPEC S7: the kinds that each may sign. */
const KINDS: Readonly<Record<SignerName, readonly ControlKind[]>> = {
  admin: CONTROL_KIND_SYMBOLS.filter((kind) => !/^(?:CHALLENGE|REVIEW)_/.test(kind)),
  board: CONTROL_KIND_SYMBOLS.filter((kind) => /^(?:REVIEW|ACCOUNT)_/.test(kind)),
  api: CONTROL_KIND_SYMBOLS.filter((kind) => kind.startsWith('CHALLENGE_')),
}
const STATE_KEY_BYTES = 16
const MASK_KEY_BYTES = 32
const OTP_KEY_BYTES = 32

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes},}$`), `hexadecimal, ${bytes} bytes`)
const MaskKeysSchema = z
  .array(z.strictObject({ id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), secret: hex(MASK_KEY_BYTES) }))
  .min(1)
const SignersSchema = z.array(
  z.strictObject({ id: z.string().min(1), publicKey: z.string().min(1), kinds: z.array(z.enum(CONTROL_KIND_SYMBOLS)) }),
)

/** @throws KeysError when a file is missing, open to others, or not what it should be: there is no run without keys. */
export function readKeys(folder: string): Keys {
  const maskKeys = parse(folder, KEY_FILES.mask, MaskKeysSchema).map(({ id, secret }) => {
    return { id, secret: bytesOf(secret) }
  })
  const stateKey = readHexKey(folder, KEY_FILES.state, STATE_KEY_BYTES)
  const signers = parse(folder, KEY_FILES.signers, SignersSchema)
  const signing = {
    admin: readSigningKey(folder, 'admin'),
    board: readSigningKey(folder, 'board'),
    api: readSigningKey(folder, 'api'),
  }
  const otpKey = isThere(folder, KEY_FILES.otp) ? readHexKey(folder, KEY_FILES.otp, OTP_KEY_BYTES) : null
  return { folder, maskKeys, stateKey, signers, signing, otpKey }
}

function readSigningKey(folder: string, id: SignerName): SigningKey | null {
  return isThere(folder, KEY_FILES[id]) ? { id, privateKey: readSecret(folder, KEY_FILES[id]) } : null
}

function readHexKey(folder: string, name: string, bytes: number): Uint8Array {
  const key = readSecret(folder, name).trim()
  if (hex(bytes).safeParse(key).success && key.length === 2 * bytes) return bytesOf(key)
  throw new KeysError(`${join(folder, name)} is not ${bytes} bytes in hexadecimal`)
}

function isThere(folder: string, name: string): boolean {
  return statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined
}

/** No Buffer: who copies a key before a kernel wipes it calls `slice`, and a Buffer's shares its bytes. */
function bytesOf(hexadecimal: string): Uint8Array {
  return new Uint8Array(Buffer.from(hexadecimal, 'hex'))
}

/** Makes a new folder of keys, whole or not at all; when another process was first, its keys stand. */
export function generateKeys(folder: string): void {
  const aside = `${folder}.${process.pid}`
  mkdirSync(aside, { recursive: true, mode: 0o700 })
  const maskKeys = ['mask-1', 'mask-2'].map((id) => ({ id, secret: randomBytes(MASK_KEY_BYTES).toString('hex') }))
  const signers: Signer[] = []
  const write = (name: string, text: string) => writeFileSync(join(aside, name), text, { mode: 0o600, flush: true })
  write(KEY_FILES.mask, `${JSON.stringify(maskKeys, null, 2)}\n`)
  write(KEY_FILES.state, `${randomBytes(STATE_KEY_BYTES).toString('hex')}\n`)
  write(KEY_FILES.otp, `${randomBytes(OTP_KEY_BYTES).toString('hex')}\n`)
  for (const id of ['admin', 'board', 'api'] as const) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    signers.push({ id, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), kinds: KINDS[id] })
    write(KEY_FILES[id], privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  }
  write(KEY_FILES.signers, `${JSON.stringify(signers, null, 2)}\n`)
  try {
    renameSync(aside, folder)
  } catch (error) {
    rmSync(aside, { recursive: true, force: true })
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
}

/** Tells two keys apart without telling anything about either. */
export function keyFingerprint(secret: Uint8Array): string {
  return createHash('sha256').update('sluice key fingerprint').update(secret).digest('hex').slice(0, 16)
}

function parse<T>(folder: string, name: string, schema: z.ZodType<T>): T {
  const path = join(folder, name)
  const parsed = schema.safeParse(jsonOf(path, readSecret(folder, name)))
  if (parsed.success) return parsed.data
  // Only where and which rule: the value may be a secret.
  const where = parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ')
  throw new KeysError(`${path} is not a key file: ${where}`)
}

function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KeysError(`${path} is not JSON`)
  }
}

function readSecret(folder: string, name: string): string {
  const remedy = 'put the keys of this data folder back, or start a new one; keys are made only with a new demo folder'
  return readSecretFile(join(folder, name), remedy)
}

/** The text of a file that holds a secret. @throws KeysError when it is missing (the message ends with `remedy`) or open to others. */
export function readSecretFile(path: string, remedy: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new KeysError(`${path} is missing: ${remedy}`)
  if ((stat.mode & 0o077) !== 0) throw new KeysError(`${path} can be read by others; run: chmod 600 ${path}`)
  return readFileSync(path, 'utf8')
}
