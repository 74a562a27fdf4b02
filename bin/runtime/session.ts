import { resolve } from 'node:path'
import type { Config } from '../../platform/config.ts'
import { SEMANTICS_VERSION } from '../../processors/sinks/semantics-version.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type EmbeddedLog, type EmbeddedLogSettings, openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import type { HeldBack } from '../../streams/log/lag.ts'
import type { CommittedOffset, Log, OutputBatch, TopicPartition } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { CheckpointFolder } from '../../streams/state/checkpoint-folder.ts'
import type { CheckpointIdentity } from '../../streams/state/checkpoint-header.ts'
import type { CheckpointStore } from '../../streams/state/checkpoint-store.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { agreeOnKeys, requireAgreedKeys, ringOf } from './agreed-keys.ts'
import { readRules } from './control/rules-file.ts'
import {
  checkpointFolder,
  type DataFolder,
  logFolder,
  openDataFolder,
  openOrCreateDataFolder,
  requireOwnLog,
} from './data-folder.ts'
import { createPaymentRuntime } from './payment-runtime.ts'
import { awaitSchemaIds, schemaIds } from './schema-ids.ts'
import { schemaRegistry } from './schema-registry.ts'
import { askRegistry } from './schema-versions.ts'
import { topicSettings } from './topic-settings.ts'

/** The application whose tasks decide payments: its name makes their transactional ids. */
export const APPLICATION_ID = 'sluice'
/** Who changes the rules on a cluster: begins the transactional id of that one transaction. */
export const RULES_APPLICATION_ID: string = `${APPLICATION_ID}-rules`
/** The partitions of the input, one task each. */
export const PARTITIONS: number = TOPICS.paymentsSubmitted.partitions
export const INPUT_TOPIC: string = TOPICS.paymentsSubmitted.name

/** A data folder opened for work, with the log that its pipeline reads and writes. */
export interface Session<L extends Log = EmbeddedLog> {
  readonly config: Config
  readonly folder: DataFolder
  readonly log: L
  readonly ids: SchemaIds
  /** Tells of schema ids that this build was not made with. */
  readonly registry: SchemaRegistry
  /** Tells this log from every other: offsets of one mean nothing in another. Stands in every checkpoint. */
  readonly logId: string
  /** The input offset that a partition's task has committed. Asking makes nobody its owner. */
  readonly committed: (input: TopicPartition) => Promise<CommittedOffset | null>
  /** The same of any application. */
  readonly committedBy: (applicationId: string, input: TopicPartition) => Promise<CommittedOffset | null>
  /** Whether a process runs the partition's task, as far as the log knows: a cluster's group does not say. */
  readonly isOwned: (input: TopicPartition) => Promise<boolean>
  /** Where an open transaction of a producer holds readers of a partition back, and from how many records; null when none does. */
  readonly heldBack: (input: TopicPartition) => Promise<HeldBack | null>
  /** Appends batches of several partitions that producers write to, all or none. */
  readonly appendTogether: (batches: readonly OutputBatch[]) => Promise<void>
  /** How long the outputs of a commit may still be on their way to readers; 0 where they come with it. */
  readonly visibleWithinMs: number
}

/**
 * Opens a folder that exists, to read it, while others may write.
 * @throws DataFolderError, KeysError, StreamsError
 */
export async function openSession(config: Config, reading: Pick<EmbeddedLogSettings, 'lookMs'> = {}): Promise<Session> {
  const folder = openDataFolder(config)
  const registry = schemaRegistry(config)
  const session = await connect(config, folder, registry, await schemaIds(registry), {
    bytesMax: config.logBytesMax,
    ...reading,
  })
  return agreed(session, () => requireAgreedKeys(session, folder.keys))
}

/** How a session that writes differs from the usual one. */
export interface WritingOptions {
  /** Switches retention off. */
  readonly keepsAll?: boolean
  readonly onSynced?: NonNullable<EmbeddedLogSettings['onSynced']>
  /** Asked before a topic is made or changed; what it throws is thrown. */
  readonly refuse?: (session: Session) => void
}

