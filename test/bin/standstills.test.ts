import { expect, test } from 'vitest'
import { Standstills } from '../../bin/runtime/standstills.ts'

test('metrics: readers that are held back at one offset stand still; at another, or on their way again, they do not', () => {
  const standstills = new Standstills()
  const asked = [
    { partition: 0, offset: 7, nowMs: 1_000, ms: 0 },
    { partition: 1, offset: 7, nowMs: 2_000, ms: 0 },
    { partition: 0, offset: 7, nowMs: 3_000, ms: 2_000 },
    { partition: 0, offset: 9, nowMs: 4_000, ms: 0 },
    { partition: 0, offset: 9, nowMs: 5_000, ms: 1_000 },
    { partition: 0, offset: null, nowMs: 6_000, ms: 0 },
    { partition: 0, offset: 9, nowMs: 7_000, ms: 0 },
    { partition: 1, offset: 7, nowMs: 8_000, ms: 6_000 },
  ]
  for (const { partition, offset, nowMs, ms } of asked) expect(standstills.ms(partition, offset, nowMs)).toBe(ms)
})
