import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hasNews,
  heartbeatOf,
  joining,
  MEMBER_MOVES,
  type MemberEvent,
  type MemberPhase,
  type Membership,
  nextMembership,
  surplus,
} from '../../../streams/kafka/membership.ts'

const PHASES = Object.keys(MEMBER_MOVES) as MemberPhase[]
const EVENTS = Object.keys(MEMBER_MOVES.JOINING) as MemberEvent['event'][]

const answered = (epoch: number, assignment: number[] | null, told: readonly number[] | null = null): MemberEvent => {
  return { event: 'answered', epoch, assignment, told }
}
const released = (...partitions: number[]): MemberEvent => ({ event: 'released', partitions })
const fenced: MemberEvent = { event: 'fenced' }
const stop: MemberEvent = { event: 'stop' }
const left: MemberEvent = { event: 'left' }
const unanswered: MemberEvent = { event: 'unanswered' }

const once = (events: readonly MemberEvent[], from: Membership = joining()): Membership =>
  events.reduce(nextMembership, from)

describe('a member of a group', () => {
  test('the table is total: every phase knows every event', () => {
    expect(PHASES).toHaveLength(6)
    for (const phase of PHASES) expect(Object.keys(MEMBER_MOVES[phase]).sort()).toEqual([...EVENTS].sort())
  })

  const joined = [answered(1, [0, 1, 2], [])]
  const told = [...joined, answered(1, null, [0, 1, 2])]
  const giving = [...told, answered(1, [0])]

  test.each([
    {
      why: 'a new member says everything, at epoch 0',
      events: [],
      phase: 'JOINING',
      heartbeat: { epoch: 0, full: true, owned: [] },
    },
    {
      why: 'what is assigned is owned at once, and said',
      events: joined,
      phase: 'STABLE',
      heartbeat: { epoch: 1, full: false, owned: [0, 1, 2] },
    },
    {
      why: 'nothing new is not said',
      events: told,
      phase: 'STABLE',
      heartbeat: { epoch: 1, full: false, owned: null },
    },
    {
      why: 'what is taken away stays owned while its task closes, and the member lives on',
      events: giving,
      phase: 'HANDING_OVER',
      heartbeat: { epoch: 1, full: false, owned: null },
    },
    {
      why: 'one of two closed: said at once, the other is still owned',
      events: [...giving, released(1)],
      phase: 'HANDING_OVER',
      heartbeat: { epoch: 1, full: false, owned: [0, 2] },
    },
    {
      why: 'all closed: the coordinator may give them away',
      events: [...giving, released(1), released(2)],
      phase: 'STABLE',
      heartbeat: { epoch: 1, full: false, owned: [0] },
    },
    {
      why: 'taken away and wanted back: it stays owned',
      events: [...giving, answered(2, [0, 1]), released(1, 2)],
      phase: 'STABLE',
      heartbeat: { epoch: 2, full: false, owned: [0, 1] },
    },
    {
      why: 'an answer that did not come: everything is said again',
      events: [...told, unanswered],
      phase: 'STABLE',
      heartbeat: { epoch: 1, full: true, owned: [0, 1, 2] },
    },
    { why: 'fenced: silent until every task is gone', events: [...told, fenced], phase: 'ABANDONING', heartbeat: null },
    {
      why: 'fenced, and every task gone: it joins anew at epoch 0',
      events: [...told, fenced, released(0, 2), released(1)],
      phase: 'JOINING',
      heartbeat: { epoch: 0, full: true, owned: [] },
    },
    {
      why: 'fenced while it owns nothing: it joins anew at once',
      events: [answered(1, []), fenced],
      phase: 'JOINING',
      heartbeat: { epoch: 0, full: true, owned: [] },
    },
    {
      why: 'asked to stop: it lives on while tasks close',
      events: [...told, stop],
      phase: 'LEAVING',
      heartbeat: { epoch: 1, full: false, owned: null },
    },
    {
      why: 'an assignment that comes while it leaves is not taken',
      events: [...told, stop, answered(2, [0, 1, 2, 3])],
      phase: 'LEAVING',
      heartbeat: { epoch: 2, full: false, owned: null },
    },
    {
      why: 'asked to stop and all closed: farewell',
      events: [...told, stop, released(0, 1, 2)],
      phase: 'LEAVING',
      heartbeat: { epoch: -1, full: false, owned: null },
    },
    {
      why: 'fenced while it leaves: it does not join again',
      events: [...told, stop, fenced],
      phase: 'LEAVING',
      heartbeat: null,
    },
    { why: 'gone', events: [...told, stop, released(0, 1, 2), left], phase: 'LEFT', heartbeat: null },
    {
      why: 'stopped before it joined: farewell',
      events: [stop],
      phase: 'LEAVING',
      heartbeat: { epoch: -1, full: false, owned: null },
    },
  ])('$why', ({ events, phase, heartbeat }) => {
    const membership = once(events)
    expect(membership.phase).toBe(phase)
    expect(heartbeatOf(membership)).toEqual(heartbeat)
  })

  test('one that comes back says the epoch that it had, and takes its partitions again', () => {
    const back = joining(7)
    expect(heartbeatOf(back)).toEqual({ epoch: 7, full: true, owned: [] })
    expect(once([answered(7, [4, 5], [])], back)).toMatchObject({ phase: 'STABLE', epoch: 7, owned: [4, 5] })
    expect(once([fenced], back)).toMatchObject({ phase: 'JOINING', epoch: 0 })
  })

  test('the coordinator is told at once when all that it asked for is released, not of each part', () => {
    const asked = once([answered(1, [0, 1, 2], []), answered(1, null, [0, 1, 2]), answered(1, [0], null)])
    const part = nextMembership(asked, released(1))
    const whole = nextMembership(part, released(2))
    expect([asked, part, whole].map((membership) => hasNews(membership))).toEqual([false, false, true])
    expect(heartbeatOf(whole)?.owned).toEqual([0])
  })

  test('an event that the table does not have is our bug, and is refused by name', () => {
    expect(() => once([released(1)])).toThrow(/a member that is JOINING met released/)
    expect(() => once([left])).toThrow(expect.objectContaining({ code: 'INVARIANT', next: 'stop' }))
  })
})

