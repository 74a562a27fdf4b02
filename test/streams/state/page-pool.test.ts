import { expect, test } from 'vitest'
import { PagePool } from '../../../streams/state/page-pool.ts'

test('page pool: a page that was given back is taken again, by whoever asks for as many words', () => {
  const pool = new PagePool()
  const small = pool.take(100)
  const large = pool.take(600)
  expect([small.length, large.length, pool.keptBytes]).toEqual([100, 600, 0])
  pool.give(small)
  pool.give(large)
  expect(pool.keptBytes).toBe(2_800)
  expect(pool.take(600)).toBe(large)
  expect(pool.take(600)).not.toBe(large)
  expect(pool.take(100)).toBe(small)
  expect(pool.keptBytes).toBe(0)
})

test('page pool: past 16 MB pages go to the collector', () => {
  const pool = new PagePool()
  const pages = Array.from({ length: 20 }, () => pool.take(1 << 18))
  for (const page of pages) pool.give(page)
  expect(pool.keptBytes).toBe(16 << 20)
  const again = pages.map(() => pool.take(1 << 18))
  expect(again.filter((page) => pages.includes(page))).toHaveLength(16)
})