/** Opens or makes the folder and its topics, to write. */
export async function openWritingSession(
  config: Config,
  { keepsAll = false, onSynced, refuse }: WritingOptions = {},
): Promise<Session> {
  const folder = openOrCreateDataFolder(config, readRules(config.rulesFile))
  const bytesMax = keepsAll ? Math.max(config.logBytesMax, IMPORT_BYTES_MAX) : config.logBytesMax
  const registry = schemaRegistry(config)
  const ids = await awaitSchemaIds(registry, machineTime)
  const settings = { bytesMax, ...(onSynced !== undefined && { onSynced }) }
  const session = await connect(config, folder, registry, ids, settings)
  const { logRetentionMs: retentionMs } = config
  return agreed(session, async () => {
    refuse?.(session)
    await session.log.createTopics(topicSettings({ logBytesMax: keepsAll ? null : bytesMax, retentionMs }))
    return agreeOnKeys(session, folder.keys)
  })
}

/** The session with the mask key that its partitions start with; closed when there is no agreement. */
async function agreed(session: Session, ask: () => Promise<string | null>): Promise<Session> {
  try {
    const initialMaskKey = (await ask()) ?? session.folder.initialMaskKey
    return { ...session, folder: { ...session.folder, initialMaskKey } }
  } catch (error) {
    await session.log.close()
    throw error
  }
}

/** What an import that keeps everything may take. */
const IMPORT_BYTES_MAX = 64 * 2 ** 30

async function connect(
  config: Config,
  folder: DataFolder,
  registry: SchemaRegistry,
  ids: SchemaIds,
  settings: Pick<EmbeddedLogSettings, 'bytesMax' | 'lookMs' | 'onSynced'>,
): Promise<Session> {
  const log = await openEmbeddedLog({ directory: logFolder(folder.path), clock: machineTime, ...settings })
  const logId = log.stat().folderId
  const committedBy: Session['committedBy'] = (applicationId, input) => log.committedOffset(applicationId, input)
  try {
    requireOwnLog(folder, logId)
  } catch (error) {
    await log.close()
    throw error
  }
  return {
    config,
    folder,
    log,
    ids,
    registry,
    logId,
    committed: (input) => committedBy(APPLICATION_ID, input),
    committedBy,
    isOwned: async (input) => (await log.taskOwner(APPLICATION_ID, input)) !== null,
    // Its transactions are seen from their end on, so none is ever half there.
    heldBack: async () => null,
    appendTogether: async (batches) => {
      await log.appendTogether(batches)
    },
    visibleWithinMs: 0,
  }
}

/** The chain of one thread over the session's keys and bounds. */
export function createRuntime({ config, folder, ids, registry }: Session<Log>): BatchProcessor<PaymentStores> {
  const { keys } = folder
  return createPaymentRuntime({
    maskKeys: ringOf(folder),
    stateKey: keys.stateKey,
    signers: keys.signers,
    initialRules: folder.initialRules,
    schemaIds: ids,
    askSchemaVersion: askRegistry(registry, ids, machineTime),
    partitionCount: PARTITIONS,
    bounds: {
      dedupIdsMax: config.dedupMaxIdsPerPartition,
      sendersMax: config.sendersMaxPerPartition,
      windowEntriesMax: config.windowsMaxEntriesPerPartition,
    },
    arenaBytes: config.fetchArenaBytes,
  })
}

/** The session's checkpoints: in the data folder, or where the setting says, so that several machines may share them. */
export function checkpointFiles({ config, folder }: Session<Log>, unfinished?: string): CheckpointStore {
  const shared = config.checkpointsFolder
  return new CheckpointFolder(shared === '' ? checkpointFolder(folder.path) : resolve(shared), unfinished)
}

/** What a partition's checkpoints must agree with. The log's id stands with the key's: two logs never mix. */
export function checkpointIdentity({ folder, logId }: Session<Log>, partition: number): CheckpointIdentity {
  return {
    topology: 'payments',
    semanticsVersion: SEMANTICS_VERSION,
    topic: INPUT_TOPIC,
    partition,
    stateKeyId: `${folder.stateKeyId}@${logId}`,
    createdBy: `sluice semantics ${SEMANTICS_VERSION}`,
  }
}
