import { StreamsError } from '../errors.ts'
import type { RecordLifetime } from '../log/lifetime.ts'
import type { Cluster } from './cluster.ts'
import { describedTopics } from './topic-settings.ts'

const SETTINGS = ['retention.ms', 'segment.ms', 'file.delete.delay.ms', 'cleanup.policy', 'message.timestamp.type']

/**
 * How long the brokers may keep a record of each topic, by the settings in force. A record stands in a segment that takes further ones for
 * `segment.ms`; the whole segment goes once its newest record is older than `retention.ms`, and its file `file.delete.delay.ms` later.
 * Without append times, or where nothing is deleted by time, nobody can say.
 */
export async function recordLifetimes(cluster: Cluster, topics: readonly string[]): Promise<readonly RecordLifetime[]> {
  const described = await describedTopics(cluster, topics, SETTINGS)
  return described.map(({ topic, settings }) => {
    const ms = (name: string) => {
      const value = Number(settings.get(name) ?? Number.NaN)
      if (Number.isNaN(value)) throw new StreamsError('KAFKA_SETTING', 'stop', `no broker tells its ${name}`, { topic })
      return value
    }
    const retentionMs = ms('retention.ms')
    const goesByTime =
      retentionMs >= 0 &&
      settings.get('cleanup.policy')?.split(',').includes('delete') === true &&
      settings.get('message.timestamp.type') === 'LogAppendTime'
    return { topic, keptMs: goesByTime ? retentionMs + ms('segment.ms') + ms('file.delete.delay.ms') : null }
  })
}
