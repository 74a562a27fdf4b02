import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedLog, openEmbeddedLog } from '../streams/embedded/embedded-log.ts'
import type { OutputBatch } from '../streams/log/log.ts'
import { RecordBatchReader } from '../streams/record/record-batch-reader.ts'
import { RecordBatchWriter } from '../streams/record/record-batch-writer.ts'
import { type Bar, Report } from './harness.ts'

/**
 * What the embedded log carries when every acknowledgement waits for the disk (SPEC X4): 300-byte records in batches of
 * 1,000, one producer in a process of its own, then the same with a task that commits in this process meanwhile, then
 * reading it all back with checksums. The paired naive variant is one record a batch, each waited for.
 */
const RECORD_BYTES = 300
const BATCH_RECORDS = 1_000
const ROUND_MS = 350
const ROUNDS = 3
/** The pipeline's bar from end to end: the log has to carry that much twice at once, in and out. */
const RECORDS_BAR = 100_000

const TOPICS = [
  { topic: 'in', partitions: 1, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers' },
  { topic: 'out', partitions: 1, retentionMs: -1, retentionBytes: -1 },
] as const

interface Carried {
  readonly records: number
  readonly ms: number
  readonly syncs: number
  /** How long each acknowledgement took. */
  readonly latenciesMs: readonly number[]
}

type Step = (sequence: number) => Promise<unknown>

function batchOf(topic: string, records: number): OutputBatch {
  const writer = new RecordBatchWriter()
  writer.open()
  const key = Buffer.from('sender-0123456789')
  for (let i = 0; i < records; i++) {
    writer.begin(1_767_225_600_000 + i, key, 0, key.length)
    writer.reserve(RECORD_BYTES)
    writer.bytes.fill(i, writer.at, writer.at + RECORD_BYTES)
    writer.at += RECORD_BYTES
    writer.end()
  }
  const [batch] = writer.finish()
  if (batch === undefined) throw new Error('no batch')
  return { topic, partition: 0, ...batch }
}

/** Repeats `step` for a round with `inFlight` of them under way. */
async function carry(log: EmbeddedLog, records: number, inFlight: number, step: Step): Promise<Carried> {
  const syncs = () => log.stat().environments.reduce((sum, environment) => sum + environment.syncs, 0)
  const latenciesMs: number[] = []
  const before = syncs()
  const begun = performance.now()
  let sequence = 0
  const lane = async () => {
    while (performance.now() - begun < ROUND_MS) {
      const started = performance.now()
      const mine = sequence
      sequence += records
      await step(mine)
      latenciesMs.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return { records: sequence, ms: performance.now() - begun, syncs: syncs() - before, latenciesMs }
}

async function produce(log: EmbeddedLog, records: number, inFlight: number): Promise<Carried> {
  const producer = await log.openProducer(null)
  const batch = batchOf('in', records)
  return carry(log, records, inFlight, (sequence) => producer.append(batch, sequence))
}

async function commit(log: EmbeddedLog): Promise<Carried> {
  const task = await log.openTask('bench', { topic: 'in', partition: 0 })
  const batch = batchOf('out', BATCH_RECORDS)
  const carried = await carry(log, BATCH_RECORDS, 1, async (sequence) => {
    task.begin()
    await task.append([batch])
    await task.sendOffset({ offset: sequence + BATCH_RECORDS, metadata: '' })
    await task.end()
  })
  await task.close()
  return carried
}

async function fetchAll(
  log: EmbeddedLog,
): Promise<{ readonly records: number; readonly bytes: number; readonly ms: number }> {
  const reader = log.openReader({ topic: 'in', partition: 0 }, 0)
  const cursor = new RecordBatchReader()
  const total = { records: 0, bytes: 0, ms: 0 }
  const begun = performance.now()
  for (;;) {
    const { bytes, nextOffset, endOffset } = await reader.fetch(1 << 20, 0)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < bytes.length; at = cursor.end) {
      if (cursor.open(bytes, view, at, bytes.length) !== 'ok') throw new Error('a batch came back damaged')
      while (cursor.next()) total.records++
    }
    total.bytes += bytes.length
    if (nextOffset >= endOffset) break
  }
  reader.close()
  return { ...total, ms: performance.now() - begun }
}

/** Runs one producing round in a process of its own. */
function produceElsewhere(
  directory: string,
  records: number,
  inFlight: number,
): { ready: Promise<void>; carried: () => Promise<Carried> } {
  const child = fork(import.meta.filename, [directory, 'produce', String(records), String(inFlight)])
  const ready = new Promise<void>((resolve) => child.once('message', () => resolve()))
  return {
    ready,
    carried: () =>
      new Promise((resolve) => {
        child.once('message', (carried) => resolve(carried as Carried))
        child.send('go')
      }),
  }
}

function reportCarried(report: Report, name: string, rounds: readonly Carried[], bar: Bar = {}): void {
  const perSecond = (of: (round: Carried) => number) => rounds.map((round) => of(round) / (round.ms / 1_000))
  const percentile = (share: number) =>
    rounds.map(({ latenciesMs }) => [...latenciesMs].sort((a, b) => a - b)[Math.floor(latenciesMs.length * share)] ?? 0)
  report.figure(
    `${name}: records a second`,
    '/s',
    perSecond(({ records }) => records),
    bar,
  )
  report.figure(
    `${name}: MB a second`,
    'MB/s',
    perSecond(({ records }) => (records * RECORD_BYTES) / 1e6),
  )
  report.figure(
    `${name}: syncs a second`,
    '/s',
    perSecond(({ syncs }) => syncs),
  )
  report.figure(`${name}: acknowledgement, median`, 'ms', percentile(0.5))
  report.figure(`${name}: acknowledgement, p99`, 'ms', percentile(0.99))
}

async function main(folder: string): Promise<void> {
  const report = new Report('embedded-log', 'The embedded log, every acknowledgement durable')
  const alone: Carried[] = []
  const deep: Carried[] = []
  const single: Carried[] = []
  const besides: Carried[] = []
  const commits: Carried[] = []
  const fetched: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const directory = await mkdtemp(join(folder, 'sluice-bench-log-'))
    const log = await openEmbeddedLog({ directory, clock: { nowMs: () => Date.now() } })
    await log.createTopics(TOPICS)
    const elsewhere = async (records: number, inFlight: number, meanwhile?: () => Promise<Carried>) => {
      const producer = produceElsewhere(directory, records, inFlight)
      await producer.ready
      return Promise.all([producer.carried(), meanwhile?.()])
    }
    alone.push((await elsewhere(BATCH_RECORDS, 1))[0])
    deep.push((await elsewhere(BATCH_RECORDS, 4))[0])
    const [producing, committing] = await elsewhere(BATCH_RECORDS, 2, () => commit(log))
    besides.push(producing)
    if (committing !== undefined) commits.push(committing)
    const { bytes, ms } = await fetchAll(log)
    fetched.push(bytes / 1e6 / (ms / 1_000))
    single.push((await elsewhere(1, 1))[0])
    await log.close()
    await rm(directory, { recursive: true })
  }
  reportCarried(report, 'producer, one batch in flight', alone)
  reportCarried(report, 'producer, four in flight', deep)
  reportCarried(report, 'producer beside a task', besides, { atLeast: RECORDS_BAR })
  reportCarried(report, 'task beside a producer', commits, { atLeast: RECORDS_BAR })
  report.figure('fetch and check every record: MB a second', 'MB/s', fetched)
  reportCarried(report, 'naive: a record a batch', single)
  report.finish()
}

async function child(directory: string, records: number, inFlight: number): Promise<void> {
  const log = await openEmbeddedLog({ directory, clock: { nowMs: () => Date.now() } })
  const warm = await log.openProducer(null)
  await warm.append(batchOf('in', records), 0)
  process.once('message', async () => {
    process.send?.(await produce(log, records, inFlight))
    await log.close()
    process.disconnect()
  })
  process.send?.('ready')
}

const [folder = tmpdir(), role, records, inFlight] = process.argv.slice(2)
if (role === 'produce') await child(folder, Number(records), Number(inFlight))
else await main(folder)
