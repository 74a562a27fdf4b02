import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Decision } from '../../../schemas/generated/decision.ts'
import type { RuleSet } from '../../../schemas/rule-set.ts'
import { PaymentsDriver, START_MS } from '../../support/payments-driver.ts'
import { DEFAULT_RULES } from '../../support/test-rules.ts'

// Goal: which actions hit, which one wins, what each sender's hour counts, and what an episode fires.
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Rules by which a first payment at noon scores exactly `score`. */
function scoring(score: number): RuleSet {
  return { ...DEFAULT_RULES, signals: { ...DEFAULT_RULES.signals, FIRST_RECEIVER: { points: score } } }
}

// biome-ignore format: a table
const SCORES = [
  { score: 0,   outcome: 'approve',   decidedBy: 'DEFAULT', actions: '' },
  { score: 39,  outcome: 'approve',   decidedBy: 'DEFAULT', actions: '' },
  { score: 40,  outcome: 'challenge', decidedBy: 'STEP_UP', actions: 'REQUIRE_3DS' },
  { score: 80,  outcome: 'challenge', decidedBy: 'STEP_UP', actions: 'REQUIRE_3DS' },
  { score: 81,  outcome: 'review',    decidedBy: 'REVIEW',  actions: 'REQUIRE_3DS MANUAL_REVIEW' },
  { score: 100, outcome: 'review',    decidedBy: 'REVIEW',  actions: 'REQUIRE_3DS MANUAL_REVIEW' },
] as const
test.each(SCORES)('SPEC S3: a score of $score: $outcome', ({ score, outcome, decidedBy, actions }) => {
  const { decisions, actions: fired } = new PaymentsDriver({ initialRules: scoring(score) }).pay()
  expect(decisions[0]).toMatchObject({ fraudScore: score, outcome, decidedBy })
  expect(decisions[0]?.actions.join(' ')).toBe(actions)
  expect(fired.map(({ action }) => action).join(' ')).toBe(actions)
})

/** Payments of one sender, "id@seconds", one driver. */
function burst(driver: PaymentsDriver, ...steps: readonly string[]) {
  return steps.map((step) => {
    const [transactionId, seconds] = step.split('@')
    return driver.pay({
      transactionId: transactionId!,
      eventTime: START_MS + Math.round(Number(seconds) * 1_000),
      amountMinor: 1_000 + Math.round(Number(seconds)),
    })
  })
}

// biome-ignore format: a table
const COUNTS = [
  { why: 'the seed\'s example: 4 at the fourth, 5 at the fifth', steps: 'A@0 B@10 C@20 D@30 E@40',              counts: [0, 0, 0, 4, 5] },
  { why: 'each payment once, however many windows it stands in', steps: 'A@0 B@1 C@2 D@3 E@4 F@5',              counts: [0, 0, 0, 4, 5, 6] },
  { why: 'exactly an hour ago is counted',                       steps: 'A@0 B@1 C@2 D@3 E@3600',               counts: [0, 0, 0, 4, 4] },
  { why: 'a ms more is not',                                     steps: 'A@0 B@1 C@2 D@3 E@3600.001',           counts: [0, 0, 0, 4, 3] },
  { why: 'what is not flagged and in no flagged window',         steps: 'A@0 B@1 C@2 D@3 E@64',                 counts: [0, 0, 0, 4, 4] },
  { why: 'out of order into a flagged window',                   steps: 'A@0 B@1 C@2 D@9 E@5',                  counts: [0, 0, 0, 4, 4] },
  { why: 'into a flagged window, unflagged itself',              steps: 'A@51 B@52 C@53 D@60 E@50 F@54',         counts: [0, 0, 0, 4, 1, 5] },
  { why: 'its own look goes no further than itself',             steps: 'A@0 B@1 C@2 D@9 E@5 F@9',              counts: [0, 0, 0, 4, 4, 6] },
  { why: 'of the same instant as a flagged one',                 steps: 'A@0 B@1 C@2 D@9 E@9',                  counts: [0, 0, 0, 4, 5] },
  { why: 'a late one is flagged by what is held, and counted',   steps: 'A@0 B@1 C@2 X@100 L@3',                counts: [0, 0, 0, 0, 4] },
  { why: 'two bursts of an hour add up',                         steps: 'A@0 B@1 C@2 D@3 E@600 F@601 G@602 H@603', counts: [0, 0, 0, 4, 4, 4, 4, 8] },
] as const
test.each(COUNTS)('SPEC S3: fraud_count: $why: $steps', ({ steps, counts }) => {
  const outcomes = burst(new PaymentsDriver(), ...steps.split(' '))
  expect(outcomes.map(({ decisions }) => decisions[0]?.fraudCount)).toEqual(counts)
})

