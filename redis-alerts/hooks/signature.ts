import { createHmac } from 'node:crypto'

/** Standard Webhooks: a secret is 24 to 64 random bytes in base64 behind this (https://www.standardwebhooks.com). */
const SECRET_PREFIX = 'whsec_'
const SECRET_BYTES_MIN = 24
const SECRET_BYTES_MAX = 64
/** The new one and the one that receivers still hold. */
const SECRETS_MAX = 2

/** The headers that a receiver verifies. */
export interface SignedHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/**
 * The keys of a secrets file: one `whsec_` line, or two while keys are rotated. A message is signed with each, so that a
 * receiver with either accepts it.
 * @throws Error that says what is wrong and never holds a secret.
 */
export function parseSecrets(text: string): Buffer[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (lines.length === 0 || lines.length > SECRETS_MAX) throw new Error('must hold one secret a line, one or two')
  return lines.map((line, index) => {
    const key = keyOf(line.trim())
    if (key === null) {
      throw new Error(
        `line ${index + 1} must be ${SECRET_PREFIX} and ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes in base64`,
      )
    }
    return key
  })
}

/** Signs one try: the id is the action's in every try, the time (epoch ms) is the try's own. */
export function signedHeaders(keys: readonly Uint8Array[], id: string, triedAtMs: number, body: string): SignedHeaders {
  const timestamp = String(Math.floor(triedAtMs / 1_000))
  const signatures = keys.map((key) => {
    const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
    return `v1,${digest}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

function keyOf(secret: string): Buffer | null {
  const base64 = secret.slice(SECRET_PREFIX.length)
  if (!secret.startsWith(SECRET_PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null
  const key = Buffer.from(base64, 'base64')
  return key.length >= SECRET_BYTES_MIN && key.length <= SECRET_BYTES_MAX ? key : null
}