test('SPEC X3: whatever comes, no partition is given up while its task runs', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('answered' as const), assignment: fc.option(fc.subarray([0, 1, 2, 3])) }),
    fc.record({ kind: fc.constantFrom('unanswered' as const, 'fenced' as const) }),
    fc.record({ kind: fc.constant('close' as const), which: fc.nat(3) }),
    fc.record({ kind: fc.constant('stop' as const) }),
  )
  const seen = new Set<MemberPhase>()
  let spoken = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      let membership = joining()
      let running = new Set<number>()
      let epoch = 0
      const apply = (event: MemberEvent) => {
        membership = nextMembership(membership, event)
        seen.add(membership.phase)
        for (const one of membership.owned) if (membership.target.includes(one)) running.add(one)
        expect(membership.owned).toEqual([...running].sort())
      }
      for (const one of steps) {
        const heartbeat = heartbeatOf(membership)
        if (heartbeat !== null) {
          spoken++
          if (heartbeat.owned !== null) expect(heartbeat.owned).toEqual([...running].sort())
          if (heartbeat.epoch <= 0) expect(running.size).toBe(0)
        }
        if (one.kind === 'close') {
          const closing = surplus(membership)
          const partition = closing[one.which % Math.max(closing.length, 1)]
          if (partition === undefined) continue
          running = new Set([...running].filter((open) => open !== partition))
          apply(released(partition))
        } else if (one.kind === 'stop') apply(stop)
        else if (heartbeat === null) continue
        else if (heartbeat.epoch < 0) {
          apply(left)
          return
        } else if (one.kind === 'answered') apply(answered(++epoch, one.assignment, heartbeat.owned))
        else apply({ event: one.kind })
      }
    }),
    { numRuns: 500 },
  )
  expect([...seen].sort()).toEqual([...PHASES].sort())
  expect(spoken).toBeGreaterThan(1_000)
})
