import { fileURLToPath } from 'node:url'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import type { Row } from './row.ts'

const FAULTS = fileURLToPath(new URL('./worker-faults.ts', import.meta.url))
const STALL_MS = 20_000
const RATE = 500
const REPLACED = /no member|does not know|aware of this member|old epoch|newer producer|somebody else owns/

export const stalledLoop: Row = {
  row: 'F31',
  title: 'the event loop of one of two workers stands still for 20 s (a busy loop, as a long collection would)',
  expectation:
    'its heartbeats are missed and it is fenced; the other decides its partitions; what it still writes is refused',
  async run({ short, open }) {
    const stand = await open()
    const one = stand.worker('one')
    await stand.owns(one, PARTITIONS)
    const env = { NODE_OPTIONS: `--import=${FAULTS}`, SLUICE_TEST_STALL_MS: String(STALL_MS) }
    const two = stand.worker('two', { env })
    await stand.owns(two, PARTITIONS / 2)
    await stand.owns(one, PARTITIONS / 2)
    await stand.feed.sendWhile(RATE, async () => {
      for (let n = 0; n < (short ? 1 : 3); n++) {
        await stand.until('payments are under way', async () => (await stand.waiting()) > 0)
        const from = two.stderr.length
        two.kill('SIGUSR2')
        void stand.strike()
        await stand.owns(one, PARTITIONS)
        await stand.until('the stalled one is told', () => REPLACED.test(two.stderr.slice(from)))
        await stand.owns(two, PARTITIONS / 2)
        await stand.owns(one, PARTITIONS / 2)
      }
    })
    await stand.decided()
    await stand.leave(one, two)
    await stand.audit()
  },
}
