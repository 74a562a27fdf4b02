import { expect, test } from 'vitest'
import { murmur2, partitionOf } from '../../../streams/record/partitioner.ts'

// Goal: the same partition as Kafka's own clients. The vectors are those of Kafka's UtilsTest.
const TABLE = [
  { key: '21', hash: -973932308 },
  { key: 'foobar', hash: -790332482 },
  { key: 'a-little-bit-long-string', hash: -985981536 },
  { key: 'a-little-bit-longer-string', hash: -1486304829 },
  { key: 'lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', hash: -58897971 },
  { key: 'abc', hash: 479470107 },
]

test.each(TABLE)('SPEC R3: murmur2 of $key is that of Kafka', ({ key, hash }) => {
  expect(murmur2(new TextEncoder().encode(key))).toBe(hash)
})

test.each(TABLE)('SPEC R3: the partition of $key, read from the middle of a buffer', ({ key, hash }) => {
  const bytes = new TextEncoder().encode(`__${key}__`)
  expect(partitionOf(bytes, 2, bytes.length - 2, 12)).toBe((hash & 0x7fffffff) % 12)
})
