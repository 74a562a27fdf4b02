import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CompiledRules } from '../../../processors/score/compiled-rules.ts'
import { SIGNAL_SYMBOLS, SignalOrdinal } from '../../../schemas/generated/enums.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { type RuleSet, RuleSetSchema } from '../../../schemas/rule-set.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { PaymentsDriver, paymentRecord, START_MS } from '../../support/payments-driver.ts'
import { DEFAULT_RULES } from '../../support/test-rules.ts'

// Goal: reasons always sum to the score, whatever the rule set; context excuses what the sender's habits explain, and nothing else.
const DAY_MS = 86_400_000

const points = fc.integer({ min: 0, max: 100 })
const ruleSet: fc.Arbitrary<RuleSet> = fc.array(points, { minLength: 12, maxLength: 12 }).map((all) => {
  const signals = Object.entries(DEFAULT_RULES.signals).map(([name, signal], i) => [
    name,
    { ...signal, points: all[i] },
  ])
  return RuleSetSchema.parse({ ...DEFAULT_RULES, signals: Object.fromEntries(signals) })
})

test('SPEC S1: property: the reasons of any signals under any rule set sum to the score, in order, cut at 100', () => {
  fc.assert(
    fc.property(ruleSet, fc.nat({ max: 2 ** 12 - 1 }), fc.boolean(), (rules, hits, excused) => {
      const compiled = new CompiledRules(rules, 'hash')
      const reasons = compiled.pointsOf(hits, excused)
      const expected = SIGNAL_SYMBOLS.flatMap((signal, ordinal) =>
        (hits & (1 << ordinal)) === 0
          ? []
          : [excused && signal === 'VELOCITY' ? 0 : rules.signals[signal as keyof RuleSet['signals']].points],
      )
      const sum = Math.min(
        100,
        expected.reduce((total, one) => total + one, 0),
      )
      expect(reasons.reduce((total, [, one]) => total + one, 0)).toBe(sum)
      expect(compiled.reasons(hits, excused).score).toBe(sum)
      // Whole points until 100 is reached, the rest of it, then none.
      let left = 100
      for (const [i, [, one]] of reasons.entries()) {
        expect(one).toBe(Math.min(expected[i]!, left))
        left -= one
      }
      expect(reasons.map(([ordinal]) => ordinal)).toEqual(
        SIGNAL_SYMBOLS.map((_, i) => i).filter((i) => (hits & (1 << i)) !== 0),
      )
    }),
  )
})

test('SPEC S1: property: so do those of every decision of the chain', () => {
  const payment = fc.record({
    amountMinor: fc.constantFrom(100, 100, 700_000),
    deviceId: fc.constantFrom(null, 'a', 'b', 'c', 'd', 'e'),
    region: fc.constantFrom(null, 'DE', 'FR'),
    merchantCategory: fc.constantFrom(null, '7995'),
    stepMs: fc.nat({ max: 30_000 }),
  })
  fc.assert(
    fc.property(ruleSet, fc.array(payment, { maxLength: 30 }), (initialRules, payments) => {
      const driver = new PaymentsDriver({ initialRules })
      let t = START_MS
      for (const [i, { stepMs, ...fields }] of payments.entries()) {
        t += stepMs
        const { reasons, fraudScore } = driver.decide({ transactionId: `t${i}`, eventTime: t, ...fields })
        expect(reasons.reduce((sum, reason) => sum + reason.points, 0)).toBe(fraudScore)
        expect(fraudScore).toBeLessThanOrEqual(100)
        const ordinals = reasons.map(({ signal }) => SignalOrdinal[signal])
        expect(ordinals).toEqual(ordinals.toSorted((a, b) => a - b))
      }
    }),
    { numRuns: 40 },
  )
})

/** A sender's habit: payments from `spanMs` before the burst's third payment on. */
interface Habit {
  readonly payments?: number
  readonly spanMs?: number
  readonly amounts?: readonly number[]
  readonly fields?: Partial<PaymentSubmitted>
}

