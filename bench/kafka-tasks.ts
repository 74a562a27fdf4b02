import { createPaymentRuntime } from '../bin/runtime/payment-runtime.ts'
import { readConfig } from '../platform/config.ts'
import { SEMANTICS_VERSION } from '../processors/sinks/semantics-version.ts'
import type { PaymentStores } from '../processors/stores/payment-stores.ts'
import { DISPOSITIONS } from '../streams/disposition.ts'
import type { StreamsError } from '../streams/errors.ts'
import type { KafkaLog } from '../streams/kafka/kafka-log.ts'
import type { LogBounds } from '../streams/log/log.ts'
import { machineTime } from '../streams/machine/machine-time.ts'
import { CheckpointFolder } from '../streams/state/checkpoint-folder.ts'
import { Checkpointing, CheckpointTurn } from '../streams/task/checkpointing.ts'
import { Task } from '../streams/task/task.ts'
import { testRuntimeOptions } from '../test/support/offline-chain.ts'
import { AtLeastOnceLog } from './at-least-once-log.ts'
import { INPUT, openLog, PARTITIONS } from './kafka-ground.ts'
import { monotonicMs } from './load-feeder.ts'

/** What the tasks of one thread are to do. */
export interface TasksPlan {
  readonly bootstrap: string
  /** A new one begins at the beginning of the input. */
  readonly applicationId: string
  readonly checkpoints: string
  readonly guarantee: 'exactly-once' | 'at-least-once'
  /**
   * `input`: until all that stands in the input is committed. `restored`: until every task has restored its state.
   * `told`: says `ready` once it runs, and ends when it is disconnected.
   */
  readonly until: 'input' | 'restored' | 'told'
}

/** How it went; for `told` only the moment is said. */
export interface TasksRun {
  readonly records: number
  readonly wallMs: number
  readonly cpuMs: number
  /** The most that the process ever held, V8's heap and all, MB. */
  readonly peakMb: number
  readonly commits: number
  readonly dedupIds: number
  readonly dispositions: Readonly<Record<string, number>>
}

const BOUNDS = { dedupIdsMax: 4_000_000, sendersMax: 1_000_000, windowEntriesMax: 4_000_000 }
const RETRY_BACKOFF_MS = 200
const POLL_MS = 2

/** The chain and its tasks as a worker composes them, but for the number of partitions; settings are the product's defaults. */
function createTasks(log: KafkaLog, plan: TasksPlan): Task<PaymentStores>[] {
  const config = readConfig({}, {})
  const options = { ...testRuntimeOptions({ partitionCount: PARTITIONS }), bounds: BOUNDS }
  const processor = createPaymentRuntime({ ...options, arenaBytes: config.fetchArenaBytes })
  const turn = new CheckpointTurn()
  const onError = (error: StreamsError) => process.stderr.write(`${error.message}\n`)
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const input = { topic: INPUT, partition }
    const checkpoints = new Checkpointing({
      files: new CheckpointFolder(plan.checkpoints),
      identity: {
        topology: plan.applicationId,
        semanticsVersion: SEMANTICS_VERSION,
        ...input,
        stateKeyId: 'bench',
        createdBy: 'bench',
      },
      create: () => processor.topology.createStores(partition),
      sections: ({ sections }) => sections,
      clock: machineTime,
      intervalMs: config.checkpointIntervalMs,
      intervalRecords: config.checkpointIntervalRecords,
      turn,
      onFailed: onError,
    })
    return new Task({
      applicationId: plan.applicationId,
      input,
      log,
      processor,
      checkpoints,
      clock: machineTime,
      fetchBytesMax: config.fetchBytesMax,
      fetchWaitMs: config.fetchWaitMs,
      retryBackoffMs: RETRY_BACKOFF_MS,
      onError,
    })
  })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
}

const running = (task: Task<PaymentStores>) => task.lifeState === 'RUNNING'

async function work(log: KafkaLog, plan: TasksPlan): Promise<TasksRun> {
  const tasks = createTasks(log, plan)
  const ends = await Promise.all(tasks.map(({ input }): Promise<LogBounds> => log.bounds(input)))
  const cpuBefore = process.cpuUsage()
  const begunMs = monotonicMs()
  const runs = Promise.all(tasks.map((task) => task.run()))
  // Whoever waits below would wait for ever for a task that has ended.
  runs.catch((error: unknown) => {
    throw error
  })
  const isDone = (task: Task<PaymentStores>, at: number) => task.committedOffset >= (ends[at]?.endOffset ?? 0)
  if (plan.until === 'told') await until(() => tasks.every(running))
  else await until(() => tasks.every((task, at) => isDone(task, at) && (plan.until === 'input' || running(task))))
  const wallMs = monotonicMs() - begunMs
  const { user, system } = process.cpuUsage(cpuBefore)
  if (plan.until === 'told') {
    process.send?.('ready')
    await new Promise((resolve) => process.once('disconnect', resolve))
  }
  const sum = (of: (task: Task<PaymentStores>) => number) => tasks.reduce((total, task) => total + of(task), 0)
  const run: TasksRun = {
    records: sum(({ committedOffset }) => committedOffset),
    wallMs,
    cpuMs: (user + system) / 1_000,
    peakMb: (process.resourceUsage().maxRSS * 1_024) / 1e6,
    commits: sum(({ counters }) => counters.commits),
    dedupIds: sum(({ stores }) => stores?.dedupTable.size ?? 0),
    dispositions: Object.fromEntries(
      DISPOSITIONS.map((name, i) => [name, sum(({ counters }) => counters.dispositions[i] ?? 0)]),
    ),
  }
  for (const task of tasks) task.stop()
  await runs
  return run
}

async function main(plan: TasksPlan): Promise<void> {
  const { bootstrap, guarantee } = plan
  const kafka = { bootstrapServers: [bootstrap], clientId: 'sluice-bench' }
  const log = guarantee === 'exactly-once' ? openLog(bootstrap) : new AtLeastOnceLog({ kafka })
  const run = await work(log, plan)
  await log.close()
  if (process.connected) process.send?.(run, () => process.disconnect())
}

await main(JSON.parse(process.argv[2] ?? '{}') as TasksPlan)
