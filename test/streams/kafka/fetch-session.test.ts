import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FetchSession, keyOf, type PartitionDemand, type SessionRequest } from '../../../streams/kafka/fetch-session.ts'

// Goal: what the broker remembers after each request is what was asked for, with as little said as the protocol allows.
const demand = (partition: number, offset: number): PartitionDemand => {
  return { topicId: `topic-${partition % 2}`, partition, offset, leaderEpoch: 1, lastFetchedEpoch: -1, maxBytes: 1_000 }
}

/** A broker's side of one session, after KIP-227. */
class Remembering {
  readonly partitions = new Map<string, string>()
  private readonly sessionId = 77
  private epoch = 0

  answer({ sessionId, epoch, topics, forgotten }: SessionRequest): number | null {
    if (epoch === 0) {
      this.partitions.clear()
      this.epoch = 0
    } else if (sessionId !== this.sessionId || epoch !== this.epoch) return null
    for (const { topicId, partitions } of forgotten) {
      for (const partition of partitions) this.partitions.delete(keyOf({ topicId, partition }))
    }
    for (const { topicId, partitions } of topics) {
      for (const p of partitions) this.partitions.set(keyOf({ topicId, ...p }), `${p.fetchOffset}`)
    }
    this.epoch++
    return this.sessionId
  }
}

test('fetch session: the broker always looks at exactly what was asked for last', () => {
  const rounds = fc.array(
    fc.record({
      offsets: fc.dictionary(fc.constantFrom('0', '1', '2', '3', '4'), fc.nat(3), { maxKeys: 5 }),
      lost: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  )
  let compared = 0
  let said = 0
  fc.assert(
    fc.property(rounds, (script) => {
      const session = new FetchSession()
      const broker = new Remembering()
      for (const { offsets, lost } of script) {
        const demands = Object.entries(offsets).map(([partition, offset]) => demand(Number(partition), offset))
        const request = session.next(demands)
        const answer = broker.answer(request)
        said += request.topics.flatMap(({ partitions }) => partitions).length
        expect(answer).not.toBeNull()
        const expected = new Map(demands.map((d) => [keyOf(d), `${d.offset}`]))
        expect(broker.partitions).toEqual(expected)
        compared += expected.size
        // An answer that did not come leaves both sides apart: only a new session is sure.
        if (lost) session.reset()
        else session.accept(answer as number)
      }
    }),
  )
  expect(compared).toBeGreaterThan(500)
  expect(said).toBeLessThan(compared)
})

test('fetch session: a broker with no room for sessions is told everything each time', () => {
  const session = new FetchSession()
  for (let i = 0; i < 3; i++) {
    expect(session.next([demand(0, i)])).toMatchObject({ sessionId: 0, epoch: 0, topics: [{ topicId: 'topic-0' }] })
    session.accept(0)
  }
})
