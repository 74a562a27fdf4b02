import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { Random } from '../../../producers/simulator/random.ts'
import type { StartedSluice } from '../../support/started-sluice.ts'
import { END_TXN, PRODUCE, TXN_OFFSET_COMMIT } from '../kafka-proxy.ts'
import type { Row } from './row.ts'
import { partitionsOf, type Stand } from './stand.ts'

/** Sessions end fast, so that many take-overs fit into a run. */
const SESSION = {
  'group.consumer.min.session.timeout.ms': '2500',
  'group.consumer.session.timeout.ms': '2500',
  'group.consumer.heartbeat.interval.ms': '500',
}
const STEPS = [PRODUCE, TXN_OFFSET_COMMIT, END_TXN]
const RATE = 1_000
/** How a worker is told that it was replaced. */
const REPLACED = /no member|does not know|aware of this member|old epoch|newer producer|somebody else owns/g

export const zombies: Row = {
  row: 'F4',
  title:
    'SIGSTOP of a worker in the middle of a commit, longer than its session; another takes over and works; SIGCONT',
  expectation:
    'what the zombie had sent and still sends is refused: no row of it is seen; it drops its tasks and comes back as a member like any other',
  async run({ short, open, tell }, seed) {
    const stand = await open({ properties: SESSION })
    const random = new Random(`F4 ${seed}`)
    const env = { SLUICE_CHECKPOINT_INTERVAL_MS: '1000' }
    const one = stand.worker('one', { env })
    await stand.owns(one, PARTITIONS)
    const two = stand.worker('two', { env })
    await stand.owns(two, PARTITIONS / 2)
    await stand.owns(one, PARTITIONS / 2)
    const repeats = short ? 2 : 25
    await stand.feed.sendWhile(RATE, async () => {
      for (let n = 1; n <= repeats; n++) {
        const [zombie, other] = random.chance(0.5) ? [one, two] : [two, one]
        await pauseAndReplace(stand, zombie, other, random)
        if (n % 10 === 0) tell(`${n} zombies of ${repeats}`)
      }
    })
    await stand.decided()
    await stand.leave(one, two)
    await stand.audit()
  },
}

async function pauseAndReplace(stand: Stand, zombie: StartedSluice, other: StartedSluice, random: Random) {
  const step = STEPS[random.between(0, STEPS.length - 1)]
  const name = zombie.args[2]
  const theirs = partitionsOf(zombie)
  let paused = false
  stand.requests(({ apiKey, clientId }) => {
    if (paused || apiKey !== step || clientId !== name) return 'arrives'
    paused = true
    zombie.kill('SIGSTOP')
    void stand.strike()
    return 'held'
  })
  await stand.until('the worker is in the middle of a commit', () => paused)
  await stand.owns(other, PARTITIONS)
  const before = await stand.committed()
  await stand.until('the new owner has committed', async () => {
    const now = await stand.committed()
    return theirs.every((partition) => (now[partition] ?? 0) > (before[partition] ?? 0))
  })
  const told = zombie.stderr.match(REPLACED)?.length ?? 0
  if (stand.release() === 0) throw new Error('nothing of the zombie was held')
  zombie.kill('SIGCONT')
  await stand.until('the zombie is told', () => (zombie.stderr.match(REPLACED)?.length ?? 0) > told)
  await stand.owns(other, PARTITIONS / 2)
  await stand.owns(zombie, PARTITIONS / 2)
}
