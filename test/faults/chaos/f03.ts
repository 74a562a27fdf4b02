import { strict as assert } from 'node:assert'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { CONSUMER_GROUP_HEARTBEAT, FETCH, OFFSET_FETCH, PRODUCE } from '../kafka-proxy.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const LONG_SESSION = { 'group.consumer.session.timeout.ms': '45000' }
const SHORT_SESSION = { 'group.consumer.session.timeout.ms': '6000' }
/** An answer to a fetch that brings records. */
const FETCHED_BYTES_MIN = 500
/** A heartbeat answer without an assignment is shorter. */
const ASSIGNMENT_BYTES_MIN = 60
const HISTORY = 20_000
const WAITING = 2_000

export const killedInRestores: Row = {
  row: 'F3',
  title:
    'kill -9 of the worker in the fold of a restore; when it was just given partitions; when it was just told to hand some over',
  expectation: 'the next start restores from the beginning, from nothing half done; no partial store decides',
  async run({ short, open, tell }) {
    const restoring = await open({ properties: LONG_SESSION })
    for (let n = 0; n < (short ? 1 : 4); n++) await killFolding(restoring, n)
    await finish(restoring)
    tell('killed in folds')
    const handing = await open({ properties: SHORT_SESSION })
    for (let n = 0; n < (short ? 1 : 3); n++) {
      await killNewcomer(handing)
      await killGiver(handing)
    }
    await finish(handing)
    tell('killed while partitions moved')
  },
}

/** Without a checkpoint a start folds the whole input again. */
async function killFolding(stand: Stand, n: number): Promise<void> {
  const worker = stand.worker('one')
  await stand.owns(worker, PARTITIONS)
  await stand.feed.send(HISTORY)
  await stand.decided()
  worker.kill('SIGKILL')
  await worker.ended
  await stand.feed.send(WAITING)
  const before = await stand.committed()
  const restoring = stand.worker('one')
  let [folded, wrote] = [0, 0]
  stand.requests(({ apiKey }) => {
    if (apiKey === PRODUCE) wrote++
    return 'arrives'
  })
  stand.answers(({ apiKey }, frame) => {
    if (apiKey !== FETCH || frame.length < FETCHED_BYTES_MIN || ++folded !== n + 2) return 'arrives'
    restoring.kill('SIGKILL')
    void stand.strike()
    return 'arrives'
  })
  await restoring.ended
  stand.release()
  assert.equal(wrote, 0, 'the worker wrote before it was killed')
  assert.deepEqual(await stand.committed(), before)
}

/** The newcomer asks for the committed offset of a partition that it was given. */
async function killNewcomer(stand: Stand): Promise<void> {
  const one = stand.worker('one')
  await stand.owns(one, PARTITIONS)
  await stand.feed.sendWhile(1_000, async () => {
    const two = stand.worker('two')
    stand.requests(({ apiKey, clientId }) => {
      if (apiKey !== OFFSET_FETCH || clientId !== 'two') return 'arrives'
      two.kill('SIGKILL')
      void stand.strike()
      return 'lost'
    })
    await two.ended
    stand.release()
    await stand.owns(one, PARTITIONS)
  })
  await stand.leave(one)
}

/** The one that had all partitions hears of the assignment that takes half of them away. */
async function killGiver(stand: Stand): Promise<void> {
  const one = stand.worker('one')
  await stand.owns(one, PARTITIONS)
  await stand.feed.sendWhile(1_000, async () => {
    await stand.until('work is under way', async () => (await stand.waiting()) > 0)
    stand.answers(({ apiKey, clientId }, frame) => {
      if (apiKey !== CONSUMER_GROUP_HEARTBEAT || clientId !== 'one' || frame.length < ASSIGNMENT_BYTES_MIN) {
        return 'arrives'
      }
      setImmediate(() => one.kill('SIGKILL')) // It has the answer, and has begun.
      void stand.strike()
      return 'arrives'
    })
    const two = stand.worker('two')
    await one.ended
    stand.release()
    await stand.owns(two, PARTITIONS)
    await stand.leave(two)
  })
}

async function finish(stand: Stand): Promise<void> {
  const worker = stand.worker('last')
  await stand.decided()
  await stand.leave(worker)
  await stand.audit()
}
