import { TOPICS } from '../../../schemas/topics.ts'
import { type Lag, readLag } from '../../../streams/log/lag.ts'
import type { GroupOffsets, Log } from '../../../streams/log/log.ts'

/** How far a group is behind each topic of alerts, all partitions together; a topic that does not tell is left out. */
export async function alertLags(log: Log, group: GroupOffsets): Promise<(Lag & { readonly topic: string })[]> {
  const lags = [TOPICS.fraudAlerts, TOPICS.fraudActions].map(async ({ name: topic, partitions }) => {
    const all = await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => {
        const at = { topic, partition }
        return readLag(log, at, (await group.committed(at))?.offset ?? 0)
      }),
    )
    const oldest = all.flatMap(({ oldestAppendMs }) => oldestAppendMs ?? [])
    const records = all.reduce((sum, lag) => sum + lag.records, 0)
    return { topic, records, oldestAppendMs: oldest.length === 0 ? null : Math.min(...oldest) }
  })
  const told = await Promise.allSettled(lags)
  return told.flatMap((lag) => (lag.status === 'fulfilled' ? [lag.value] : []))
}