test('SPEC S3: at most 32 payments are counted; the lowest goes', () => {
  const driver = new PaymentsDriver()
  const outcomes = burst(driver, ...Array.from({ length: 40 }, (_, i) => `p${i}@${i}`))
  expect(outcomes[31]?.decisions[0]?.fraudCount).toBe(32)
  expect(outcomes[39]?.decisions[0]?.fraudCount).toBe(32)
  // Counted are 8 to 39; an hour after 8 s and a ms more, 31 are left of them.
  expect(burst(driver, 'q@3608.001')[0]?.decisions[0]?.fraudCount).toBe(31)
})

test('SPEC S4: BLOCK_CARD blocks its own payment and the sender for 24 h of event time', () => {
  const driver = new PaymentsDriver()
  const fifth = burst(driver, 'A@0', 'B@1', 'C@2', 'D@3', 'E@4')[4]!
  const untilMs = START_MS + 4_000 + DAY_MS
  expect(fifth.decisions[0]).toMatchObject({ outcome: 'block', decidedBy: 'AUTOMATIC_BLOCK' })
  expect(fifth.actions).toMatchObject([{ action: 'BLOCK_CARD', until: untilMs, actionId: '0-4-BLOCK_CARD' }])
  expect(driver.decide({ transactionId: 'F', eventTime: untilMs - 1 })).toMatchObject({
    outcome: 'block',
    decidedBy: 'AUTOMATIC_BLOCK',
    actions: [],
  })
  expect(driver.decide({ transactionId: 'G', eventTime: untilMs })).toMatchObject({ outcome: 'approve' })
  expect(driver.decide({ transactionId: 'H', senderAccountId: 'ACC-9', eventTime: untilMs - 1 })).toMatchObject({
    outcome: 'approve',
  })
})

test('SPEC S4: a later BLOCK_CARD makes the block longer, an out-of-order one never shorter', () => {
  const driver = new PaymentsDriver()
  burst(driver, 'A@0', 'B@1', 'C@2', 'D@3', 'E@4', 'F@9', 'G@5')
  const untilMs = START_MS + 9_000 + DAY_MS
  expect(driver.decide({ transactionId: 'x', eventTime: untilMs - 1 }).decidedBy).toBe('AUTOMATIC_BLOCK')
  expect(driver.decide({ transactionId: 'y', eventTime: untilMs }).decidedBy).toBe('DEFAULT')
})

