/**
 * A process of the log's tests: opens the folder, does its part, and tells the parent a line for each thing that was
 * acknowledged, written with a synchronous write, so that a kill loses no line of what is told.
 */
import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { type EmbeddedLog, openEmbeddedLog } from '../../../streams/embedded/embedded-log.ts'
import { StreamsError } from '../../../streams/errors.ts'
import { batchOf } from '../log/text-records.ts'

export type ChildRole = 'work' | 'hold' | 'pace' | 'fill' | 'drip' | 'reopen'

/** One line from the child. */
export type ChildLine =
  | { readonly kind: 'open'; readonly pid: number }
  | {
      readonly kind: 'appended'
      readonly baseOffset: number
      readonly text: string
      readonly startMs: number
      readonly tookMs: number
    }
  | { readonly kind: 'committed'; readonly offset: number; readonly startMs: number; readonly tookMs: number }
  | { readonly kind: 'reopened' }
  | { readonly kind: 'failed'; readonly code: string; readonly next: string; readonly message: string }

const IN = { topic: 'in', partition: 0 }
const PADDING = 'x'.repeat(300)

function tell(line: ChildLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      // The pipe is full while the parent is busy: it reads on.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

function tellFailure(error: unknown): void {
  if (!(error instanceof StreamsError)) throw error
  tell({ kind: 'failed', code: error.code, next: error.next, message: error.message })
}

/** Appends batches of growing size until `count` are acknowledged or one fails, `pauseMs` apart. */
async function produce(log: EmbeddedLog, count: number, { records = 1, pauseMs = 0 } = {}): Promise<void> {
  const producer = await log.openProducer('child')
  for (let n = 0, sequence = 0; n < count; n++) {
    const text = `${process.pid}/${n} ${PADDING}`
    const texts = Array.from({ length: records + (n % 5) }, (_, i) => `${text}${i}`)
    const [startMs, started] = [Date.now(), performance.now()]
    const { baseOffset } = await producer.append(batchOf(IN, texts), sequence)
    sequence += texts.length
    tell({ kind: 'appended', baseOffset, text: `${text}0`, startMs, tookMs: performance.now() - started })
    if (pauseMs > 0) await setTimeout(pauseMs)
  }
}

/** Transaction n writes "n" to both output partitions and commits offset n + 1. */
async function commit(log: EmbeddedLog, count: number): Promise<void> {
  const session = await log.openTask('app', IN)
  tell({ kind: 'open', pid: process.pid })
  let offset = (await session.committed())?.offset ?? 0
  for (let n = 0; n < count; n++) {
    const [startMs, started] = [Date.now(), performance.now()]
    session.begin()
    const texts = Array.from({ length: 1 + (offset % 7) }, () => `${offset} ${PADDING}`)
    await session.append([0, 1].map((partition) => batchOf({ topic: 'out', partition }, texts)))
    await session.sendOffset({ offset: offset + 1, metadata: `${offset}` })
    await session.end()
    offset++
    tell({ kind: 'committed', offset, startMs, tookMs: performance.now() - started })
  }
}

/** Works until the log fails, then tries each call once more: all must fail the same way. */
async function fill(log: EmbeddedLog): Promise<void> {
  await produce(log, 100_000, { records: 100 }).catch(tellFailure)
  await log.bounds(IN).then(() => undefined, tellFailure)
  await log.openProducer(null).then(() => undefined, tellFailure)
}

const [directory = '', role = '', count = '1000000'] = process.argv.slice(2)
const open = () => openEmbeddedLog({ directory, clock: { nowMs: () => Date.now() } })
const log = await open()
await log.createTopics([
  { topic: 'in', partitions: 1, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers' },
  { topic: 'out', partitions: 2, retentionMs: -1, retentionBytes: -1 },
])
switch (role as ChildRole) {
  case 'work':
    await Promise.all([produce(log, Number(count)), commit(log, Number(count))])
    break
  case 'hold':
    await log.openTask('app', IN).then(() => tell({ kind: 'open', pid: process.pid }), tellFailure)
    setInterval(() => {}, 1_000) // Until it is killed.
    await new Promise(() => {})
    break
  case 'pace':
    await produce(log, Number(count)).catch(tellFailure)
    await commit(log, Number(count)).catch(tellFailure)
    break
  case 'drip':
    await produce(log, Number(count), { pauseMs: 4 })
    break
  case 'reopen':
    await log.close()
    for (let n = 0; n < Number(count); n++) {
      await (await open()).close()
      tell({ kind: 'reopened' })
    }
    break
  case 'fill':
    await fill(log)
    break
}
await log.close()
