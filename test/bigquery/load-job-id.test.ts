import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadJobId } from '../../bigquery/load/load-job-id.ts'
import { TABLES } from '../../bigquery/schema/tables.ts'

const key = fc.record({
  dataset: fc.constantFrom('shop.sluice', 'shop.sluice_2', `shop.${'d'.repeat(1_024)}`),
  logId: fc.constantFrom('log-1', 'log-2'),
  topic: fc.constantFrom('payments.decided', 'payments_decided'),
  partition: fc.nat(11),
  table: fc.constantFrom(...TABLES.map(({ name }) => name)),
  tableMadeMs: fc.nat(3),
  from: fc.nat(20),
  next: fc.nat(20),
  failed: fc.nat(2),
})

test('SPEC B2: property: a job’s id is the same for the same rows, another for any others, and one that BigQuery takes', () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      const id = loadJobId(one)
      expect(loadJobId({ ...one })).toBe(id)
      expect(id).toMatch(/^[\w-]{1,1024}$/)
      expect(loadJobId(other) === id).toBe(JSON.stringify(other) === JSON.stringify(one))
      for (const changed of [
        { topic: 'other' },
        { from: 21 },
        { next: 21 },
        { failed: 3 },
        { logId: 'log-3' },
        { tableMadeMs: 4 },
      ])
        expect(loadJobId({ ...one, ...changed })).not.toBe(id)
    }),
  )
})
