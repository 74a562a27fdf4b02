import { strict as assert } from 'node:assert'
import { setTimeout as pause } from 'node:timers/promises'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import type { Row } from './row.ts'

const AWAY_MS = 60_000
const FLAP_MS = 10_000
const FLAPS = 3
const BUFFER_BYTES = 64 << 10
/** No record of the simulator is shorter. */
const RECORD_BYTES_MIN = 100
const RECORDS = 60_000

export const absentBrokers: Row = {
  row: 'F9',
  title: 'the broker stands still (SIGSTOP) for 60 s, then for 10 s of every 20 s',
  expectation:
    'producers hold what their buffer takes and let callers wait; nothing acknowledged is lost; work goes on after each pause',
  async run({ short, open, tell }) {
    const stand = await open()
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    const [broker] = stand.kafka.brokers
    if (broker === undefined) throw new Error('there is no broker')
    let over = false
    const feeding = (async () => {
      while (!over) await stand.feed.send(RECORDS, { producer: { bufferBytes: BUFFER_BYTES } })
    })()
    feeding.catch(() => {})
    const standStill = async (forMs: number) => {
      await stand.until('work is under way', async () => (await stand.waiting()) > 0)
      await stand.strike()
      broker.pause()
      await pause(forMs)
      const unacknowledged = stand.feed.unacknowledged
      assert.ok(unacknowledged > 0, 'the producer had nothing to hold')
      assert.ok(unacknowledged <= BUFFER_BYTES / RECORD_BYTES_MIN, `${unacknowledged} records are held`)
      broker.resume()
      const before = stand.feed.acknowledgedNow
      await stand.until('the producer goes on', () => stand.feed.acknowledgedNow > before)
    }
    await standStill(short ? 5_000 : AWAY_MS)
    tell('the broker is back')
    for (let n = 0; n < (short ? 1 : FLAPS); n++) {
      await standStill(FLAP_MS)
      await pause(FLAP_MS)
    }
    over = true
    await feeding
    await stand.decided()
    await stand.leave(worker)
    await stand.audit()
  },
}
