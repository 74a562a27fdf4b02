/**
 * Ids that were seen in the last `keptMs` at least, in two generations of at most `max` each: when the elder is old enough it goes
 * whole. At the bound nothing that lives is forgotten; new ids are refused until a generation has gone.
 */
export class ReplayCache {
  private readonly max: number
  private readonly keptMs: number
  private readonly nowMs: () => number
  private young = new Set<string>()
  private elder = new Set<string>()
  private sinceMs: number

  constructor(max: number, keptMs: number, nowMs: () => number) {
    this.max = max
    this.keptMs = keptMs
    this.nowMs = nowMs
    this.sinceMs = nowMs()
  }

  /** Remembers the id, unless it is there or there is no room. */
  add(id: string): 'first' | 'again' | 'full' {
    const ageMs = this.nowMs() - this.sinceMs
    if (ageMs >= this.keptMs) {
      this.elder = ageMs >= 2 * this.keptMs ? new Set() : this.young
      this.young = new Set()
      this.sinceMs = this.nowMs()
    }
    if (this.young.has(id) || this.elder.has(id)) return 'again'
    if (this.young.size >= this.max) return 'full'
    this.young.add(id)
    return 'first'
  }
}
