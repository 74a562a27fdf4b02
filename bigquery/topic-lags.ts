import { type Lag, readLag } from '../streams/log/lag.ts'
import type { Log, TopicPartition } from '../streams/log/log.ts'

/** How far an archive is behind a topic: records that are committed in the log and not yet in the archive, and the age of the oldest. */
export interface TopicLag extends Lag {
  readonly topic: string
}

/** Sums up by topic how far an archive is that has everything before `offset` of each partition. */
export async function topicLags(
  log: Log,
  places: readonly { readonly at: TopicPartition; readonly offset: number }[],
): Promise<TopicLag[]> {
  const lags = new Map<string, Lag>()
  for (const { at, offset } of places) {
    const one = await readLag(log, at, offset)
    const sum = lags.get(at.topic) ?? { records: 0, oldestAppendMs: null }
    const times = [sum.oldestAppendMs, one.oldestAppendMs].flatMap((time) => time ?? [])
    const oldestAppendMs = times.length === 0 ? null : Math.min(...times)
    lags.set(at.topic, { records: sum.records + one.records, oldestAppendMs })
  }
  return [...lags].map(([topic, lag]) => ({ topic, ...lag }))
}
