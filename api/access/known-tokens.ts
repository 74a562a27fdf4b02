import { hash } from 'node:crypto'
import type { JWSHeaderParameters, ResolvedKey } from 'jose'
import type { Principal } from './principal.ts'

/** Past it the token that was checked longest ago is checked again when it comes. */
export const KNOWN_TOKENS_MAX = 20_000

/** A token whose signature and claims were found good. */
export interface KnownToken {
  readonly principal: Principal
  /** Of the token; says which key to ask for. */
  readonly header: JWSHeaderParameters
  /** The key that has proved its signature. */
  readonly key: ResolvedKey['key']
  /** When the token is over. */
  readonly untilMs: number
}

/** Names a token, so that none stands in memory for longer than its call. */
export function tokenName(token: string): string {
  return hash('sha256', token, 'base64')
}

/**
 * Tokens that were checked, by name, each until it is over: a caller's token comes with each of its calls, and checking a signature is more
 * than the half of a call's work.
 */
export class KnownTokens {
  private readonly known = new Map<string, KnownToken>()
  private readonly nowMs: () => number

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  get size(): number {
    return this.known.size
  }

  get(name: string): KnownToken | null {
    const known = this.known.get(name)
    if (known === undefined) return null
    if (this.nowMs() < known.untilMs) return known
    this.known.delete(name)
    return null
  }

  add(name: string, token: KnownToken): void {
    this.known.delete(name)
    if (this.known.size >= KNOWN_TOKENS_MAX) this.known.delete(this.known.keys().next().value as string)
    this.known.set(name, token)
  }
}
