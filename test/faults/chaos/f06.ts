import { strict as assert } from 'node:assert'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { Random } from '../../../producers/simulator/random.ts'
import { PRODUCE } from '../kafka-proxy.ts'
import type { Row } from './row.ts'

const SLICE = 10_000

/** A lost answer leaves the outcome unknown: the session is given up, the next one learns what became of it. */
export const lostProduceAnswers: Row = {
  row: 'F6',
  title: 'answers to Produce are lost, with the connection and on an open one',
  expectation: 'one copy of each output; each lost answer is one unknown outcome and one new session',
  async run({ short, open, tell }, seed) {
    const stand = await open()
    const random = new Random(`F6 ${seed}`)
    const worker = stand.worker('one')
    await stand.owns(worker, PARTITIONS)
    let lost = 0
    let left = short ? 6 : 40
    const lose = (fate: 'cut' | 'lost', share: number) =>
      stand.answers(({ apiKey }) => {
        if (apiKey !== PRODUCE || left === 0 || !random.chance(share)) return 'arrives'
        left--
        lost++
        void stand.strike()
        return fate
      })
    lose('cut', 0.05)
    while (left > 0) {
      await stand.feed.send(SLICE)
      await stand.decided()
    }
    tell(`${lost} answers were lost with their connections`)
    if (!short) {
      // Nobody is told: the client waits for its time-out, the brokers for theirs.
      left = 1
      lose('lost', 1)
      await stand.feed.send(SLICE)
      await stand.decided()
    }
    stand.release()
    assert.equal(await stand.metric(worker, 'sluice_unknown_outcomes_total'), lost)
    assert.equal(await stand.metric(worker, 'sluice_sessions_aborted_total'), lost)
    await stand.leave(worker)
    await stand.audit()
  },
}
