import { strict as assert } from 'node:assert'
import { setTimeout as pause } from 'node:timers/promises'
import { Random } from '../../../producers/simulator/random.ts'
import type { StartedSluice } from '../../support/started-sluice.ts'
import type { Row } from './row.ts'

const WORKERS = ['one', 'two', 'three', 'four']
const EVERY_MS = 2_000
const STORM_MS = 120_000
const LOOK_EVERY_MS = 30_000
const RATE = 300
const CHECKPOINTS = { SLUICE_CHECKPOINT_INTERVAL_MS: '2000' }

export const rebalanceStorm: Row = {
  row: 'F11',
  title: 'one of four workers joins or leaves every 2 s for two minutes, one leave in four by kill -9',
  expectation: 'every 30 s more is decided; state moves with its partition; nothing is doubled',
  async run({ short, open, tell }, seed) {
    const stand = await open()
    const random = new Random(`F11 ${seed}`)
    const running = new Map<string, StartedSluice>()
    const gone: StartedSluice[] = []
    const join = (name: string) => running.set(name, stand.worker(name, { env: CHECKPOINTS }))
    for (const name of WORKERS) join(name)
    const decided: number[] = []
    await stand.feed.sendWhile(RATE, async () => {
      await stand.until('the workers decide', async () => (await stand.decidedTotal()) > 0)
      decided.push(await stand.decidedTotal())
      const endMs = performance.now() + (short ? STORM_MS / 2 : STORM_MS)
      for (let lookMs = performance.now() + LOOK_EVERY_MS; performance.now() < endMs; await pause(EVERY_MS)) {
        const name = WORKERS[random.between(0, WORKERS.length - 1)] as string
        const worker = running.get(name)
        void stand.strike()
        if (worker === undefined) join(name)
        else if (running.size > 1) {
          running.delete(name)
          worker.kill(random.chance(0.25) ? 'SIGKILL' : 'SIGINT')
          gone.push(worker)
          await worker.ended // Its name is free again only then.
        }
        if (performance.now() < lookMs) continue
        lookMs += LOOK_EVERY_MS
        decided.push(await stand.decidedTotal())
        tell(`${decided.at(-1)} decided, ${running.size} workers`)
      }
    })
    assert.ok(decided.length > 1)
    for (const [i, sum] of decided.entries())
      assert.ok(sum > (decided[i - 1] ?? 0), `no progress: ${decided.join(', ')}`)
    await stand.decided()
    // One that has only just begun does not yet know how to leave.
    await Promise.all([...running.values()].map((worker) => stand.healthOf(worker)))
    await stand.leave(...running.values())
    await stand.audit()
  },
}
