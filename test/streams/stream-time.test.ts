import { expect, test } from 'vitest'
import { StreamTime } from '../../streams/stream-time.ts'

test('stream time: the highest event time, and how far the records were behind it', () => {
  const time = new StreamTime()
  for (const eventTimeMs of [5_000, 9_000, 6_000, 9_000, 8_500, 12_000]) time.advance(eventTimeMs)
  expect(time.ms).toBe(12_000)
  expect(time.latenessMsTotal).toBe(3_000 + 500)
  expect(time.latenessMsMax).toBe(3_000)
})
