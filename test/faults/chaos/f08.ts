import { strict as assert } from 'node:assert'
import { setTimeout as pause } from 'node:timers/promises'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import type { StartedSluice } from '../../support/started-sluice.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const RATE = 500
/** On their way when the fault strikes: a worker that keeps up has nothing in flight for most of the time. */
const BURST = 3_000

export const killedBrokers: Row = {
  row: 'F8',
  title: 'kill -9 of the only broker under load, and its restart; then of each of three brokers in turn',
  expectation:
    'nothing acknowledged is lost, nothing doubled, no sequence error comes again and again; what waited is decided within twice the outage',
  async run({ short, open, tell }) {
    const single = await open()
    await outage(single, short ? 3_000 : 15_000, tell)
    if (short) return
    const stand = await open({ brokers: 3 })
    const workers = [stand.worker('one'), stand.worker('two')]
    for (const worker of workers) await stand.owns(worker, PARTITIONS / 2)
    await stand.feed.sendWhile(RATE, async () => {
      for (const broker of stand.kafka.brokers) {
        const { burst } = await underLoad(stand)
        await broker.kill()
        void stand.strike()
        const before = await stand.decidedTotal()
        // Two of three go on without it.
        await stand.until('the others decide', async () => (await stand.decidedTotal()) > before + RATE)
        await broker.restart()
        await burst
        tell(`broker ${broker.id} was killed and is back`)
      }
    })
    await finish(stand, workers)
  },
}

async function outage(stand: Stand, outageMs: number, tell: (progress: string) => void): Promise<void> {
  const worker = stand.worker('one')
  await stand.owns(worker, PARTITIONS)
  const [broker] = stand.kafka.brokers
  if (broker === undefined) throw new Error('there is no broker')
  await stand.feed.sendWhile(RATE, async () => {
    const { burst } = await underLoad(stand)
    void stand.strike()
    const killedMs = performance.now()
    await broker.kill()
    await pause(outageMs)
    await broker.restart()
    const backMs = performance.now()
    await burst
    const awayMs = backMs - killedMs
    await stand.until('what waited is decided', async () => (await stand.waiting()) < RATE)
    const caughtUpMs = performance.now() - backMs
    tell(`away for ${(awayMs / 1_000).toFixed(1)} s, caught up ${(caughtUpMs / 1_000).toFixed(1)} s later`)
    assert.ok(caughtUpMs <= 2 * awayMs, `caught up after ${caughtUpMs} ms, away for ${awayMs} ms`)
  })
  await finish(stand, [worker])
}

/** The fault shall strike in the middle of work; what is on its way then is to be awaited behind it. */
async function underLoad(stand: Stand): Promise<{ readonly burst: Promise<unknown> }> {
  const burst = stand.feed.send(BURST)
  const before = await stand.decidedTotal()
  await stand.until(
    'the worker decides',
    async () => (await stand.decidedTotal()) > before && (await stand.waiting()) > 0,
  )
  return { burst }
}

async function finish(stand: Stand, workers: readonly StartedSluice[]): Promise<void> {
  await stand.decided()
  for (const { stderr } of workers) assert.doesNotMatch(stderr, /OUT_OF_ORDER_SEQUENCE/)
  await stand.leave(...workers)
  await stand.audit()
}
