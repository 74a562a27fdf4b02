const FIRST_BYTES = 4_096

/** One challenge or review that ended: what its resolution record needs. Its ids are copied, since its row is gone by then. */
export interface EndedDecision {
  offset: number
  outcome: number
  idsAt: number
  transactionIdLength: number
  senderLength: number
}

/** The challenges and reviews that ended during one run of records; emptied when the run is written. */
export class EndedDecisions {
  /** The ids of all of them, back to back. */
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES)
  length = 0
  private used = 0
  private readonly items: EndedDecision[] = []

  at(index: number): EndedDecision {
    return this.items[index] as EndedDecision
  }

  add(
    offset: number,
    outcome: number,
    source: Uint8Array,
    from: number,
    transactionIdLength: number,
    senderLength: number,
  ): void {
    const bytes = transactionIdLength + senderLength
    if (this.used + bytes > this.bytes.length) this.grow()
    this.bytes.set(source.subarray(from, from + bytes), this.used)
    const item = this.items[this.length] ?? {
      offset: 0.5,
      outcome: 0,
      idsAt: 0,
      transactionIdLength: 0,
      senderLength: 0,
    }
    item.offset = offset
    item.outcome = outcome
    item.idsAt = this.used
    item.transactionIdLength = transactionIdLength
    item.senderLength = senderLength
    this.items[this.length++] = item
    this.used += bytes
  }

  clear(): void {
    this.length = 0
    this.used = 0
  }

  private grow(): void {
    const grown = new Uint8Array(this.bytes.length * 2)
    grown.set(this.bytes)
    this.bytes = grown
  }
}
