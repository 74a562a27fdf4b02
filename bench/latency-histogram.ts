/** Buckets to an octave: each begins 9 % above the one before it. */
const BUCKETS_PER_OCTAVE = 8
const FIRST_MS = 1
const OCTAVES = 13

/** Counts latencies in buckets of equal ratio, from 1 ms to 8 s; what is below or beyond counts in the first or the last. */
export class LatencyHistogram {
  readonly counts: number[] = new Array(OCTAVES * BUCKETS_PER_OCTAVE).fill(0)

  add(ms: number): void {
    const bucket = Math.floor(Math.log2(Math.max(ms, FIRST_MS) / FIRST_MS) * BUCKETS_PER_OCTAVE)
    const at = Math.min(bucket, this.counts.length - 1)
    this.counts[at] = (this.counts[at] ?? 0) + 1
  }
}

/** Where bucket `at` begins, ms. */
export function bucketStartMs(at: number): number {
  return FIRST_MS * 2 ** (at / BUCKETS_PER_OCTAVE)
}
