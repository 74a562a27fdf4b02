import { expect, test } from 'vitest'
import { type RuleSet, RuleSetSchema } from '../../../schemas/rule-set.ts'
import type { CheckpointedStore } from '../../../streams/state/section.ts'
import { PaymentsDriver, START_MS } from '../../support/payments-driver.ts'
import { DEFAULT_RULES } from '../../support/test-rules.ts'

// Goal: after its erasure an account is one that has never been here, and a checkpoint of that state holds no byte of it.
const ERASED = 'ACC-erased'
const BESIDE = 'ACC-beside'
const at = { eventTime: START_MS } as const

/** The first payment to a receiver is challenged. */
const RULES: RuleSet = RuleSetSchema.parse({
  ...DEFAULT_RULES,
  actions: { ...DEFAULT_RULES.actions, REQUIRE_3DS: { fraud_count_at_least: 4, score_at_least: 15 } },
})

/** What a checkpoint written now would hold. */
function checkpointText(sections: readonly CheckpointedStore[]): string {
  const parts: Buffer[] = []
  for (const section of sections) {
    const snapshot = section.snapshot()
    for (let part = snapshot.next(); part !== null; part = snapshot.next()) parts.push(Buffer.from(part))
    snapshot.release()
  }
  return Buffer.concat(parts).toString('latin1')
}

/** Both accounts pay, one after the other, each five times within a minute: the fifth blocks its card. */
function paidByBoth(rules: RuleSet = DEFAULT_RULES): PaymentsDriver {
  const driver = new PaymentsDriver({ initialRules: rules })
  for (const account of [ERASED, BESIDE]) {
    for (let n = 0; n < 5; n++) {
      const ids = { transactionId: `${account}-tx-${n}`, senderAccountId: account, deviceId: `device-of-${account}` }
      driver.decide({ ...ids, eventTime: START_MS + n })
    }
  }
  return driver
}

const erase = (driver: PaymentsDriver) =>
  driver.control({ kind: 'ERASURE', accountId: ERASED, actor: 'officer', ...at }, 'admin')

test('SPEC B4: a later payment of an erased account is decided as if it were the first; another account stays as it was', () => {
  const driver = paidByBoth()
  const erased = erase(driver)
  expect(erased).toMatchObject({ disposition: 'control-applied', decisions: [], actions: [] })
  expect(erased.alerts).toMatchObject([
    { kind: 'ERASURE', senderAccountId: ERASED, eventTime: START_MS, fraudCount: 0 },
  ])
  const next = { transactionId: 'later', eventTime: START_MS + 10 }
  expect(driver.decide({ ...next, senderAccountId: ERASED })).toMatchObject({
    outcome: 'approve',
    velocityCount: 1,
    fraudCount: 0,
    baselinePayments: 0,
  })
  expect(driver.decide({ ...next, transactionId: 'beside', senderAccountId: BESIDE })).toMatchObject({
    outcome: 'block',
    velocityCount: 6,
    baselinePayments: 5,
  })
})

test('SPEC B4: a checkpoint after the erasure holds nothing of the account, and still all of the other', () => {
  const driver = paidByBoth(RULES)
  const { sections } = driver.stores()
  expect(checkpointText(sections)).toContain(ERASED)
  erase(driver)
  const text = checkpointText(sections)
  expect(text).not.toContain(ERASED)
  expect(text).toContain(BESIDE)
})

test('SPEC B4: what waits for an end expires with the erasure, once; the rest goes on waiting', () => {
  const driver = paidByBoth(RULES)
  const { resolutions } = erase(driver)
  expect(resolutions.length).toBeGreaterThan(0)
  for (const one of resolutions) {
    expect(one).toMatchObject({ senderAccountId: ERASED, outcome: 'expired', actor: 'officer', eventTime: START_MS })
  }
  expect(resolutions.map(({ decisionId }) => decisionId)).toEqual(
    [...resolutions].map(({ decisionId }) => decisionId).sort(),
  )
  const [first] = resolutions
  const end = { kind: 'CHALLENGE_PASSED', decisionId: first?.decisionId ?? null, ...at } as const
  expect(driver.control(end, 'api')).toMatchObject({ disposition: 'control-ignored', resolutions: [] })
  const later = driver.pay({ transactionId: 'later', senderAccountId: 'ACC-9', eventTime: START_MS + 700_000_000 })
  const senders = new Set(later.resolutions.map(({ senderAccountId }) => senderAccountId))
  expect(senders).toEqual(new Set([BESIDE]))
})

test('SPEC B4: an erasure is applied again without harm, and of an account that was never here', () => {
  const driver = paidByBoth()
  erase(driver)
  const digest = driver.stores().digest().split('-').slice(0, 2)
  expect(erase(driver)).toMatchObject({ disposition: 'control-applied', resolutions: [] })
  expect(driver.stores().digest().split('-').slice(0, 2)).toEqual(digest)
})
