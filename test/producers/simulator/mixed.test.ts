import { expect, test } from 'vitest'
import { LABEL_FILE_HEADER, labelRow } from '../../../producers/simulator/label-file.ts'
import { SCENARIOS } from '../../../producers/simulator/scenarios.ts'
import { paymentsOf, recordsOf, simulationRun } from './simulation.ts'

// Goal: the blend holds everything, ordinary people never look like a burst, and their habits show.
const SEED = `mixed-${process.env['SLUICE_TEST_SEED'] ?? 1}`
const records = recordsOf('mixed', simulationRun(SEED), { records: 60_000, ratePerSecond: 100 })
const ordinary = records.filter((record) => record.label.scenario === 'ordinary')

test(`simulator: mixed blends every scenario in, a few per cent in all (${SEED})`, () => {
  const scenarios = new Set(records.map((record) => record.label.scenario))
  expect([...scenarios].sort()).toEqual(
    ['ordinary', ...SCENARIOS.map(({ name }) => name)].filter((n) => n !== 'mixed').sort(),
  )
  expect(ordinary.length / records.length).toBeGreaterThan(0.9)
  const repeats = records.filter((record) => record.label.expectation?.disposition === 'duplicate')
  expect(repeats.length / records.length).toBeGreaterThan(0.005)
  expect(repeats.length / records.length).toBeLessThan(0.02)
})

test(`SPEC V2: no ordinary person pays more than three times in a closed minute (${SEED})`, () => {
  const times = new Map<string, number[]>()
  for (const { label, payment } of ordinary) {
    if (!label.listed || payment === null) continue
    const own = times.get(payment.senderAccountId) ?? []
    own.push(payment.eventTime)
    times.set(payment.senderAccountId, own)
    expect(own.filter((time) => time >= payment.eventTime - 60_000).length).toBeLessThanOrEqual(3)
  }
  expect(times.size).toBeGreaterThan(1_000)
})

test('simulator: people of one seed keep account, card, devices and shops from run to run', () => {
  const later = recordsOf('mixed', simulationRun(SEED, Date.UTC(2026, 1, 26)), { records: 60_000, ratePerSecond: 100 })
  const cards = new Map(paymentsOf(ordinary).map((payment) => [payment.senderAccountId, payment.email]))
  const known = paymentsOf(later).filter((payment) => cards.has(payment.senderAccountId))
  expect(known.length).toBeGreaterThan(10_000)
  expect(known.every((payment) => cards.get(payment.senderAccountId) === payment.email)).toBe(true)
})

test('simulator: the rate is kept over a run, with random gaps', () => {
  const first = ordinary[0]?.intendedSendMs ?? 0
  const last = ordinary.at(-1)?.intendedSendMs ?? 0
  const perSecond = ordinary.length / ((last - first) / 1_000)
  expect(perSecond).toBeGreaterThan(95)
  expect(perSecond).toBeLessThan(105)
})

test('simulator: the label file has one row a transaction id', () => {
  const rows = records.map(labelRow).filter((row) => row !== '')
  expect(LABEL_FILE_HEADER).toBe('transaction_id,is_fraud,scenario\n')
  expect(new Set(rows.map((row) => row.split(',')[0])).size).toBe(rows.length)
  for (const row of rows) expect(row).toMatch(/^[A-Za-z0-9._-]+,[01],[a-z-]+\n$/)
  const ids = new Set(paymentsOf(records).map((payment) => payment.transactionId))
  expect(rows).toHaveLength(ids.size)
})
