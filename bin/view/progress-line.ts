const INTERVAL_MS = 250

/** One line on standard error that says how far long work is; silent where standard error is no terminal. */
export class ProgressLine {
  private readonly shown: boolean
  private readonly startedMs = performance.now()
  private lastMs = Number.NEGATIVE_INFINITY
  private open = false

  constructor(wanted: boolean) {
    this.shown = wanted && process.stderr.isTTY === true
  }

  /** Shows `text`, a few times a second at most. */
  show(text: () => string): void {
    const nowMs = performance.now()
    if (!this.shown || nowMs - this.lastMs < INTERVAL_MS) return
    this.lastMs = nowMs
    this.open = true
    process.stderr.write(`\r${text()}\x1b[K`)
  }

  /** Average since the start. */
  perSecond(count: number): number {
    return (count * 1_000) / Math.max(1, performance.now() - this.startedMs)
  }

  /** Takes the line away. */
  end(): void {
    if (this.open) process.stderr.write('\r\x1b[K')
    this.open = false
  }
}
