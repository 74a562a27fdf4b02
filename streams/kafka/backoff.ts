/** Pauses that double from `firstMs` to `maxMs`, each up to 20 % shorter or longer by chance, so that clients do not march. */
export class Backoff {
  private readonly firstMs: number
  private readonly maxMs: number
  private failures = 0

  constructor(firstMs: number, maxMs: number) {
    this.firstMs = firstMs
    this.maxMs = maxMs
  }

  /** Counts one more failure and tells how long to pause after it. */
  failedMs(): number {
    const doubledMs = this.firstMs * 2 ** Math.min(this.failures++, 16)
    return Math.min(doubledMs, this.maxMs) * (0.8 + 0.4 * Math.random())
  }

  succeeded(): void {
    this.failures = 0
  }
}
