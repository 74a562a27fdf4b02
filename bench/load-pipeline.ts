import { existsSync, readFileSync } from 'node:fs'
import { Pipeline } from '../bin/runtime/pipeline.ts'
import { keepRetention } from '../bin/runtime/retention-loop.ts'
import { checkpointFiles, INPUT_TOPIC, openWritingSession, PARTITIONS, type Session } from '../bin/runtime/session.ts'
import { readConfig } from '../platform/config.ts'
import { monotonicMs } from './load-feeder.ts'

/**
 * The product's own pipeline in a process of its own, as `sluice up` composes it. Says `running` once its tasks have
 * restored, `first` with its first decision, and whenever it is asked, how many records it has processed or how it stands
 * in all, which costs it some work.
 * Arguments: data folder, and `keep` (the log keeps everything) or `drop` (retention as in production).
 */
export interface PipelineState {
  readonly processed: number
  readonly dispositions: readonly number[]
  readonly rssMb: number
  /** Resident memory that is the process's own: without pages of the log's files, which the kernel takes back at will. */
  readonly ownMb: number
  readonly dedupIds: number
  readonly senders: number
  readonly windowEntries: number
  readonly checkpointOffsets: number
  readonly committedOffsets: number
  readonly syncs: number
  readonly logMb: number
  readonly cpuMs: number
}

export type PipelineSays =
  | { readonly kind: 'running'; readonly atMs: number; readonly foldedFrom: number }
  | { readonly kind: 'first'; readonly atMs: number }
  | { readonly kind: 'processed'; readonly processed: number }
  | { readonly kind: 'state'; readonly state: PipelineState }

export type PipelineAsked = 'processed' | 'state'

const POLL_MS = 1
const PROCESS_STATUS = '/proc/self/status'

async function main(data: string, keeps: boolean): Promise<void> {
  const session = await openWritingSession(readConfig({}, { SLUICE_DATA: data }), { keepsAll: keeps })
  const foldedFrom = await checkpointed(session)
  const fail = (_partition: number, error: Error) => process.stderr.write(`${error.message}\n`)
  const pipeline = new Pipeline(session, { onSurvived: fail, onFailed: fail })
  const ending = new AbortController()
  if (!keeps) void keepRetention(session, ending.signal, (error) => process.stderr.write(`${error.message}\n`))
  process.on('message', async (asked: PipelineAsked) => {
    if (asked === 'processed') say({ kind: 'processed', processed: processedBy(pipeline) })
    else say({ kind: 'state', state: await stateOf(session, pipeline) })
  })
  process.once('disconnect', () => {
    ending.abort()
    pipeline.stop()
    void pipeline.ended.then(() => session.log.close())
  })
  await until(() => pipeline.running)
  say({ kind: 'running', atMs: monotonicMs(), foldedFrom })
  await until(() => pipeline.tasks.some(({ counters }) => counters.processed > 0))
  say({ kind: 'first', atMs: monotonicMs() })
}

function say(what: PipelineSays): void {
  process.send?.(what)
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
}

/** Sum of the newest checkpoints' offsets: where the folds begin. */
async function checkpointed(session: Session): Promise<number> {
  const files = checkpointFiles(session)
  let sum = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    sum += (await files.list(INPUT_TOPIC, partition))[0]?.nextOffset ?? 0
  }
  return sum
}

function processedBy({ tasks }: Pipeline): number {
  return tasks.reduce((total, { counters }) => total + counters.processed, 0)
}

async function stateOf(session: Session, pipeline: Pipeline): Promise<PipelineState> {
  const { tasks } = pipeline
  const sum = (of: (task: (typeof tasks)[number]) => number) => tasks.reduce((total, task) => total + of(task), 0)
  const { environments } = session.log.stat()
  const { user, system } = process.cpuUsage()
  const counted = tasks[0]?.counters.dispositions.length ?? 0
  return {
    processed: processedBy(pipeline),
    dispositions: Array.from({ length: counted }, (_, i) => sum(({ counters }) => counters.dispositions[i] ?? 0)),
    rssMb: process.memoryUsage.rss() / 1e6,
    ownMb: ownMemoryMb(),
    dedupIds: sum(({ stores }) => stores?.dedupTable.size ?? 0),
    senders: sum(({ stores }) => stores?.senders.rows.size ?? 0),
    windowEntries: sum(({ stores }) => stores?.entries.size ?? 0),
    checkpointOffsets: await checkpointed(session),
    committedOffsets: sum(({ committedOffset }) => committedOffset),
    syncs: environments.reduce((total, { syncs }) => total + syncs, 0),
    logMb: environments.reduce((total, { bytesUsed }) => total + bytesUsed, 0) / 1e6,
    cpuMs: (user + system) / 1_000,
  }
}

function ownMemoryMb(): number {
  const status = existsSync(PROCESS_STATUS) ? readFileSync(PROCESS_STATUS, 'utf8') : ''
  const kib = /^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]
  return kib === undefined ? process.memoryUsage.rss() / 1e6 : (Number(kib) * 1_024) / 1e6
}

const [data = '', keeps] = process.argv.slice(2)
if (import.meta.main) await main(data, keeps === 'keep')
