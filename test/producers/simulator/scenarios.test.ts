import { describe, expect, test } from 'vitest'
import { SCENARIOS, scenarioNamed } from '../../../producers/simulator/scenarios.ts'
import { luhnCheckDigit } from '../../../producers/simulator/test-cards.ts'
import { encodePaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { NINE_O_CLOCK_MS, paymentsOf, recordsOf, simulationRun } from './simulation.ts'

// Goal: what holds for every scenario: it repeats exactly, runs in send order, and never invents a real card.
// Method: the first thousand records of each, under the run's own seed.
const SEED = `scenarios-${process.env['SLUICE_TEST_SEED'] ?? 1}`
const NAMES = SCENARIOS.map((scenario) => scenario.name)

describe.each(NAMES)('simulator, scenario %s', (name) => {
  const records = recordsOf(name, simulationRun(SEED))
  const payments = paymentsOf(records)

  test(`simulator: the same seed gives the same bytes (${SEED})`, () => {
    const again = recordsOf(name, simulationRun(SEED))
    expect(again).toEqual(records)
    expect(paymentsOf(again).map(encodePaymentSubmitted)).toEqual(payments.map(encodePaymentSubmitted))
  })

  test('simulator: another seed or another start gives other transaction ids', () => {
    const ids = new Set(payments.map((payment) => payment.transactionId))
    const others = [simulationRun(`${SEED}x`), simulationRun(SEED, NINE_O_CLOCK_MS + 1)]
    const otherIds = others.flatMap((run) => paymentsOf(recordsOf(name, run)).map((payment) => payment.transactionId))
    expect(otherIds.filter((id) => ids.has(id))).toEqual([])
  })

  test('simulator: records come in the order in which they are due, from the start on, as many as asked for', () => {
    expect(records).toHaveLength(1_000)
    const due = records.map((record) => record.intendedSendMs)
    expect(due).toEqual([...due].sort((a, b) => a - b))
    expect(due[0]).toBeGreaterThanOrEqual(NINE_O_CLOCK_MS)
  })

  test('SPEC R1: ids keep their character set, money and times are whole numbers', () => {
    for (const payment of payments) {
      expect(payment.transactionId).toMatch(/^[A-Za-z0-9._-]{1,64}$/)
      expect(payment.senderAccountId).toMatch(/^[A-Za-z0-9._:-]{1,64}$/)
      expect(payment.receiverAccountId).toMatch(/^[A-Za-z0-9._:-]{1,64}$/)
      expect(payment.receiverAccountId).not.toBe(payment.senderAccountId)
      expect(Number.isSafeInteger(payment.amountMinor) && payment.amountMinor >= 0).toBe(true)
      expect(Number.isSafeInteger(payment.eventTime)).toBe(true)
    }
  })

  test('simulator: only test card numbers, each with its check digit', () => {
    for (const { pan } of payments) {
      if (pan === null) continue
      expect(pan).toMatch(/^(42424242|55555555)[0-9]{8}$/)
      expect(pan.slice(-1)).toBe(luhnCheckDigit(pan.slice(0, -1)))
    }
  })

  test('SPEC R3: each record is keyed by its sender', () => {
    for (const { key, payment } of records) if (payment !== null) expect(key).toBe(payment.senderAccountId)
  })

  test('simulator: a listed transaction id is listed once', () => {
    const listed = records.filter((record) => record.label.listed).map((record) => record.payment?.transactionId)
    expect(new Set(listed).size).toBe(listed.length)
    expect(listed).not.toContain(undefined)
  })
})

test('simulator: scenarios are found by name, and an unknown name is undefined', () => {
  expect(scenarioNamed('card-testing')?.name).toBe('card-testing')
  expect(scenarioNamed('no-such-story')).toBeUndefined()
  expect(new Set(NAMES).size).toBe(NAMES.length)
})

test('simulator: the check digit agrees with published test cards', () => {
  for (const card of ['4242424242424242', '5555555555554444', '378282246310005', '6011111111111117']) {
    expect(luhnCheckDigit(card.slice(0, -1)), card).toBe(card.slice(-1))
  }
})
