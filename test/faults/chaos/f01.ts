import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { Random } from '../../../producers/simulator/random.ts'
import type { StartedSluice } from '../../support/started-sluice.ts'
import { END_TXN, type Fate, FETCH, type KafkaRequest, PRODUCE, TXN_OFFSET_COMMIT } from '../kafka-proxy.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

/** Where in a commit a worker is killed: as the brokers' side of it sees the step. */
interface Point {
  readonly name: string
  readonly at: 'request' | 'answer'
  readonly apiKey: number
  /** What becomes of that request or answer. */
  readonly fate: Fate
}

const POINTS: readonly Point[] = [
  { name: 'K1 polled', at: 'answer', apiKey: FETCH, fate: 'arrives' },
  { name: 'K2 begun', at: 'request', apiKey: PRODUCE, fate: 'lost' },
  { name: 'K3 produced', at: 'answer', apiKey: PRODUCE, fate: 'lost' },
  { name: 'K4 offsets sent', at: 'answer', apiKey: TXN_OFFSET_COMMIT, fate: 'lost' },
  { name: 'K5 EndTxn on its way, there when the next owner works', at: 'request', apiKey: END_TXN, fate: 'held' },
  { name: 'K5 EndTxn done, its answer on its way', at: 'answer', apiKey: END_TXN, fate: 'lost' },
  { name: 'K6 committed, state in no checkpoint', at: 'answer', apiKey: END_TXN, fate: 'arrives' },
]
/** An answer to a fetch that brings records. */
const FETCHED_BYTES_MIN = 500
const SLICE = 1_500
/** The kill comes at one of so many. */
const NTH_MAX = 30
/** A worker that is started again at once is still the member that it was. */
const LONG_SESSION = { 'group.consumer.session.timeout.ms': '45000' }

export const killedWorkers: Row = {
  row: 'F1',
  title:
    'kill -9 of the worker: polled, begun, produced, offsets sent, EndTxn without a reply, committed without a checkpoint',
  expectation:
    'what was not committed is decided again, once, and nobody sees the rows of the first try; an EndTxn that comes late is fenced; state is the fold of the input',
  async run({ short, open, tell }, seed) {
    const stand = await open({ properties: LONG_SESSION })
    const random = new Random(`F1 ${seed}`)
    let worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    const kills = Array.from({ length: short ? 1 : 3 }, () => POINTS).flat()
    for (const point of kills) {
      await killAt(stand, worker, point, random.between(1, NTH_MAX))
      worker = stand.worker('one')
      await stand.owns(worker, PARTITIONS)
      if (point.fate === 'held') {
        const { length } = (await stand.committed()).filter((offset) => offset > 0)
        if (length === 0) throw new Error('the next owner has found nothing committed')
        await stand.decided()
        if (stand.release() === 0) throw new Error('no EndTxn was held')
      }
      tell(`killed: ${point.name}`)
    }
    await stand.decided()
    await stand.leave(worker)
    await stand.audit()
  },
}

/** Feeds until the worker is killed at the point for the `nth` time. */
async function killAt(stand: Stand, worker: StartedSluice, point: Point, nth: number): Promise<void> {
  let times = 0
  const fate = ({ apiKey }: KafkaRequest, frame: Buffer): Fate => {
    if (apiKey !== point.apiKey || (apiKey === FETCH && frame.length < FETCHED_BYTES_MIN) || ++times !== nth) {
      return 'arrives'
    }
    worker.kill('SIGKILL')
    void stand.strike()
    return point.fate
  }
  if (point.at === 'request') stand.requests(fate)
  else stand.answers(fate)
  while (times < nth) await stand.feed.send(SLICE)
  await worker.ended
  stand.requests(() => 'arrives')
  stand.answers(() => 'arrives')
}
