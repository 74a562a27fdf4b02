import { strict as assert } from 'node:assert'
import { createServer } from 'node:net'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import type { StartedSluice } from '../../support/started-sluice.ts'
import {
  CONSUMER_GROUP_HEARTBEAT,
  END_TXN,
  FETCH,
  INIT_PRODUCER_ID,
  OFFSET_FETCH,
  PRODUCE,
  TXN_OFFSET_COMMIT,
} from '../kafka-proxy.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const ENDS_WITHIN_MS = 10_000
const RATE = 500
/** Where the signal comes: at an answer to this request. */
const STATES = [
  { state: 'joining', apiKey: CONSUMER_GROUP_HEARTBEAT, nth: 1 },
  { state: 'asking for an offset', apiKey: OFFSET_FETCH, nth: 1 },
  { state: 'taking over', apiKey: INIT_PRODUCER_ID, nth: 3 },
  { state: 'restoring', apiKey: FETCH, nth: 2 },
  { state: 'outputs sent', apiKey: PRODUCE, nth: 10 },
  { state: 'offset sent', apiKey: TXN_OFFSET_COMMIT, nth: 10 },
  { state: 'committed', apiKey: END_TXN, nth: 10 },
]

export const endsAndDoubleStarts: Row = {
  row: 'F33',
  title:
    'SIGTERM while the worker joins, takes over, restores and is at each step of a commit; a second start under its name; a port that is taken',
  expectation:
    'it drains and leaves within 10 s with exit code 0; the second start refuses and names the first; the port’s owner is named',
  async run({ open, tell }) {
    const stand = await open()
    const first = stand.worker('one')
    await stand.owns(first, PARTITIONS)
    await stand.feed.send(RATE)
    await stand.decided()
    await refuseDoubles(stand, first)
    await stand.leave(first)
    await stand.feed.sendWhile(RATE, async () => {
      for (const { state, apiKey, nth } of STATES) {
        const tookMs = await terminateAt(stand, apiKey, nth)
        tell(`${state}: ended within ${(tookMs / 1_000).toFixed(1)} s`)
        assert.ok(tookMs <= ENDS_WITHIN_MS, `${state}: it took ${tookMs} ms to end`)
      }
    })
    const last = stand.worker('one')
    // All may be decided before it has begun, and a signal that comes so early ends it as it ends any process.
    await stand.owns(last, PARTITIONS)
    await stand.decided()
    await stand.leave(last)
    await stand.audit()
  },
}

async function terminateAt(stand: Stand, apiKey: number, nth: number): Promise<number> {
  const worker = stand.worker('one')
  let times = 0
  let sentMs = 0
  stand.answers((request) => {
    if (request.apiKey === apiKey && ++times === nth) {
      sentMs = performance.now()
      worker.kill('SIGTERM')
      void stand.strike()
    }
    return 'arrives'
  })
  const code = await worker.ended
  stand.release()
  assert.ok(sentMs > 0, 'it ended before the signal')
  assert.equal(code, 0, worker.stderr)
  return performance.now() - sentMs
}

async function refuseDoubles(stand: Stand, first: StartedSluice): Promise<void> {
  const second = stand.worker('one')
  assert.notEqual(await second.ended, 0)
  assert.match(second.stderr, new RegExp(`belongs to a process that runs \\(pid ${first.child.pid}\\)`))
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const third = stand.start(['worker', '--name', 'three', '--port', String(port)])
  assert.notEqual(await third.ended, 0)
  assert.match(third.stderr, new RegExp(`pid ${process.pid}`))
  await new Promise((resolve) => server.close(resolve))
}
