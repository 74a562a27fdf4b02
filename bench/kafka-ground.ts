import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { OUTPUT_TOPICS } from '../bin/runtime/topic-settings.ts'
import { TOPICS } from '../schemas/topics.ts'
import { type Kafka, startKafka } from '../stack/kafka/kafka.ts'
import { KafkaLog } from '../streams/kafka/kafka-log.ts'
import { kafkaJs } from '../streams/kafka/kafkajs-client.ts'

/** Partitions of the tasks that a bench runs in one process; the product's workers have twelve. */
export const PARTITIONS = 4

export const INPUT: string = TOPICS.paymentsSubmitted.name

const APPEARS_EVERY_MS = 100

/** A broker of our launcher, and a folder for checkpoints and data. */
export interface Ground {
  readonly kafka: Kafka
  readonly bootstrap: string
  readonly folder: string
}

/** Runs `work` beside a broker of its own, and ends both. */
export async function withBroker<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
  const kafka = await startKafka({ lasting: true })
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  try {
    return await work({ kafka, bootstrap: kafka.bootstrap[0] as string, folder })
  } finally {
    await kafka.stop()
    rmSync(folder, { recursive: true })
  }
}

export function openLog(bootstrap: string): KafkaLog {
  return new KafkaLog({ kafka: { bootstrapServers: [bootstrap], clientId: 'sluice-bench' } })
}

/** Makes the chain's topics, or its output topics alone, anew and empty. */
export async function emptyTopics(
  { bootstrap }: Ground,
  which: 'all' | 'outputs',
  partitions: number = PARTITIONS,
): Promise<void> {
  const names = which === 'all' ? Object.values(TOPICS).map(({ name }) => name) : OUTPUT_TOPICS
  const admin = kafkaJs({ bootstrapServers: [bootstrap], clientId: 'sluice-bench' }).admin()
  await admin.connect()
  try {
    const present = await admin.listTopics()
    const old = names.filter((name) => present.includes(name))
    if (old.length > 0) await admin.deleteTopics({ topics: old })
    while ((await admin.listTopics()).some((name) => names.includes(name))) await pause(APPEARS_EVERY_MS)
  } finally {
    await admin.disconnect()
  }
  const log = openLog(bootstrap)
  const keptForever = { partitions, retentionMs: -1, retentionBytes: -1 }
  await log.createTopics(names.map((topic) => ({ topic, ...keptForever })))
  await log.close()
}
