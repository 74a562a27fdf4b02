/** The bound on entries between log and store: who has no room waits, so nothing more is fetched. */
export class EntryRoom {
  taken = 0
  private readonly max: number
  private closed = false
  private waiting: (() => void)[] = []

  constructor(max: number) {
    this.max = max
  }

  /** Resolves once `count` entries fit. A count above the bound fits when nothing else is there. */
  async take(count: number): Promise<void> {
    while (!this.closed && this.taken > 0 && this.taken + count > this.max) {
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve)
      })
    }
    this.taken += count
  }

  free(count: number): void {
    this.taken -= count
    this.wake()
  }

  /** Lets everybody who waits go on, to find that it is over. */
  close(): void {
    this.closed = true
    this.wake()
  }

  private wake(): void {
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }
}