// Each row: what holds for the payment, from weak to strong, and what decides. `score` 100 reviews, five in a minute block.
// biome-ignore format: a table
const PRECEDENCE = [
  { why: 'nothing',                             hold: [],                                    outcome: 'approve',   decidedBy: 'DEFAULT' },
  { why: 'step-up over nothing',                hold: ['step-up'],                           outcome: 'challenge', decidedBy: 'STEP_UP' },
  { why: 'review over step-up',                 hold: ['step-up', 'review'],                 outcome: 'review',    decidedBy: 'REVIEW' },
  { why: 'block over review',                   hold: ['review', 'block'],                   outcome: 'block',     decidedBy: 'AUTOMATIC_BLOCK' },
  { why: 'allowance over block',                hold: ['review', 'block', 'allow'],          outcome: 'approve',   decidedBy: 'ALLOW_OVERRIDE' },
  { why: 'hard block over allowance',           hold: ['review', 'block', 'allow', 'hard'],  outcome: 'block',     decidedBy: 'HARD_BLOCK' },
  { why: 'a block list over allowance',         hold: ['block', 'allow', 'listed'],          outcome: 'block',     decidedBy: 'HARD_BLOCK' },
  { why: 'allowance over nothing says so',      hold: ['allow'],                             outcome: 'approve',   decidedBy: 'ALLOW_OVERRIDE' },
  { why: 'hard block alone',                    hold: ['hard'],                              outcome: 'block',     decidedBy: 'HARD_BLOCK' },
] as const
test.each(PRECEDENCE)('SPEC S3: precedence: $why', ({ hold, outcome, decidedBy }) => {
  const has = (name: string) => (hold as readonly string[]).includes(name)
  const driver = new PaymentsDriver({ initialRules: scoring(has('review') ? 100 : has('step-up') ? 40 : 0) })
  if (has('block'))
    for (let i = 0; i < 5; i++)
      driver.decide({ transactionId: `b${i}`, eventTime: START_MS + i, receiverAccountId: 'known' })
  const account = { accountId: 'ACC-1', eventTime: START_MS } as const
  if (has('allow')) driver.control({ kind: 'ACCOUNT_ALLOWED', until: START_MS + DAY_MS, ...account }, 'board')
  if (has('hard')) driver.control({ kind: 'ACCOUNT_BLOCKED', ...account }, 'board')
  if (has('listed')) driver.control({ kind: 'LIST_ADDED', subject: 'receiver:new', eventTime: START_MS }, 'admin')
  const asked = driver.decide({
    transactionId: 'asked',
    eventTime: START_MS + HOUR_MS + 10_000,
    receiverAccountId: 'new',
  })
  expect(asked).toMatchObject({ outcome, decidedBy })
  expect(asked.actions).toEqual([
    ...(has('step-up') || has('review') ? ['REQUIRE_3DS'] : []),
    ...(has('review') ? ['MANUAL_REVIEW'] : []),
  ])
})

test('SPEC S9: within an episode each action fires once; decisions go on', () => {
  const driver = new PaymentsDriver()
  const outcomes = burst(driver, 'A@0', 'B@1', 'C@2', 'D@3', 'E@4', 'F@5', 'G@6')
  expect(outcomes.map(({ actions }) => actions.map(({ action }) => action).join())).toEqual([
    '',
    '',
    '',
    'REQUIRE_3DS',
    'BLOCK_CARD',
    '',
    '',
  ])
  expect(outcomes.flatMap(({ actions }) => actions.map(({ episodeId }) => episodeId))).toEqual(['0-3', '0-3'])
  expect(outcomes[6]?.decisions[0]).toMatchObject({ outcome: 'block', actions: ['BLOCK_CARD', 'REQUIRE_3DS'] })
})

test('SPEC S9: an episode ends after 1 h of event time without a flagged payment', () => {
  for (const [afterMs, episodes] of [
    [HOUR_MS, ['0-0']],
    [HOUR_MS + 1, ['0-0', '0-1']],
  ] as const) {
    const driver = new PaymentsDriver({ initialRules: scoring(40) })
    const first = driver.pay({ transactionId: 'A' })
    const second = driver.pay({ transactionId: 'B', eventTime: START_MS + afterMs, receiverAccountId: 'new' })
    expect([...first.actions, ...second.actions].map(({ episodeId }) => episodeId)).toEqual(episodes)
  }
})

test('SPEC S9: a lift ends the episode: the same action fires again', () => {
  const driver = new PaymentsDriver({ initialRules: scoring(40) })
  expect(driver.pay({ transactionId: 'A' }).actions).toHaveLength(1)
  driver.control({ kind: 'ACCOUNT_LIFTED', accountId: 'ACC-1', eventTime: START_MS }, 'board')
  const again = driver.pay({ transactionId: 'B', eventTime: START_MS + 1, receiverAccountId: 'new' })
  expect(again.actions).toMatchObject([{ action: 'REQUIRE_3DS', episodeId: '0-2' }])
})

