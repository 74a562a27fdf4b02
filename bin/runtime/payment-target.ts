import type { Config } from '../../platform/config.ts'
import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { KafkaOptions } from '../../streams/kafka/kafka-options.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { requireAgreedKeys } from './agreed-keys.ts'
import { readRules } from './control/rules-file.ts'
import { type DataFolder, openOrCreateDataFolder } from './data-folder.ts'
import { requireKafkaOptions } from './kafka-options.ts'
import { awaitSchemaIds } from './schema-ids.ts'
import { schemaRegistry } from './schema-registry.ts'
import { openWritingSession } from './session.ts'
import { requireUsableTopics } from './usable-topics.ts'

/** Where payments are sent: the log of a data folder, or a Kafka cluster. The folder holds keys and labels in both cases. */
export interface PaymentTarget {
  readonly folder: DataFolder
  readonly ids: SchemaIds
  readonly log: Pick<Log, 'openProducer'>
  /** Where the records are once they are acknowledged, for people. */
  readonly place: string
  close(): Promise<void>
}

/** Opens the log of the data folder, or the cluster that the settings name. @throws what both sessions throw. */
export async function openPaymentTarget(config: Config, onCluster: boolean): Promise<PaymentTarget> {
  if (onCluster) return openClusterTarget(config)
  const { folder, ids, log } = await openWritingSession(config)
  return { folder, ids, log, place: 'on disk', close: () => log.close() }
}

/** The input topic must be there and as it must be: a producer that finds out later would lose or misplace records. */
export async function openClusterTarget(config: Config): Promise<PaymentTarget> {
  const cluster = requireKafkaOptions(config)
  // kafkajs takes most of a second to load; nothing else should wait for it.
  const { openProducerSession } = await import('../../streams/kafka/producer-session.ts')
  const ids = await awaitSchemaIds(schemaRegistry(config), machineTime)
  await requireUsableTopics(config, [TOPICS.paymentsSubmitted])
  const folder = openOrCreateDataFolder(config, readRules(config.rulesFile))
  await requireKeysOf(cluster, folder)
  const log = { openProducer: (name: string | null) => openProducerSession(cluster, name) }
  return { folder, ids, log, place: 'on the cluster', close: async () => {} }
}

async function requireKeysOf(kafka: KafkaOptions, { keys }: DataFolder): Promise<void> {
  const { KafkaLog } = await import('../../streams/kafka/kafka-log.ts')
  const log = new KafkaLog({ kafka })
  try {
    await requireAgreedKeys({ committedBy: (applicationId, input) => log.group(applicationId).committed(input) }, keys)
  } finally {
    await log.close()
  }
}
