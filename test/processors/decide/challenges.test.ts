import { expect, test } from 'vitest'
import type { Decision } from '../../../schemas/generated/decision.ts'
import type { ControlKind } from '../../../schemas/generated/enums.ts'
import { canonicalRules } from '../../../schemas/rule-set.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { PaymentsDriver, paymentRecord, START_MS } from '../../support/payments-driver.ts'
import type { TestSigner } from '../../support/test-keys.ts'
import { DEFAULT_RULES } from '../../support/test-rules.ts'

// Goal: a challenge or a review ends once: by its control record, by stream time, or at the bound (SPEC S8).
const FIVE_MINUTES_MS = 300_000
const WEEK_MS = 604_800_000

/** Rules by which a first payment to a receiver is challenged at 50 points, and reviewed at 90 by night. */
const RULES = {
  ...DEFAULT_RULES,
  signals: {
    ...DEFAULT_RULES.signals,
    FIRST_RECEIVER: { points: 50 },
    RISKY_CATEGORY: { ...DEFAULT_RULES.signals.RISKY_CATEGORY, points: 40 },
  },
}

class Waiting {
  readonly driver = new PaymentsDriver({ initialRules: RULES })
  private count = 0

  /** A payment of a sender of its own that is challenged or reviewed. */
  payment(kind: 'challenge' | 'review', atMs = 0): Decision {
    const i = this.count++
    const decision = this.driver.decide({
      transactionId: `w${i}`,
      senderAccountId: `ACC-w${i}`,
      eventTime: START_MS + atMs,
      merchantCategory: kind === 'review' ? '7995' : null,
    })
    expect(decision.outcome).toBe(kind)
    return decision
  }

  /** One that nothing is held against, which moves stream time; what ended because of it. */
  passTime(atMs: number) {
    const i = this.count++
    this.driver.control(
      { kind: 'ACCOUNT_ALLOWED', accountId: `ACC-p${i}`, until: START_MS * 2, eventTime: START_MS },
      'board',
    )
    const { resolutions } = this.driver.pay({
      transactionId: `p${i}`,
      senderAccountId: `ACC-p${i}`,
      eventTime: START_MS + atMs,
    })
    return resolutions
  }

  end(kind: ControlKind, decisionId: string | null, signer: TestSigner = kind.startsWith('C') ? 'api' : 'board') {
    return this.driver.control({ kind, decisionId, eventTime: START_MS + 1, actor: 'alice' }, signer)
  }
}

// biome-ignore format: a table
const ENDS = [
  { kind: 'CHALLENGE_PASSED',  of: 'challenge', outcome: 'passed' },
  { kind: 'CHALLENGE_FAILED',  of: 'challenge', outcome: 'failed' },
  { kind: 'CHALLENGE_EXPIRED', of: 'challenge', outcome: 'expired' },
  { kind: 'REVIEW_APPROVED',   of: 'review',    outcome: 'approved' },
  { kind: 'REVIEW_DECLINED',   of: 'review',    outcome: 'declined' },
] as const
test.each(ENDS)('SPEC S8: $kind ends a $of as $outcome, once; later ones are ignored', ({ kind, of, outcome }) => {
  const waiting = new Waiting()
  const { decisionId, transactionId, senderAccountId } = waiting.payment(of)
  const ended = waiting.end(kind, decisionId)
  expect(ended.disposition).toBe('control-applied')
  expect(ended.resolutions).toEqual([
    {
      decisionId,
      transactionId,
      senderAccountId,
      outcome,
      actor: 'alice',
      eventTime: START_MS + 1,
      inputTopic: 'payments.submitted',
      inputPartition: 0,
      inputOffset: 1,
      semanticsVersion: 3,
    },
  ])
  for (const later of ENDS.filter((end) => end.of === of)) {
    expect(waiting.end(later.kind, decisionId)).toMatchObject({ disposition: 'control-ignored', resolutions: [] })
  }
  expect(waiting.passTime(2 * WEEK_MS)).toEqual([])
})

test.each(ENDS)('SPEC S8: $kind of the other sort is refused, and the decision still waits', ({ kind, of }) => {
  const waiting = new Waiting()
  const { decisionId } = waiting.payment(of === 'challenge' ? 'review' : 'challenge')
  const refused = waiting.end(kind, decisionId)
  expect(refused).toMatchObject({
    disposition: 'control-refused',
    resolutions: [],
    alerts: [{ kind: 'CONTROL_REFUSED' }],
  })
  const right = of === 'challenge' ? 'REVIEW_APPROVED' : 'CHALLENGE_PASSED'
  expect(waiting.end(right, decisionId).disposition).toBe('control-applied')
})

// biome-ignore format: a table
const UNKNOWN = [
  { why: 'no decision id',                     decisionId: null },
  { why: 'of an approved payment',             decisionId: '0-1' },
  { why: 'of an offset to come',               decisionId: '0-99' },
  { why: 'of another partition',               decisionId: '1-0' },
  { why: 'with leading zeros',                 decisionId: '0-00' },
  { why: 'with a sign',                        decisionId: '0-+0' },
  { why: 'that is none',                       decisionId: 'tx-1' },
]
test.each(UNKNOWN)('SPEC S8: an end of a decision $why is ignored', ({ decisionId }) => {
  const waiting = new Waiting()
  waiting.payment('challenge')
  waiting.passTime(0)
  expect(waiting.end('CHALLENGE_PASSED', decisionId)).toMatchObject({ disposition: 'control-ignored', resolutions: [] })
})

