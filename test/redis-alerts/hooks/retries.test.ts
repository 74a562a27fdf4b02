import { expect, test } from 'vitest'
import { Dispatcher, type Waiting } from '../../../redis-alerts/hooks/dispatcher.ts'
import { failed, type TryResult } from '../../../redis-alerts/hooks/hook-target.ts'
import { retryAfterMs } from '../../../redis-alerts/hooks/retry-after.ts'
import { RETRY_PLAN, retryDelayMs } from '../../../redis-alerts/hooks/retry-plan.ts'
import { hookAction } from './hook-actions.ts'

// Goal: when a delivery is tried again, over hours, and how long a receiver that is down is left alone.
// Method: a virtual clock that goes from one try to the next; chance is an argument.
const DELIVERED: TryResult = { delivered: true, status: 200, detail: 'OK', retryAfterMs: null }
const S = 1_000
const MIN = 60 * S
const HOUR = 60 * MIN

const DELAYS = [
  { made: 1, longestMs: 5 * S },
  { made: 2, longestMs: 20 * S },
  { made: 3, longestMs: 80 * S },
  { made: 4, longestMs: 320 * S },
  { made: 5, longestMs: 1_280 * S },
  { made: 6, longestMs: 5_120 * S },
  { made: 7, longestMs: 20_480 * S },
  { made: 8, longestMs: 6 * HOUR },
  { made: 9, longestMs: 6 * HOUR },
]

test.each(DELAYS)(
  'SPEC A5: after $made tries the pause is up to $longestMs ms, at least half of it',
  ({ made, longestMs }) => {
    expect(retryDelayMs(RETRY_PLAN, made, 0)).toBe(longestMs)
    expect(retryDelayMs(RETRY_PLAN, made, 0.5)).toBe(longestMs * 0.75)
    expect(retryDelayMs(RETRY_PLAN, made, 1 - 2 ** -32)).toBe(longestMs / 2)
  },
)

test('SPEC A5: after the tenth try there is no other', () => {
  expect(retryDelayMs(RETRY_PLAN, 10, 0)).toBeNull()
})

const dispatcher = (given: Partial<ConstructorParameters<typeof Dispatcher>[0]> = {}) =>
  new Dispatcher({ plan: RETRY_PLAN, concurrency: 4, random: () => 0, ...given })

const fresh = (number: number, dueMs = 0): Waiting => ({ action: hookAction(number), tries: 0, dueMs })

/** Tries whatever is due until nothing is left; returns when each try of each action began. */
function runAll(over: Dispatcher, resultOf: (waiting: Waiting, nowMs: number) => TryResult): Map<string, number[]> {
  const begun = new Map<string, number[]>()
  let nowMs = 0
  for (; over.nextAtMs < Number.POSITIVE_INFINITY; nowMs = Math.max(nowMs, over.nextAtMs)) {
    const waiting = over.take(nowMs)
    if (waiting === null) continue
    const { action, tries } = waiting
    begun.set(action.actionId, [...(begun.get(action.actionId) ?? []), nowMs])
    const verdict = over.judge(waiting, resultOf(waiting, nowMs), nowMs)
    if (verdict.outcome === 'FAILED') over.add({ action, tries: tries + 1, dueMs: verdict.nextTryMs })
  }
  return begun
}

test('SPEC A5: an action that is never taken is tried ten times within a day, then it is dead', () => {
  const over = dispatcher()
  over.add(fresh(1))
  const [tries] = [...runAll(over, () => failed('HTTP_500')).values()]
  expect(tries).toHaveLength(10)
  expect(tries?.at(-1)).toBeGreaterThan(10 * HOUR)
  expect(tries?.at(-1)).toBeLessThan(24 * HOUR)
})

test('SPEC A5: one action that is refused holds back none of the others', () => {
  const over = dispatcher()
  for (let i = 0; i < 50; i++) over.add(fresh(i))
  const begun = runAll(over, ({ action }) =>
    action.actionId === hookAction(7).actionId ? failed('HTTP_400') : DELIVERED,
  )
  expect(begun.get(hookAction(7).actionId)).toHaveLength(10)
  expect([...begun.values()].filter(([first]) => first === 0)).toHaveLength(50)
})

