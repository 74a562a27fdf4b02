import { readLag } from './lag.ts'
import type { Log, TopicPartition } from './log.ts'

/** The first offset from which on every record was appended at `sinceMs` or later; by halving, so in few reads. */
export async function firstAppendedSince(log: Log, at: TopicPartition, sinceMs: number): Promise<number> {
  let { startOffset: low, endOffset: high } = await log.bounds(at)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const { oldestAppendMs } = await readLag(log, at, middle)
    if (oldestAppendMs === null || oldestAppendMs >= sinceMs) high = middle
    else low = middle + 1
  }
  return low
}
