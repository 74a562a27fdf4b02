import { fileURLToPath } from 'node:url'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import type { Row } from './row.ts'

const FAULTS = fileURLToPath(new URL('./worker-faults.ts', import.meta.url))
const FIVE_MINUTES_MS = 300_000
const HOUR_MS = 3_600_000
const RATE = 1_000

/** Codes and tokens have clocks of their own once they are there; their part of the row waits for them. */
export const wrongClocks: Row = {
  row: 'F30',
  title:
    'two workers whose clocks are 5 minutes fast and slow, stepped back by an hour and forward by a second in the middle of work',
  expectation: 'decisions are those of a machine whose clock is right: windows go by event time and stream time alone',
  async run({ short, open }) {
    const stand = await open()
    const clock = (ms: number, step: number) => ({
      NODE_OPTIONS: `--import=${FAULTS}`,
      SLUICE_TEST_CLOCK_MS: String(ms),
      SLUICE_TEST_STEP_MS: String(step),
      SLUICE_CHECKPOINT_INTERVAL_MS: '500',
    })
    const fast = stand.worker('fast', { env: clock(FIVE_MINUTES_MS, -HOUR_MS) })
    await stand.owns(fast, PARTITIONS)
    const slow = stand.worker('slow', { env: clock(-FIVE_MINUTES_MS, 1_000) })
    await stand.owns(slow, PARTITIONS / 2)
    await stand.owns(fast, PARTITIONS / 2)
    await stand.feed.sendWhile(RATE, async () => {
      for (let n = 1; n <= (short ? 1 : 5); n++) {
        const before = await stand.decidedTotal()
        await stand.until('payments are under way', async () => (await stand.waiting()) > 0)
        for (const worker of [fast, slow]) {
          worker.kill('SIGUSR2')
          void stand.strike()
        }
        const stepped = (text: string) => (text.match(/fault: SIGUSR2/g)?.length ?? 0) >= n
        await stand.until('both clocks have stepped', () => stepped(fast.stdout) && stepped(slow.stdout))
        await stand.until('work goes on', async () => (await stand.decidedTotal()) > before + 2 * RATE)
      }
    })
    await stand.decided()
    await stand.leave(fast, slow)
    await stand.audit()
  },
}
