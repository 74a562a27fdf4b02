/** Lets one loop sleep until a time, or until somebody has something for it. */
export class WakeUp {
  private controller = new AbortController()

  wake(): void {
    this.controller.abort()
  }

  /** Sleeps up to `delayMs`; a wake since the last sleep ends it at once. */
  async sleep(clock: { sleep(delayMs: number, signal: AbortSignal): Promise<void> }, delayMs: number): Promise<void> {
    await clock.sleep(delayMs, this.controller.signal)
    this.controller = new AbortController()
  }
}
