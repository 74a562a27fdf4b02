import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { invariant } from '../streams/errors.ts'
import type { ChallengedPayment } from './challenges.ts'

/** Chance as an argument; it must be cryptographically secure. */
export interface Randomness {
  /** Each whole number from 0 to `bound` - 1 as likely as the others. */
  below(bound: number): number
  bytes(length: number): Uint8Array
}

/** What the sender needs: the code, and the payment that it confirms. */
export type SealedContent = Pick<ChallengedPayment, 'receiverAccountId' | 'amountMinor' | 'currency'> & {
  readonly code: string
}

const CODE_DIGITS = 6
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/**
 * What is done with codes by the installation's key: each use has a key of its own that is derived from it (HKDF, RFC 5869), so no
 * output of one can stand for another.
 */
export class CodeKeys {
  private readonly macKey: Buffer
  private readonly sealKey: Buffer
  private readonly random: Randomness

  constructor(secret: Uint8Array, random: Randomness) {
    invariant(secret.length >= KEY_BYTES, 'the key of one-time codes has 32 bytes')
    const derived = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', `sluice otp ${use}`, KEY_BYTES))
    this.macKey = derived('mac')
    this.sealKey = derived('seal')
    this.random = random
  }

  /** A new code: 6 digits, leading zeros included. */
  newCode(): string {
    return String(this.random.below(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')
  }

  /** HMAC-SHA-256 over challenge, code, amount, currency and receiver (SPEC C4), in hexadecimal. */
  macOf({ decisionId, receiverAccountId, amountMinor, currency }: ChallengedPayment, code: string): string {
    return this.mac(['code', decisionId, code, String(amountMinor), currency, receiverAccountId])
  }

  /** The same without the code: tells a changed payment from a wrong code. */
  bindingOf({ decisionId, receiverAccountId, amountMinor, currency }: ChallengedPayment): string {
    return this.mac(['binding', decisionId, String(amountMinor), currency, receiverAccountId])
  }

  /** Stands for a client, whose name may be long or personal. */
  clientOf(name: string): string {
    return this.mac(['client', name]).slice(0, 2 * TAG_BYTES)
  }

  /** What is to be sent, by AES-256-GCM and for this challenge alone; base64 of nonce, tag and text. */
  seal({ decisionId, receiverAccountId, amountMinor, currency }: ChallengedPayment, code: string): string {
    const content: SealedContent = { code, receiverAccountId, amountMinor, currency }
    const nonce = this.random.bytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.sealKey, nonce).setAAD(Buffer.from(decisionId))
    const text = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
  }

  /** What was sealed; null where that was for another challenge, by another key, or is damaged. */
  unseal(challengeId: string, sealed: string): SealedContent | null {
    const bytes = Buffer.from(sealed, 'base64')
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const cipher = createDecipheriv(CIPHER, this.sealKey, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(Buffer.from(challengeId)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    try {
      const text = Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), cipher.final()])
      return JSON.parse(text.toString('utf8'))
    } catch {
      return null
    }
  }

  /** Each part goes with its length, so no two lists of parts are one text. */
  private mac(parts: readonly string[]): string {
    const hmac = createHmac('sha256', this.macKey)
    for (const part of parts) {
      const bytes = Buffer.from(part, 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      hmac.update(length).update(bytes)
    }
    return hmac.digest('hex')
  }
}
