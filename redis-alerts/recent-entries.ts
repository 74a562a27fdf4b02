import type { StreamEntry } from './alert-store.ts'
import { accountMark } from './entry-json.ts'

interface Place {
  readonly ms: number
  readonly number: number
}

/** The newest entries of a stream under ids as Redis gives them: `<ms>-<n>`, rising even when the clock goes back. */
export class RecentEntries {
  private readonly sizeMax: number
  private readonly entries: StreamEntry[] = []
  private last: Place = { ms: 0, number: 0 }

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax
  }

  add(kind: StreamEntry['kind'], json: string, nowMs: number): void {
    const { ms, number } = this.last
    this.last = nowMs > ms ? { ms: nowMs, number: 0 } : { ms, number: number + 1 }
    this.entries.push({ id: `${this.last.ms}-${this.last.number}`, kind, json })
    // Half as many again, so that cutting costs little an entry.
    if (this.entries.length >= this.sizeMax * 1.5) this.entries.splice(0, this.entries.length - this.sizeMax)
  }

  /** Takes every entry of the account out. */
  removeOf(account: string): void {
    const mark = accountMark(account)
    const kept = this.entries.filter(({ json }) => !json.includes(mark))
    this.entries.splice(0, this.entries.length, ...kept)
  }

  /** At most `limit` entries past `id`, oldest first. */
  after(id: string, limit: number): readonly StreamEntry[] {
    const place = placeOf(id)
    let low = Math.max(0, this.entries.length - this.sizeMax)
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isAfter(placeOf(this.entries[middle]!.id), place)) high = middle
      else low = middle + 1
    }
    return this.entries.slice(low, low + limit)
  }
}

function placeOf(id: string): Place {
  const [ms, number] = id.split('-')
  return { ms: Number(ms), number: Number(number ?? 0) }
}

function isAfter(a: Place, b: Place): boolean {
  return a.ms > b.ms || (a.ms === b.ms && a.number > b.number)
}