test('SPEC S8: stream time ends a challenge after five minutes, a review after a week, to the ms', () => {
  for (const [kind, limitMs] of [
    ['challenge', FIVE_MINUTES_MS],
    ['review', WEEK_MS],
  ] as const) {
    const waiting = new Waiting()
    const { decisionId, transactionId, senderAccountId } = waiting.payment(kind)
    expect(waiting.passTime(limitMs)).toEqual([])
    const [expired, ...more] = waiting.passTime(limitMs + 1)
    expect(more).toEqual([])
    expect(expired).toMatchObject({
      decisionId,
      transactionId,
      senderAccountId,
      outcome: 'expired',
      actor: 'stream-time',
    })
    // The offset is that of the payment that moved stream time; its control record stands before it.
    expect(expired).toMatchObject({ eventTime: START_MS + limitMs + 1, inputOffset: 4 })
    expect(waiting.end(kind === 'challenge' ? 'CHALLENGE_PASSED' : 'REVIEW_APPROVED', decisionId).disposition).toBe(
      'control-ignored',
    )
  }
})

test("SPEC S8: the limit counts from stream time, not from a late payment's own", () => {
  const waiting = new Waiting()
  waiting.passTime(100_000)
  waiting.payment('challenge', 0)
  expect(waiting.passTime(100_000 + FIVE_MINUTES_MS)).toEqual([])
  expect(waiting.passTime(100_001 + FIVE_MINUTES_MS)).toHaveLength(1)
})

test('SPEC S8: at most 256 end with one record, challenges first, oldest first; the rest with the next', () => {
  const waiting = new Waiting()
  const reviews = Array.from({ length: 5 }, () => waiting.payment('review').decisionId)
  const challenges = Array.from({ length: 258 }, (_, i) => waiting.payment('challenge', i).decisionId)
  const first = waiting.passTime(WEEK_MS + 1).map(({ decisionId }) => decisionId)
  const second = waiting.passTime(WEEK_MS + 1).map(({ decisionId }) => decisionId)
  expect(first).toEqual(challenges.slice(0, 256))
  expect(second).toEqual([...challenges.slice(256), ...reviews])
  expect(waiting.passTime(WEEK_MS + 2)).toEqual([])
})

test('SPEC S8: a rule set that shortens challenges makes the newer one end first, and both can be ended', () => {
  for (const ended of [0, 1]) {
    const waiting = new Waiting()
    const first = waiting.payment('challenge')
    const rules = canonicalRules({ ...RULES, challenge_ms: 60_000 })
    waiting.driver.control({ kind: 'RULES_SET', rules, eventTime: START_MS }, 'admin')
    const second = waiting.payment('challenge')
    const by = [first, second][ended]!
    const other = [first, second][1 - ended]!
    expect(waiting.end('CHALLENGE_PASSED', by.decisionId).resolutions).toMatchObject([{ decisionId: by.decisionId }])
    const expired = [60_000, 60_001, FIVE_MINUTES_MS, FIVE_MINUTES_MS + 1].map((ms) =>
      waiting.passTime(ms).map(({ decisionId }) => decisionId),
    )
    expect(expired).toEqual(ended === 0 ? [[], [other.decisionId], [], []] : [[], [], [], [other.decisionId]])
  }
})

test('SPEC S8: 65 536 challenges wait; one more ends the oldest as expired', () => {
  const bounds = { dedupIdsMax: 70_000, sendersMax: 70_000, windowEntriesMax: 70_000 }
  const driver = new PaymentsDriver({ initialRules: RULES, bounds })
  const submit = (from: number, to: number) => {
    const records = Array.from({ length: to - from }, (_, i) =>
      paymentRecord({ transactionId: `t${from + i}`, senderAccountId: `ACC-${from + i}s` }),
    )
    driver.driver.pipeBatch(TOPICS.paymentsSubmitted.name, records, { appendTimeMs: START_MS })
  }
  for (let i = 0; i < 65_536; i += 4_096) submit(i, i + 4_096)
  driver.driver.readOutputs(TOPICS.paymentsDecided.name)
  driver.driver.readOutputs(TOPICS.fraudActions.name)
  const end = (offset: number) =>
    driver.control({ kind: 'CHALLENGE_PASSED', decisionId: `0-${offset}`, eventTime: START_MS }, 'api').disposition
  // One that has ended still takes its place while an older one waits.
  expect(end(1)).toBe('control-applied')
  const ended = (id: number) => driver.pay({ transactionId: `n${id}`, senderAccountId: `ACC-n${id}` }).resolutions
  expect(ended(0)).toMatchObject([
    { decisionId: '0-0', transactionId: 't0', outcome: 'expired', actor: 'stream-time', eventTime: START_MS },
  ])
  expect(ended(1)).toEqual([])
  expect(ended(2)).toMatchObject([{ decisionId: '0-2', outcome: 'expired' }])
  expect([end(0), end(2), end(3)]).toEqual(['control-ignored', 'control-ignored', 'control-applied'])
})
