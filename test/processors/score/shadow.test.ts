import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ACTION_SYMBOLS, type Signal } from '../../../schemas/generated/enums.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { canonicalRules, type RuleSet, RuleSetSchema, shadowSignals } from '../../../schemas/rule-set.ts'
import { type Outcome, PaymentsDriver, START_MS } from '../../support/payments-driver.ts'
import { DEFAULT_RULES } from '../../support/test-rules.ts'

// Goal: a signal in shadow does nothing, and what is told of it is what it would have done.
// Method: the same payments under rule sets that differ in nothing but the mark.
/** So that a chain is made quickly. */
const SMALL = { dedupIdsMax: 1_000, sendersMax: 100, windowEntriesMax: 1_000 }
const NAMES = Object.keys(DEFAULT_RULES.signals) as (keyof RuleSet['signals'])[]

/** The default rule set with marks on these signals. */
function withShadow(names: readonly string[], rules: RuleSet = DEFAULT_RULES): RuleSet {
  const signals = Object.entries(rules.signals).map(([name, signal]) => [
    name,
    names.includes(name) ? { ...signal, shadow: true } : signal,
  ])
  return RuleSetSchema.parse({ ...rules, signals: Object.fromEntries(signals) })
}

const payment = fc.record({
  amountMinor: fc.constantFrom(100, 100, 700_000),
  deviceId: fc.constantFrom(null, 'a', 'b', 'c', 'd', 'e'),
  region: fc.constantFrom(null, 'DE', 'FR'),
  merchantCategory: fc.constantFrom(null, '7995'),
  stepMs: fc.nat({ max: 30_000 }),
})
const payments = fc.array(payment, { minLength: 1, maxLength: 25 }).map((all) => {
  let eventTime = START_MS
  return all.map(({ stepMs, ...fields }, i): Partial<PaymentSubmitted> => {
    eventTime += stepMs
    return { ...fields, transactionId: `t${i}`, eventTime }
  })
})

function outcomes(initialRules: RuleSet, all: readonly Partial<PaymentSubmitted>[]): Outcome[] {
  const driver = new PaymentsDriver({ initialRules, bounds: SMALL })
  return all.map((fields) => driver.pay(fields))
}

test('SPEC S1: property: what signals in shadow would have done is what they do without the mark', () => {
  let told = 0
  // TINY_EQUAL also decides whether a burst is excused, so it has a test of its own.
  const names = fc.subarray(NAMES.filter((name) => name !== 'TINY_EQUAL'))
  fc.assert(
    fc.property(names, payments, (shadow, all) => {
      const counting = outcomes(DEFAULT_RULES, all)
      for (const [i, { decisions, shadowVerdicts }] of outcomes(withShadow(shadow), all).entries()) {
        const [own] = decisions
        const [full] = counting[i]!.decisions
        const inShadow = ({ signal }: { readonly signal: Signal }) => shadow.some((name) => name === signal)
        expect(own?.reasons.filter(inShadow)).toEqual([])
        expect(own?.notEvaluated).toEqual(full?.notEvaluated.filter((signal) => !inShadow({ signal })))
        expect(own?.reasons.map(({ signal }) => signal)).toEqual(
          full?.reasons.filter((reason) => !inShadow(reason)).map(({ signal }) => signal),
        )
        const reasons = full?.reasons.filter(inShadow) ?? []
        expect(shadowVerdicts).toHaveLength(reasons.length > 0 ? 1 : 0)
        if (reasons.length === 0) continue
        told++
        const { decisionId, fraudScore, actions } = full!
        expect(shadowVerdicts[0]).toMatchObject({ decisionId, fraudScore, actions, reasons })
      }
    }),
    { numRuns: 25 },
  )
  process.stdout.write(`shadow: ${told} verdicts compared\n`)
  expect(told).toBeGreaterThan(0)
})

test('SPEC S1: property: the points of signals in shadow change no byte of what is decided, alerted and done', () => {
  fc.assert(
    fc.property(fc.subarray(NAMES), fc.nat({ max: 100 }), payments, (shadow, points, all) => {
      const signals = Object.entries(DEFAULT_RULES.signals).map(([name, signal]) => [
        name,
        shadow.some((one) => one === name) ? { ...signal, points } : signal,
      ])
      const other = withShadow(shadow, { ...DEFAULT_RULES, signals: Object.fromEntries(signals) })
      // The hash of the rule set stands in each decision, and is another one.
      const effects = (rules: RuleSet) =>
        outcomes(rules, all).map(({ shadowVerdicts, decisions, ...rest }) => ({
          ...rest,
          decisions: decisions.map((decision) => ({ ...decision, ruleHash: '' })),
        }))
      expect(effects(other)).toEqual(effects(withShadow(shadow)))
    }),
    { numRuns: 15 },
  )
})

test('SPEC S2: tiny equal amounts in shadow keep no burst from being excused', () => {
  const DAY_MS = 86_400_000
  const habit = Array.from({ length: 25 }, (_, i) => ({
    transactionId: `habit-${i}`,
    eventTime: START_MS + i * DAY_MS,
    amountMinor: 100,
    deviceId: 'a',
    region: 'DE',
    merchantCategory: '5411',
  }))
  const burst = Array.from({ length: 4 }, (_, i) => ({
    ...habit[0]!,
    transactionId: `burst-${i}`,
    eventTime: START_MS + 25 * DAY_MS + i * 1_000,
  }))
  const last = (rules: RuleSet) => outcomes(rules, [...habit, ...burst]).at(-1)
  expect(last(DEFAULT_RULES)?.decisions[0]).toMatchObject({ excused: false })
  const { decisions, shadowVerdicts } = last(withShadow(['TINY_EQUAL'])) as Outcome
  expect(decisions[0]).toMatchObject({ excused: true })
  expect(shadowVerdicts[0]?.reasons).toEqual([{ signal: 'TINY_EQUAL', points: 25 }])
})

test('SPEC S1: a mark is part of the rule set and its text; without one the text is as it ever was', () => {
  expect(shadowSignals(DEFAULT_RULES)).toEqual([])
  expect(canonicalRules(DEFAULT_RULES)).not.toContain('shadow')
  const marked = withShadow(['NIGHT', 'NEW_DEVICE'])
  expect(shadowSignals(marked)).toEqual(['NEW_DEVICE', 'NIGHT'])
  expect(canonicalRules(marked)).toContain('"NIGHT":{"points":5,"shadow":true,"until_hour_utc":5}')
  expect(RuleSetSchema.safeParse({ ...DEFAULT_RULES, shadow: true }).success).toBe(false)
})

test('SPEC S3: a verdict tells the actions that would have hit, in their order', () => {
  const rules = withShadow(['HIGH_AMOUNT', 'FIRST_RECEIVER'])
  const [paid] = outcomes(rules, [{ amountMinor: 700_000 }])
  expect(paid?.decisions[0]).toMatchObject({ fraudScore: 0, reasons: [], actions: [], outcome: 'approve' })
  expect(paid?.actions).toEqual([])
  expect(paid?.shadowVerdicts[0]).toMatchObject({
    fraudScore: 40,
    actions: [ACTION_SYMBOLS[1]],
    reasons: [
      { signal: 'HIGH_AMOUNT', points: 25 },
      { signal: 'FIRST_RECEIVER', points: 15 },
    ],
  })
})
