import { strict as assert } from 'node:assert'
import { setTimeout as pause } from 'node:timers/promises'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { Random } from '../../../producers/simulator/random.ts'
import { END_TXN, TXN_OFFSET_COMMIT } from '../kafka-proxy.ts'
import type { Row } from './row.ts'

/** The group waits longer than the transaction coordinator, which gives a transaction 15 s. */
const PROPERTIES = {
  'group.consumer.session.timeout.ms': '45000',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
}
const PAUSE_MS = 17_000
const RATE = 300
const STEPS = [TXN_OFFSET_COMMIT, END_TXN]

export const timedOutTransactions: Row = {
  row: 'F10',
  title: 'the worker stands still (SIGSTOP) in the middle of a commit for longer than the transaction time-out of 15 s',
  expectation: 'the cluster aborts the transaction; what comes late is refused; the whole batch is decided again, once',
  async run({ short, open }, seed) {
    const stand = await open({ properties: PROPERTIES })
    const random = new Random(`F10 ${seed}`)
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    for (let n = 0; n < (short ? 1 : 3); n++) {
      const step = STEPS[random.between(0, STEPS.length - 1)]
      const given = await givenUp()
      let paused = false
      stand.requests(({ apiKey }) => {
        if (paused || apiKey !== step) return 'arrives'
        paused = true
        worker.kill('SIGSTOP')
        void stand.strike()
        return 'held'
      })
      await stand.feed.sendWhile(RATE, async () => {
        await stand.until('it is in the middle of a commit', () => paused)
        await pause(PAUSE_MS)
        assert.ok(stand.release() > 0, 'nothing was held')
        worker.kill('SIGCONT')
        await stand.until('it has given the transaction up', async () => (await givenUp()) > given)
      })
      await stand.decided()
    }
    await stand.leave(worker)
    await stand.audit()

    async function givenUp(): Promise<number> {
      const aborted = await stand.metric(worker, 'sluice_sessions_aborted_total')
      return aborted + (await stand.metric(worker, 'sluice_sessions_fenced_total'))
    }
  },
}
