/** For how long each partition's readers have stood at one offset, as far as it was asked: many producers may hold them in turn. */
export class Standstills {
  private readonly since = new Map<number, { readonly offset: number; readonly sinceMs: number }>()

  /** `offset` is where readers of the partition are held back now; null when they are not. Returns ms. */
  ms(partition: number, offset: number | null, nowMs: number): number {
    if (offset === null) {
      this.since.delete(partition)
      return 0
    }
    const before = this.since.get(partition)
    if (before?.offset === offset) return nowMs - before.sinceMs
    this.since.set(partition, { offset, sinceMs: nowMs })
    return 0
  }
}
