import type { Percentiles } from '../../../dashboards/board/views.ts'

/** Each bucket ends this much higher than the one before: a percentile is at most so far off. */
const RATIO = 1.1
/** Up to about 48 s. */
const BUCKETS = 128
const FIRST_MS = 0.25

/** Latencies counted in buckets that grow by a tenth, so that many a second cost nothing. */
export class LatencyHistogram {
  private readonly counts = new Uint32Array(BUCKETS)
  private samples = 0

  add(ms: number): void {
    const bucket = ms <= FIRST_MS ? 0 : Math.ceil(Math.log(ms / FIRST_MS) / Math.log(RATIO))
    this.counts[Math.min(bucket, BUCKETS - 1)]! += 1
    this.samples++
  }

  addAll({ counts, samples }: LatencyHistogram): void {
    for (let i = 0; i < BUCKETS; i++) this.counts[i]! += counts[i]!
    this.samples += samples
  }

  /** Null without a sample. */
  percentiles(): Percentiles | null {
    if (this.samples === 0) return null
    return { p50: this.at(0.5), p95: this.at(0.95), p99: this.at(0.99), samples: this.samples }
  }

  private at(share: number): number {
    let left = Math.ceil(this.samples * share)
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.counts[i]!
      if (left <= 0) return Number((FIRST_MS * RATIO ** i).toPrecision(3))
    }
    return Number.NaN
  }
}
