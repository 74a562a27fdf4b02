import { setTimeout as pause } from 'node:timers/promises'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { APPLICATION_ID, INPUT_TOPIC } from '../../bin/runtime/session.ts'

const ASKED_AGAIN_MS = 200
/** An answer that takes longer is of no use for what is in flight. */
const ANSWER_WITHIN_MS = 3_000

/** How far the input is decided, asked from outside by kafkajs. */
export class ClusterProgress {
  private readonly admin: Admin

  private constructor(admin: Admin) {
    this.admin = admin
  }

  static async open(brokers: readonly string[]): Promise<ClusterProgress> {
    const admin = new Kafka({ brokers: [...brokers], clientId: 'eos', logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    return new ClusterProgress(admin)
  }

  /** One past the last record, by partition; null when the brokers do not answer now. */
  ends(): Promise<ReadonlyMap<number, number> | null> {
    return answered(async () => {
      const offsets = await this.admin.fetchTopicOffsets(INPUT_TOPIC)
      return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
    })
  }

  /** The committed offset, by partition, whatever a transaction under way would make of it; null as above. */
  committed(): Promise<ReadonlyMap<number, number> | null> {
    return answered(async () => {
      const [topic] = await this.admin.fetchOffsets({ groupId: APPLICATION_ID, topics: [INPUT_TOPIC] })
      return new Map(topic?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]))
    })
  }

  /** Resolves when all that is in the input is decided. @throws Error naming what is left when it takes too long. */
  async untilDecided(withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs
    for (;;) {
      const [ends, committed] = [await this.ends(), await this.committed()]
      const left = [...(ends ?? [])].filter(([partition, end]) => committed?.get(partition) !== end)
      if (ends !== null && left.length === 0) return
      if (performance.now() > untilMs) {
        const shown = left.map(([partition, end]) => `${partition}: ${committed?.get(partition)} of ${end}`)
        throw new Error(`the input is not decided after ${withinMs / 1_000} s; partition ${shown.join(', ')}`)
      }
      await pause(ASKED_AGAIN_MS)
    }
  }

  /** Resolves when each partition has all its replicas again: a broker that goes before is one too many. */
  async untilInSync(withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs
    for (;;) {
      const topics = await answered(async () => (await this.admin.fetchTopicMetadata()).topics)
      const partitions = topics?.flatMap((topic) => topic.partitions) ?? []
      if (partitions.length > 0 && partitions.every(({ isr, replicas }) => isr.length === replicas.length)) return
      if (performance.now() > untilMs) throw new Error(`replicas have not caught up after ${withinMs / 1_000} s`)
      await pause(ASKED_AGAIN_MS)
    }
  }

  close(): Promise<void> {
    return this.admin.disconnect()
  }
}

/** The answer, or null when there is none in time. */
function answered<T>(ask: () => Promise<T>): Promise<T | null> {
  return Promise.race([ask().catch(() => null), pause(ANSWER_WITHIN_MS, null)])
}
