/**
 * A process that runs the tasks of the payments topology over the embedded log in a folder, and dies where it is told to.
 * It tells its parent a line for each thing that was acknowledged.
 */
import { checkpointFolder } from '../../bin/runtime/data-folder.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { StreamsError } from '../../streams/errors.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { CheckpointFolder } from '../../streams/state/checkpoint-folder.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { Checkpointing } from '../../streams/task/checkpointing.ts'
import { Task } from '../../streams/task/task.ts'
import {
  APPLICATION,
  createChain,
  createChainTopics,
  INPUT,
  identityOf,
  openChainLog,
  PARTITIONS,
  settledDigest,
} from './chain.ts'
import { Failpoint, type Fault } from './failpoint.ts'
import { FaultyCheckpoints, failAroundRename } from './faulty-checkpoints.ts'
import { type Acknowledged, FaultyLog } from './faulty-log.ts'
import { tell } from './tell.ts'

/** What a worker is asked to do. */
export interface WorkerOrder {
  readonly folder: string
  readonly fault: Fault | null
  /** A checkpoint is due after so many records. */
  readonly checkpointRecords: number
  readonly fetchBytesMax: number
  /** To the end that the input had at the start, or until SIGTERM. */
  readonly until: 'drained' | 'asked'
}

/** One partition as the worker leaves it. */
export interface LeftPartition {
  readonly partition: number
  readonly offset: number
  readonly digest: string
  readonly processed: number
  readonly dispositions: readonly number[]
  readonly deadLetters: readonly number[]
  readonly commits: number
  readonly lag: number
}

/** An error as it was raised. */
export interface ToldError {
  readonly code: string
  readonly next: string
  readonly message: string
}

/** One line from a worker. */
export type WorkerLine =
  | { readonly kind: 'fired'; readonly step: string }
  | { readonly kind: 'running'; readonly partition: number; readonly offset: number }
  | { readonly kind: 'checkpoint-opened'; readonly name: string }
  | ({ readonly kind: 'committed' } & Acknowledged)
  | ({ readonly kind: 'survived' } & ToldError)
  | ({ readonly kind: 'failed' } & ToldError)
  | { readonly kind: 'left'; readonly partitions: readonly LeftPartition[] }

/** No checkpoint is due by time: the tests count records. */
const NEVER_MS = Number.MAX_SAFE_INTEGER
const FETCH_WAIT_MS = 10
const BACKOFF_MS = 10

const order = JSON.parse(process.argv[2] ?? '') as WorkerOrder
const failpoint = new Failpoint(order.fault)
failAroundRename(failpoint)
const log = await openChainLog(order.folder)
await createChainTopics(log)
const processor = createChain()
failInside(processor)

const ends: number[] = []
for (let partition = 0; partition < PARTITIONS; partition++) {
  ends.push((await log.bounds({ topic: INPUT, partition })).endOffset)
}
const offsets = ends.map(() => 0)
const faultyLog = new FaultyLog(log, failpoint, (commit) => {
  tell({ kind: 'committed', ...commit })
  cameTo(commit.partition, commit.offset)
})
const tasks = ends.map((_, partition) => createTask(partition))
process.once('SIGTERM', () => stopAll())

const runs = await Promise.allSettled(tasks.map((task) => task.run().finally(stopAll)))
for (const run of runs) if (run.status === 'rejected') tellError('failed', run.reason as StreamsError)
const failed = runs.some(({ status }) => status === 'rejected')
if (!failed) tell({ kind: 'left', partitions: tasks.map(leave) })
process.exitCode = failed ? 1 : 0
await log.close()

function createTask(partition: number): Task<PaymentStores> {
  const onError = (error: StreamsError) => tellError('survived', error)
  const files = new FaultyCheckpoints(new CheckpointFolder(checkpointFolder(order.folder)), failpoint, (name) =>
    tell({ kind: 'checkpoint-opened', name }),
  )
  const task: Task<PaymentStores> = new Task({
    applicationId: APPLICATION,
    input: { topic: INPUT, partition },
    log: faultyLog,
    processor,
    checkpoints: new Checkpointing({
      files,
      identity: identityOf(partition),
      create: () => processor.topology.createStores(partition),
      sections: ({ sections }) => sections,
      clock: machineTime,
      intervalMs: NEVER_MS,
      intervalRecords: order.checkpointRecords,
      onFailed: onError,
    }),
    clock: machineTime,
    fetchBytesMax: order.fetchBytesMax,
    fetchWaitMs: FETCH_WAIT_MS,
    retryBackoffMs: BACKOFF_MS,
    onError,
    onState: (state) => {
      if (state !== 'RUNNING') return
      tell({ kind: 'running', partition, offset: task.committedOffset })
      cameTo(partition, task.committedOffset)
    },
  })
  return task
}

function cameTo(partition: number, offset: number): void {
  offsets[partition] = offset
  if (order.until === 'drained' && offsets.every((at, i) => at >= (ends[i] ?? 0))) stopAll()
}

function stopAll(): void {
  for (const task of tasks) task.stop()
}

/** The failpoints inside the synchronous part: a pass with outputs is a commit's, one without is a fold's. */
function failInside(processor: BatchProcessor<PaymentStores>): void {
  const process = processor.process.bind(processor)
  processor.process = (stores, outputs, at, bytes, position, limit) => {
    if (outputs !== null) failpoint.reached('overlay-open')
    const progress = process(stores, outputs, at, bytes, position, limit)
    failpoint.reached(outputs === null ? 'folding' : 'overlay-full')
    return progress
  }
}

function leave({ input, counters, committedOffset, stores }: Task<PaymentStores>): LeftPartition {
  const { processed, dispositions, deadLetters, commits, lag } = counters
  return {
    partition: input.partition,
    offset: committedOffset,
    digest: stores === null ? '' : settledDigest(stores),
    processed,
    dispositions: [...dispositions],
    deadLetters: [...deadLetters],
    commits,
    lag,
  }
}

function tellError(kind: 'survived' | 'failed', { code, next, message }: StreamsError): void {
  tell({ kind, code, next, message })
}
