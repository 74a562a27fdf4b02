import { hash } from 'node:crypto'
import type { Principal } from './principal.ts'

/** Past it the token that was checked longest ago is checked again when it comes. */
export const KNOWN_TOKENS_MAX = 20_000
/** A token is checked in full so often at least, so what a key that was removed has signed holds at most so much longer. */
const KNOWN_MS = 60_000

interface Known {
  readonly principal: Principal
  readonly untilMs: number
}

/**
 * Tokens whose signature and claims were found good a moment ago: a caller's token comes with each of its calls, and checking a signature
 * is a sixth of a call's work. Kept by hash, so that no token stands in memory for longer than its call.
 */
export class KnownTokens {
  private readonly known = new Map<string, Known>()
  private readonly nowMs: () => number

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  get size(): number {
    return this.known.size
  }

  principalOf(token: string): Principal | null {
    const key = keyOf(token)
    const known = this.known.get(key)
    if (known === undefined) return null
    if (this.nowMs() < known.untilMs) return known.principal
    this.known.delete(key)
    return null
  }

  /** `endsMs`: when the token itself is over. */
  add(token: string, principal: Principal, endsMs: number): void {
    const key = keyOf(token)
    this.known.delete(key)
    if (this.known.size >= KNOWN_TOKENS_MAX) this.known.delete(this.known.keys().next().value as string)
    this.known.set(key, { principal, untilMs: Math.min(endsMs, this.nowMs() + KNOWN_MS) })
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64')
}