test('SPEC A5: a receiver that is down is asked by one try at a time, ever less often, and gets all once it is back', () => {
  const over = dispatcher()
  for (let i = 0; i < 500; i++) over.add(fresh(i))
  const backMs = 2 * HOUR
  const asked: number[] = []
  const begun = runAll(over, (_waiting, nowMs) => {
    if (nowMs >= backMs) return DELIVERED
    asked.push(nowMs)
    return failed('ECONNREFUSED')
  })
  // Five in a row open the circuit; then 1 s, 2 s, 4 s... up to 5 min apart.
  expect(asked.slice(0, 9)).toEqual([0, 0, 0, 0, 0, 1 * S, 3 * S, 7 * S, 15 * S])
  expect(asked.length).toBeLessThan(40)
  const last = [...begun.values()].map((tries) => tries.at(-1) as number)
  expect(Math.min(...last)).toBeGreaterThanOrEqual(backMs)
  expect(begun.size).toBe(500)
})

test('SPEC A5: no more tries are under way than may be, and one alone while the circuit is open', () => {
  const over = dispatcher({ concurrency: 6 })
  for (let i = 0; i < 20; i++) over.add(fresh(i))
  const underWay = Array.from({ length: 6 }, () => over.take(0) as Waiting)
  expect(over.take(0)).toBeNull()
  expect(over.nextAtMs).toBe(Number.POSITIVE_INFINITY)
  for (const waiting of underWay) over.judge(waiting, failed('TIMED_OUT'), 10)
  expect(over.circuitState).toBe('OPEN')
  expect(over.take(10)).toBeNull()
  const probe = over.take(10 + S) as Waiting
  expect(probe).not.toBeNull()
  expect(over.take(HOUR)).toBeNull()
  over.judge(probe, DELIVERED, HOUR)
  expect(over.circuitState).toBe('CLOSED')
  expect(over.take(HOUR)).not.toBeNull()
})

test('SPEC A5: Retry-After keeps every try from the receiver, not only this one', () => {
  const over = dispatcher()
  over.add(fresh(1))
  over.add(fresh(2))
  const first = over.take(0) as Waiting
  const asked = { ...failed('HTTP_429'), status: 429, retryAfterMs: 10 * MIN }
  expect(over.judge(first, asked, 0)).toEqual({ outcome: 'FAILED', nextTryMs: 10 * MIN })
  expect(over.take(10 * MIN - 1)).toBeNull()
  expect(over.take(10 * MIN)?.action.actionId).toBe(hookAction(2).actionId)
})

test('SPEC A5: Retry-After holds also when a try that went out before it succeeds, and when the circuit has opened meanwhile', () => {
  for (const failures of [1, 5]) {
    const over = dispatcher({ concurrency: 6 })
    for (let i = 0; i < 20; i++) over.add(fresh(i))
    const underWay = Array.from({ length: failures + 1 }, () => over.take(0) as Waiting)
    const asked = { ...failed('HTTP_429'), status: 429, retryAfterMs: 10 * MIN }
    for (const waiting of underWay.slice(1)) over.judge(waiting, asked, 10)
    expect(over.circuitState).toBe(failures === 5 ? 'OPEN' : 'CLOSED')
    over.judge(underWay[0] as Waiting, DELIVERED, 20)
    expect(over.circuitState).toBe('CLOSED')
    expect(over.take(10 * MIN + 9)).toBeNull()
    expect(over.take(10 * MIN + 10)).not.toBeNull()
  }
})

const NOW = Date.parse('2026-11-25T20:00:00Z')
const RETRY_AFTER = [
  { why: 'nothing', header: undefined, ms: null },
  { why: 'seconds', header: '120', ms: 2 * MIN },
  { why: 'a date', header: 'Wed, 25 Nov 2026 20:01:00 GMT', ms: MIN },
  { why: 'a date of the past', header: 'Wed, 25 Nov 2026 19:00:00 GMT', ms: 0 },
  { why: 'more than an hour', header: '86400', ms: HOUR },
  { why: 'nonsense', header: 'soon', ms: null },
]

test.each(RETRY_AFTER)('SPEC A5: Retry-After with $why', ({ header, ms }) => {
  expect(retryAfterMs(header, NOW)).toBe(ms)
})