const KNOWN = { region: 'DE', deviceId: 'phone', merchantCategory: '5411', currency: 'USD' } as const

/** Four payments within a minute after a habit, three of which are in the baseline by then; the fourth's outcome. */
function fourth(
  { payments = 17, spanMs = 7 * DAY_MS, amounts = [], fields = {} }: Habit,
  last: Partial<PaymentSubmitted>,
) {
  const driver = new PaymentsDriver()
  for (let i = 0; i < payments; i++) {
    const eventTime = START_MS + 2 - spanMs + i * 3_600_000
    driver.decide({ transactionId: `h${i}`, ...KNOWN, amountMinor: amounts[i] ?? 1_000, eventTime, ...fields })
  }
  for (let i = 0; i < 3; i++) {
    driver.decide({ transactionId: `b${i}`, ...KNOWN, amountMinor: 1_000, eventTime: START_MS + i, ...fields })
  }
  return driver.pay({ transactionId: 'fourth', ...KNOWN, amountMinor: 1_000, eventTime: START_MS + 3, ...last })
}

/** 17 amounts with the last `high` of them 64 times as large. */
const withHigh = (high: number) => Array.from({ length: 17 }, (_, i) => (i >= 17 - high ? 64_000 : 1_000))

// biome-ignore format: a table
const EXCUSES: readonly { readonly why: string; readonly habit?: Habit; readonly last?: Partial<PaymentSubmitted>; readonly excused: boolean }[] = [
  { why: '20 payments over 7 days, all known, a usual amount',    excused: true },
  { why: '19 payments',                                           habit: { payments: 16 },                             excused: false },
  { why: 'a ms less than 7 days',                                 habit: { spanMs: 7 * DAY_MS - 1 },                   excused: false },
  { why: 'another region',                                        last: { region: 'FR' },                              excused: false },
  { why: 'no region',                                             last: { region: null },                              excused: false },
  { why: 'another device',                                        last: { deviceId: 'new' },                           excused: false },
  { why: 'no device',                                             last: { deviceId: null },                            excused: false },
  { why: 'another category',                                      last: { merchantCategory: '5812' },                  excused: false },
  { why: 'no category',                                           last: { merchantCategory: null },                    excused: false },
  { why: 'a currency without a rate',                             last: { currency: 'THB' },                           excused: false },
  { why: 'another receiver does not matter',                      last: { receiverAccountId: 'new' },                  excused: true },
  { why: 'another amount of the same bucket',                     last: { amountMinor: 513 },                          excused: true },
  { why: 'the next bucket above',                                 last: { amountMinor: 1_024 },                        excused: false },
  { why: 'the next bucket below',                                 last: { amountMinor: 511 },                          excused: false },
  { why: 'one of 20 in the bucket is past the 95th percentile',   habit: { amounts: withHigh(1) }, last: { amountMinor: 64_000 }, excused: false },
  { why: 'two of 20 are within it',                               habit: { amounts: withHigh(2) }, last: { amountMinor: 64_000 }, excused: true },
  { why: 'one of 20 below is within the 5th percentile',          habit: { amounts: [16] }, last: { amountMinor: 16 }, excused: true },
  { why: 'one of 21 is not',                                      habit: { payments: 18, amounts: [16] }, last: { amountMinor: 16 }, excused: false },
  { why: 'between the percentiles nothing need have been paid',   habit: { amounts: withHigh(2) }, last: { amountMinor: 8_000 }, excused: true },
  { why: 'a burst of tiny equal amounts is never excused',        habit: { amounts: Array(17).fill(100), fields: { amountMinor: 100 } }, last: { amountMinor: 100 }, excused: false },
]
test.each(EXCUSES)('SPEC S2: $why: excused $excused', ({ habit = {}, last = {}, excused }) => {
  const { decisions, alerts } = fourth(habit, last)
  const [decision] = decisions
  expect(decision).toMatchObject({ isVelocityFraud: true, velocityCount: 4, excused })
  expect(decision?.reasons).toContainEqual({ signal: 'VELOCITY', points: excused ? 0 : 40 })
  expect(alerts).toHaveLength(excused ? 0 : 1)
  expect(decision?.fraudCount).toBe(excused ? 0 : 4)
})

