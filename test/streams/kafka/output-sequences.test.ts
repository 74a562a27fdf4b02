import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OutputSequences } from '../../../streams/kafka/output-sequences.ts'

const AT = { topic: 'out', partition: 1 }
const SEQUENCE_MAX = 2 ** 31 - 1

test.each([
  { first: SEQUENCE_MAX, count: 1, base: SEQUENCE_MAX, next: 0, why: 'the last sequence is used; the next is 0' },
  {
    first: SEQUENCE_MAX - 1,
    count: 5,
    base: SEQUENCE_MAX - 1,
    next: 3,
    why: 'a batch may begin before the end and stop behind it',
  },
  { first: SEQUENCE_MAX - 5, count: 5, base: SEQUENCE_MAX - 5, next: SEQUENCE_MAX, why: 'just before the end' },
])('sequences wrap as brokers count them: $why', ({ first, count, base, next }) => {
  const sequences = new OutputSequences()
  sequences.take(AT, first)
  expect(sequences.take(AT, count)).toBe(base)
  expect(sequences.take(AT, 1)).toBe(next)
})

test('each partition counts for itself, and a new epoch from 0', () => {
  const count = fc.record({ partition: fc.nat(2), records: fc.integer({ min: 1, max: 65_535 }) })
  fc.assert(
    fc.property(fc.array(count, { maxLength: 50 }), (batches) => {
      const sequences = new OutputSequences()
      const sums = [0, 0, 0]
      for (const { partition, records } of batches) {
        expect(sequences.take({ topic: 'out', partition }, records)).toBe(sums[partition])
        sums[partition]! += records
      }
      sequences.reset()
      for (const partition of [0, 1, 2]) expect(sequences.take({ topic: 'out', partition }, 1)).toBe(0)
    }),
  )
})
