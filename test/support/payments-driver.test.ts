import { expect, test } from 'vitest'
import { PaymentsDriver, START_MS } from './payments-driver.ts'

const SECOND_MS = 1_000

test('SPEC S3: five tiny payments within a minute are flagged at the fourth and blocked at the fifth', () => {
  const driver = new PaymentsDriver()
  const decisions = [0, 10, 20, 30, 40].map((seconds) =>
    driver.decide({ transactionId: `t${seconds}`, eventTime: START_MS + seconds * SECOND_MS, amountMinor: 100 }),
  )
  expect(decisions.map(({ velocityCount, outcome }) => `${velocityCount} ${outcome}`)).toEqual([
    '1 approve',
    '2 approve',
    '3 approve',
    '4 challenge',
    '5 block',
  ])
  expect(decisions[4]?.velocityFraudPeers).toEqual(['t0', 't10', 't20', 't30'])
})

test('SPEC X1: each kind of record has its disposition and its outputs', () => {
  const driver = new PaymentsDriver()
  const first = driver.pay({ transactionId: 'a' })
  expect(first).toMatchObject({ disposition: 'decided', offset: 0, partition: 0 })
  expect(first.decisions[0]).toMatchObject({ decisionId: '0-0', fraudScore: 15, outcome: 'approve' })
  const again = driver.pay({ transactionId: 'a', eventTime: START_MS + 5 })
  expect(again).toMatchObject({
    disposition: 'duplicate',
    decisions: [],
    duplicates: [{ firstOffset: 0, inputOffset: 1 }],
  })
  const other = driver.pay({ transactionId: 'a', amountMinor: 2 })
  expect(other).toMatchObject({ disposition: 'conflict', deadLetters: [{ reason: 'ID_CONFLICT' }], alerts: [{}] })
  expect(driver.refuse({ transactionId: 'a b' }).reason).toBe('BAD_ID')
  expect(driver.submit(null, null)).toMatchObject({
    disposition: 'dead-letter',
    deadLetters: [{ reason: 'NULL_VALUE' }],
  })
  const blocked = { kind: 'ACCOUNT_BLOCKED', eventTime: START_MS, accountId: 'ACC-1' } as const
  expect(driver.control(blocked, 'stranger')).toMatchObject({ disposition: 'control-refused' })
  expect(driver.control(blocked, 'board')).toMatchObject({ disposition: 'control-applied' })
  expect(driver.decide({ transactionId: 'b' })).toMatchObject({ outcome: 'block', decidedBy: 'HARD_BLOCK' })
  const ignored = { kind: 'CHALLENGE_PASSED', eventTime: START_MS, decisionId: '0-0' } as const
  expect(driver.control(ignored, 'api')).toMatchObject({ disposition: 'control-ignored' })
})