test('SPEC S3: an excused payment in the window of a flagged one is counted, and raises no alert of its own', () => {
  const driver = new PaymentsDriver()
  const pay = (transactionId: string, eventTime: number, deviceId = 'phone') =>
    driver.pay({ ...KNOWN, transactionId, eventTime, deviceId })
  for (let i = 0; i < 20; i++) pay(`h${i}`, START_MS - 8 * DAY_MS + i * 3_600_000)
  for (let i = 0; i < 3; i++) pay(`b${i}`, START_MS + i)
  expect(pay('other-device', START_MS + 9, 'new').decisions[0]).toMatchObject({ excused: false, fraudCount: 4 })
  const { decisions, alerts } = pay('own-device', START_MS + 5)
  expect(decisions[0]).toMatchObject({ isVelocityFraud: true, excused: true, fraudCount: 4 })
  expect(alerts).toEqual([])
})

test('SPEC S2: a sender idle for 90 days of event time is forgotten, one ms less is remembered', () => {
  for (const [idleMs, baselinePayments] of [
    [90 * DAY_MS, 1],
    [90 * DAY_MS + 1, 0],
  ] as const) {
    const driver = new PaymentsDriver()
    driver.decide({ transactionId: 'a' })
    expect(driver.decide({ transactionId: 'b', eventTime: START_MS + idleMs })).toMatchObject({ baselinePayments })
  }
})

test('SPEC S2: forgotten alike, whether the sender was evicted in between or not', () => {
  const until = START_MS + 1
  const answers = [false, true].map((evicted) => {
    const driver = new PaymentsDriver()
    for (let i = 0; i < 5; i++) driver.decide({ transactionId: `a${i}`, eventTime: START_MS + i })
    driver.control({ kind: 'ACCOUNT_BLOCKED', accountId: 'ACC-1', until, eventTime: START_MS }, 'board')
    const appendTimeMs = START_MS + 92 * DAY_MS
    const other = paymentRecord({ transactionId: 'else', senderAccountId: 'ACC-9', eventTime: appendTimeMs })
    // So late that the block, the episode and the counted payments would all still hold for it.
    const late = paymentRecord({ transactionId: 'late', eventTime: START_MS })
    const { name } = TOPICS.paymentsSubmitted
    // Senders are swept between batches.
    for (const batch of evicted ? [[other], [late]] : [[other, late]]) {
      driver.driver.pipeBatch(name, batch, { appendTimeMs })
      driver.stores().expire(true)
    }
    return driver.readOutputs().decisions.at(-1)
  })
  expect(answers[1]).toEqual(answers[0])
  expect(answers[0]).toMatchObject({ outcome: 'approve', fraudCount: 0, baselinePayments: 0, late: true })
})

test('SPEC S4: a scoring error never approves: it reviews', () => {
  // A rule set that breaks while a signal reads it: what no validation foresees.
  const broken = { points: 20 }
  Object.defineProperty(broken, 'over', {
    enumerable: false,
    get: () => {
      throw new Error('unreadable')
    },
  })
  const signals = { ...DEFAULT_RULES.signals, MANY_DEVICES: broken }
  const driver = new PaymentsDriver({ initialRules: { ...DEFAULT_RULES, signals } as RuleSet })
  expect(driver.decide({ transactionId: 'a' }).outcome).toBe('approve')
  expect(driver.decide({ transactionId: 'b', deviceId: 'd' })).toMatchObject({
    outcome: 'review',
    decidedBy: 'REVIEW',
    reasons: [{ signal: 'SCORING_ERROR', points: 0 }],
    fraudScore: 0,
    notEvaluated: [],
  })
})
