import { promiseHooks } from 'node:v8'
import { batchOf, STREAM } from './archived-stream.ts'
import type { WriterModule } from './writer-target.ts'

/** What a child is told to do with an archive. */
export interface ChildOrder {
  readonly module: string
  readonly settings: string
  /** Offsets of each partition to archive. */
  readonly records: number
  /** Offsets of a batch, and batches between flushes. */
  readonly stretch: number
  readonly flushEvery: number
  /** Kills itself at so many moments at which a promise was made or went on; null lives to the end, and tells their number. */
  readonly killAt: number | null
}

/** What a child that lived tells: at which moment it had opened the archive, and how many there were. */
export interface ChildMoments {
  readonly opened: number
  readonly moments: number
}

// node archive-child.ts ORDER: archives the stream from wherever the archive stands.
const order = JSON.parse(process.argv[2] ?? '') as ChildOrder
let moments = 0
const moment = () => {
  moments++
  if (moments === order.killAt) process.kill(process.pid, 'SIGKILL')
}
const { openWriter } = (await import(order.module)) as WriterModule
promiseHooks.onInit(moment)
promiseHooks.onBefore(moment)

const writer = await openWriter(order.settings)
const opened = moments
const positions = new Map<object, number>()
for (const at of STREAM) positions.set(at, (await writer.begin(at)) ?? 0)
let appended = 0
for (let left = true; left; ) {
  left = false
  for (const at of STREAM) {
    const from = positions.get(at)!
    if (from >= order.records) continue
    const next = Math.min(from + order.stretch, order.records)
    await writer.append(batchOf(at, from, next, Date.now()))
    positions.set(at, next)
    appended++
    if (appended % order.flushEvery === 0) await writer.flush()
    left = true
  }
}
await writer.flush()
await writer.close()
process.stdout.write(JSON.stringify({ opened, moments } satisfies ChildMoments))
