import type { LabelledRecord } from './labelled-record.ts'

/** Records waiting for their turn: the earliest due first, in order of arrival among equals. A binary heap. */
export class SendQueue {
  readonly #records: LabelledRecord[] = []
  readonly #arrivals: number[] = []
  #arrived = 0

  /** When the first record is due, or infinity. */
  get firstDueMs(): number {
    return this.#records[0]?.intendedSendMs ?? Number.POSITIVE_INFINITY
  }

  push(record: LabelledRecord): void {
    this.#records.push(record)
    this.#arrivals.push(this.#arrived++)
    let at = this.#records.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Takes the first record out; undefined when there is none. */
  shift(): LabelledRecord | undefined {
    const first = this.#records[0]
    const last = this.#records.length - 1
    if (last < 0) return undefined
    this.#swap(0, last)
    this.#records.pop()
    this.#arrivals.pop()
    this.#sink()
    return first
  }

  #sink(): void {
    const length = this.#records.length
    for (let at = 0; ; ) {
      let least = at
      for (let child = 2 * at + 1; child <= 2 * at + 2; child++) {
        if (child < length && this.#before(child, least)) least = child
      }
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #before(a: number, b: number): boolean {
    const dueA = this.#records[a]?.intendedSendMs ?? 0
    const dueB = this.#records[b]?.intendedSendMs ?? 0
    return dueA < dueB || (dueA === dueB && (this.#arrivals[a] ?? 0) < (this.#arrivals[b] ?? 0))
  }

  #swap(a: number, b: number): void {
    swap(this.#records, a, b)
    swap(this.#arrivals, a, b)
  }
}

function swap<T>(list: T[], a: number, b: number): void {
  const kept = list[a] as T
  list[a] = list[b] as T
  list[b] = kept
}
