/** How far one partition of `fraud.actions` is behind a hook: an action is settled once its first try is on record. */
export class ActionProgress {
  /** What the group has. */
  committed: number
  private next: number
  /** Read and not settled, in the order of offsets. */
  private readonly unsettled = new Set<number>()

  constructor(committed: number) {
    this.committed = committed
    this.next = committed
  }

  /** Everything before `offset` has been read. */
  pass(offset: number): void {
    this.next = offset
  }

  /** An action at `offset` has been read and is to be settled. */
  await(offset: number): void {
    this.unsettled.add(offset)
    this.pass(offset + 1)
  }

  settle(offset: number): void {
    this.unsettled.delete(offset)
  }

  /** Everything before it is settled; it never goes back. */
  get settledTo(): number {
    for (const oldest of this.unsettled) return oldest
    return this.next
  }
}
