import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { StreamsError } from '../errors.ts'
import { drainOnSignals } from '../machine/drain-on-signals.ts'
import { machineTime } from '../machine/machine-time.ts'
import { type Application, CHECKPOINT_INTERVALS, startApplication } from '../plain/application.ts'
import type { ProcessorTopology } from '../plain/processor-topology.ts'
import { misuse } from '../plain/topic.ts'
import { CheckpointFolder } from '../state/checkpoint-folder.ts'
import { GroupMember } from './group-member.ts'
import { KafkaLog } from './kafka-log.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { MemberFile } from './member-file.ts'

/** The group waits so long for a partition that it takes away: a drain, the last commit and a checkpoint. */
const REBALANCE_TIMEOUT_MS = 120_000
/** It stands in the name of a file. */
const MEMBER_NAME = /^[A-Za-z0-9._-]{1,64}$/

/** Where and how a topology runs on a Kafka cluster. */
export interface RunSettings extends Omit<KafkaOptions, 'clientId'> {
  /**
   * Checkpoints and this process's membership; made when missing. A process that is started again in its directory has its
   * partitions back at once. A directory that several processes share lets each take over from the last checkpoint of any.
   */
  readonly directory: string
  /** Tells the processes of one directory apart: `member`. */
  readonly memberName?: string
  /** Stands in the brokers' logs, metrics and quotas; the topology's name. */
  readonly clientId?: string
  /** A task writes a checkpoint after so long, if anything happened: 10,000 ms. */
  readonly checkpointIntervalMs?: number
  /** Whether Ctrl-C and SIGTERM drain the application before they end the process; true. */
  readonly handleSignals?: boolean
  /** Told of errors that a task or the membership survives; a process warning. */
  readonly onError?: (error: StreamsError) => void
}

/**
 * Runs a topology on a Kafka cluster (4.0 or newer): outputs and input offset of a task are one transaction, and a restart
 * after kill -9 goes on where the last commit ended. The topology's name is the group: start as many processes as there are
 * partitions, and the group shares the partitions among them. Missing topics are created, and keep everything.
 *
 * @throws StreamsError (stop) when a topic has another number of partitions, the cluster refuses, or a process of this name runs;
 * (retry) when no broker answers.
 */
export async function run(topology: ProcessorTopology, settings: RunSettings): Promise<Application> {
  const { directory, memberName = 'member', checkpointIntervalMs, handleSignals = true, onError = warn } = settings
  if (!MEMBER_NAME.test(memberName))
    throw misuse(`memberName has 1 to 64 of A-Z a-z 0-9 . _ -, and ${memberName} is none`)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const { name } = topology
  let member: GroupMember | null = null
  const log = new KafkaLog({
    kafka: { clientId: name, ...settings },
    // The tasks commit in the name of the member, which is made once the log is there.
    member: () => member?.requireIdentity() ?? null,
  })
  let release = () => {}
  try {
    const application = await startApplication(topology, {
      log,
      checkpoints: new CheckpointFolder(join(directory, 'checkpoints', name)),
      clock: machineTime,
      logIdOf: async (topic) => (await log.cluster.topic(topic)).topicId,
      assign: (topics, tasks) => {
        member = new GroupMember({
          cluster: log.cluster,
          groupId: name,
          topics: topics.map((topic) => topic.name),
          store: new MemberFile(join(directory, 'members', name, `${memberName}.json`), name),
          newMemberId: randomUUID,
          rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
          ...tasks,
          onError,
        })
        return member
      },
      ...CHECKPOINT_INTERVALS,
      ...(checkpointIntervalMs !== undefined && { checkpointIntervalMs }),
      onSurvived: onError,
      close: () => {
        release()
        return log.close()
      },
    })
    if (handleSignals) release = drainOnSignals(application)
    return application
  } catch (error) {
    await log.close()
    throw error
  }
}

function warn(error: StreamsError): void {
  process.emitWarning(error)
}