interface Sight {
  readonly t: number
  readonly late: boolean
  flagged: boolean
  counted: boolean
}

/** Section 6 of the semantics by brute force, for a sender whom nothing excuses and who stays below every bound. */
class BruteForce {
  private readonly sights: Sight[] = []
  private streamTimeMs = Number.NEGATIVE_INFINITY
  private episode: { id: number; last: number; fired: Set<string> } | null = null

  expect(t: number, offset: number) {
    this.streamTimeMs = Math.max(this.streamTimeMs, t)
    const held = this.sights.filter((sight) => !sight.late && sight.t >= this.streamTimeMs - 310_000)
    const x: Sight = { t, late: t < this.streamTimeMs - 10_000, flagged: false, counted: false }
    const windowOf = (sights: readonly Sight[], end: number) =>
      sights.filter((sight) => sight.t >= end - 60_000 && sight.t <= end)
    x.flagged = windowOf(held, t).length + 1 > 3
    const all = x.late ? held : [...held, x]
    const revised: number[] = []
    if (!x.late) {
      const later = all.filter((sight) => sight !== x && sight.t > t && sight.t <= t + 60_000 && !sight.flagged)
      for (const sight of later.toSorted((a, b) => a.t - b.t)) {
        if (windowOf(all, sight.t).length <= 3) continue
        sight.flagged = true
        revised.push(sight.t)
        for (const other of windowOf(all, sight.t)) other.counted = true
      }
      if (all.some((sight) => sight.flagged && sight.t >= t && sight.t <= t + 60_000)) x.counted = true
    }
    if (x.flagged) for (const other of [x, ...windowOf(held, t)]) other.counted = true
    this.sights.push(x)
    const fraudCount = this.sights.filter((sight) => sight.counted && sight.t >= t - HOUR_MS && sight.t <= t).length
    const actions = [...(fraudCount >= 5 ? ['BLOCK_CARD'] : []), ...(fraudCount >= 4 ? ['REQUIRE_3DS'] : [])]
    return { fraudCount, revised, actions, fired: this.fire(actions, x, offset) }
  }

  private fire(actions: readonly string[], { t, flagged }: Sight, offset: number): string[] {
    if (this.episode !== null && t - this.episode.last > HOUR_MS) this.episode = null
    if (actions.length > 0) this.episode ??= { id: offset, last: t, fired: new Set() }
    const { episode } = this
    if (episode === null) return []
    if (flagged) episode.last = Math.max(episode.last, t)
    const fired = actions.filter((action) => !episode.fired.has(action))
    for (const action of fired) episode.fired.add(action)
    return fired.map((action) => `${action} 0-${episode.id}`)
  }
}

test('SPEC S3, S9, V4: property: fraud count, revised windows and episodes in any disorder', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -12_000, max: 20_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 60_000, 1_700_000, HOUR_MS, HOUR_MS + 1) },
  )
  // No points at all, so that only the fraud count acts; fewer payments than the 32 that are counted.
  const signals = Object.fromEntries(
    Object.entries(DEFAULT_RULES.signals).map(([name, signal]) => [name, { ...signal, points: 0 }]),
  )
  const initialRules = { ...DEFAULT_RULES, signals } as RuleSet
  fc.assert(
    fc.property(fc.array(step, { maxLength: 31 }), (steps) => {
      const driver = new PaymentsDriver({ initialRules })
      const brute = new BruteForce()
      let t = START_MS
      for (const [i, stepMs] of steps.entries()) {
        t += stepMs
        const { decisions, actions, alerts } = driver.pay({ transactionId: `t${i}`, eventTime: t })
        const expected = brute.expect(t, i)
        const decision = decisions[0] as Decision
        expect({
          fraudCount: decision.fraudCount,
          revised: alerts.filter(({ revised }) => revised).map(({ eventTime }) => eventTime),
          actions: [...decision.actions],
          fired: actions.map(({ action, episodeId }) => `${action} ${episodeId}`),
        }).toEqual(expected)
      }
    }),
    { numRuns: 150 },
  )
})
