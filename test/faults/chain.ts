import { logFolder } from '../../bin/runtime/data-folder.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { SEMANTICS_VERSION } from '../../processors/sinks/semantics-version.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import type { TopicSettings } from '../../streams/log/log.ts'
import type { CheckpointIdentity } from '../../streams/state/checkpoint-header.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { createTestRuntime } from '../support/payments-driver.ts'

/** The payments topology as the processes of these tests run it: fixed keys, two partitions, small bounds. */
export const PARTITIONS = 2
export const INPUT: string = TOPICS.paymentsSubmitted.name
export const APPLICATION = 'faults'
const LOG_BYTES_MAX = 1 << 30

/** The chain's topics, kept whole. */
const CHAIN_TOPICS: readonly TopicSettings[] = topicSettings({ logBytesMax: null, retentionMs: -1 }).map((topic) => {
  return { ...topic, partitions: PARTITIONS }
})

export async function openChainLog(folder: string): Promise<EmbeddedLog> {
  const clock = { nowMs: () => Date.now() }
  return openEmbeddedLog({ directory: logFolder(folder), clock, bytesMax: LOG_BYTES_MAX })
}

/** Makes the topics where they are missing. */
export async function createChainTopics(log: EmbeddedLog): Promise<void> {
  await log.createTopics(CHAIN_TOPICS)
}

export function createChain(): BatchProcessor<PaymentStores> {
  return createTestRuntime({ partitionCount: PARTITIONS })
}

export function identityOf(partition: number): CheckpointIdentity {
  return {
    topology: 'payments',
    semanticsVersion: SEMANTICS_VERSION,
    topic: INPUT,
    partition,
    stateKeyId: 'tests',
    createdBy: 'fault tests',
  }
}

/** Digest of what can still have an effect, after all that stream time has made unreachable was freed. */
export function settledDigest(stores: PaymentStores): string {
  stores.expire(true)
  return stores.digest()
}
