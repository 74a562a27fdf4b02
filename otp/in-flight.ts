/** The deliveries of one partition that are under way, and up to where all before are over. */
export class InFlight {
  /** What the group has. */
  committed: number
  private next: number
  private readonly max: number
  private readonly running = new Map<number, Promise<void>>()
  private readonly left = new Set<number>()
  private failure: unknown = null

  constructor(from: number, max: number) {
    this.committed = from
    this.next = from
    this.max = max
  }

  /** One past the last offset before which nothing is left to do. */
  get settled(): number {
    return Math.min(this.next, ...this.left)
  }

  /**
   * Begins once there is room; `work` resolves with whether it is over, and what is not stays to be done again.
   * @throws what an earlier work has thrown.
   */
  async start(offset: number, work: () => Promise<boolean>): Promise<void> {
    while (this.running.size >= this.max) await Promise.race(this.running.values())
    this.left.add(offset)
    this.running.set(offset, this.run(offset, work))
    this.reached(offset + 1)
  }

  /** Everything before `offset` has been started. @throws what a work has thrown. */
  reached(offset: number): void {
    if (this.failure !== null) throw this.failure
    this.next = Math.max(this.next, offset)
  }

  /** Resolves once nothing is under way. */
  async drained(): Promise<void> {
    await Promise.all(this.running.values())
  }

  private async run(offset: number, work: () => Promise<boolean>): Promise<void> {
    try {
      if (await work()) this.left.delete(offset)
    } catch (error) {
      this.failure ??= error
    } finally {
      this.running.delete(offset)
    }
  }
}
