import type { Config } from '../../platform/config.ts'
import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { Asker } from '../../streams/kafka/group-offsets.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import type { OutputBatch, TopicPartition } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { agreeOnKeys, requireAgreedKeys } from './agreed-keys.ts'
import { readRules } from './control/rules-file.ts'
import { type DataFolder, openDataFolder, openOrCreateDataFolder, requireOwnLog } from './data-folder.ts'
import { requireKafkaOptions } from './kafka-options.ts'
import { requireKeptOffsets } from './kept-offsets.ts'
import { awaitSchemaIds, schemaIds } from './schema-ids.ts'
import { schemaRegistry } from './schema-registry.ts'
import { APPLICATION_ID, INPUT_TOPIC, PARTITIONS, RULES_APPLICATION_ID, type Session } from './session.ts'
import { TASK_TOPICS } from './topic-settings.ts'
import { requireUsableTopics } from './usable-topics.ts'

/** A session whose log is a Kafka cluster. The data folder holds keys, rules of the beginning, and checkpoints. */
export type ClusterSession = Session<KafkaLog>

/** The brokers write the markers that make a transaction visible after its end was acknowledged, within a few ms. */
const VISIBLE_WITHIN_MS = 200

/**
 * Opens a folder that exists, to read the cluster that its worker writes to.
 * @throws ConfigError, DataFolderError, KeysError, StreamsError
 */
export function openClusterSession(config: Config): Promise<ClusterSession> {
  return connect(config, () => openDataFolder(config), schemaIds)
}

/**
 * Opens or makes the folder for a worker; its tasks commit in the name of `member`. What the tasks read and write must be there
 * and as it must be: with other timestamps retention would take records early, and append times would be no such thing. So must
 * be the keys, and the offsets of what was decided before.
 */
export async function openWorkerSession(config: Config, member: Asker): Promise<ClusterSession> {
  const ids = (registry: SchemaRegistry) => awaitSchemaIds(registry, machineTime)
  const openFolder = async () => {
    await requireUsableTopics(config, TASK_TOPICS)
    return openOrCreateDataFolder(config, readRules(config.rulesFile))
  }
  const session = await connect(config, openFolder, ids, member)
  try {
    const initialMaskKey = await agreeOnKeys(session, session.folder.keys)
    const group = session.log.group(APPLICATION_ID)
    // What a killed worker has left open stands until a task takes its partition over, which comes after this, or until it times out: only
    // where nothing stood before is it waited for.
    const committed = async (input: TopicPartition) =>
      (await group.committedBefore(input)) ?? (await group.committed(input))
    await requireKeptOffsets(session.log, { committed })
    return { ...session, folder: { ...session.folder, initialMaskKey } }
  } catch (error) {
    await session.log.close()
    throw error
  }
}

async function connect(
  config: Config,
  openFolder: () => DataFolder | Promise<DataFolder>,
  idsOf: (registry: SchemaRegistry) => Promise<SchemaIds>,
  member?: Asker,
): Promise<ClusterSession> {
  const kafka = requireKafkaOptions(config)
  const log = new KafkaLog({ kafka, ...(member !== undefined && { member }) })
  try {
    const { topicId, leaders } = await log.cluster.topic(INPUT_TOPIC)
    if (leaders.length !== PARTITIONS) throw otherPartitions(leaders.length)
    const folder = await openFolder()
    requireOwnLog(folder, topicId)
    const committedBy: ClusterSession['committedBy'] = (applicationId, input) =>
      log.group(applicationId).committed(input)
    const initialMaskKey = (await requireAgreedKeys({ committedBy }, folder.keys)) ?? folder.initialMaskKey
    const group = log.group(APPLICATION_ID)
    const registry = schemaRegistry(config)
    const ids = await idsOf(registry)
    return {
      config,
      folder: { ...folder, initialMaskKey },
      log,
      ids,
      registry,
      logId: topicId,
      committed: (input) => group.committed(input),
      committedBy,
      isOwned: async () => true,
      heldBack: (input) => log.heldBack(input),
      appendTogether: (batches) => appendTogether(log, batches),
      visibleWithinMs: VISIBLE_WITHIN_MS,
    }
  } catch (error) {
    await log.close()
    throw error
  }
}

/** One transaction of its own id; whoever does the same at that moment is fenced, and nothing of theirs is seen. */
async function appendTogether(log: KafkaLog, batches: readonly OutputBatch[]): Promise<void> {
  const session = await log.openTask(RULES_APPLICATION_ID, { topic: INPUT_TOPIC, partition: 0 })
  try {
    session.begin()
    await session.append(batches)
    await session.end()
  } finally {
    await session.close()
  }
}

/** Another count would send a sender's payments to another partition than its history. */
function otherPartitions(found: number): StreamsError {
  const what = `the topic has ${found} partitions, not ${PARTITIONS}; make it anew with \`sluice topics\``
  return new StreamsError('PARTITIONS_DIFFER', 'stop', what, { topic: INPUT_TOPIC })
}
