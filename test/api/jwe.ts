import { constants, createCipheriv, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto'

const IV_BYTES = 12
const KEY_BYTES = 32

/** What a forger changes of an encrypted body that is otherwise right. */
export interface Forged {
  /** Members of the head; undefined takes one away. */
  readonly head?: Readonly<Record<string, unknown>>
  /** As it stands, in place of the head's JSON. */
  readonly headText?: string
  readonly payload: Uint8Array | string
  readonly contentKey?: Uint8Array
  /** Parts in their order: head, key, iv, content, tag. */
  readonly parts?: (parts: string[]) => readonly string[]
}

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url')

/** A compact JWE, made by hand (RFC 7516, 5.1), so that no library refuses to forge it. */
export function jwe(publicKey: KeyObject, right: Readonly<Record<string, unknown>>, forged: Forged): string {
  const { head = {}, payload, contentKey = randomBytes(KEY_BYTES), parts = (own) => own } = forged
  const protectedHead = base64(forged.headText ?? JSON.stringify({ ...right, ...head }))
  const padding = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(protectedHead))
  const content = Buffer.concat([cipher.update(payload), cipher.final()])
  const own = [protectedHead, ...[publicEncrypt(padding, contentKey), iv, content, cipher.getAuthTag()].map(base64)]
  return parts(own).join('.')
}

/** With one bit of a part flipped. */
export function flipped(part: string): string {
  const bytes = Buffer.from(part, 'base64url')
  bytes[0] = (bytes[0] as number) ^ 1
  return base64(bytes)
}
