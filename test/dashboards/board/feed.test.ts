import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { alertEntry, ask, type BoardGround, FeedReader, startBoard } from './board-ground.ts'

// Goal: whoever follows the feed misses nothing that the alert store still keeps, is told of what it does not, and cannot harm the
// server by not reading.
const KEPT = 500
let ground: BoardGround
let next = 0

beforeAll(async () => {
  ground = await startBoard({ roles: [], streamEntriesMax: KEPT })
})
afterAll(async () => {
  await ground.close()
  expect(ground.failures).toEqual([])
})

async function raise(count: number, padding = ''): Promise<void> {
  await ground.store.write(Array.from({ length: count }, () => alertEntry(next++, padding)))
}

const numbersOf = ({ entries }: FeedReader) =>
  entries.map(({ value }) => Number(value.decision_id.split('-')[1])).toSorted((a, b) => a - b)

test('SPEC A1: a reader that comes back behind its last id gets each alert once, in order, whatever came meanwhile', async () => {
  const first = await FeedReader.open(ground.port)
  const from = next
  await raise(30)
  await first.until(() => first.entries.length >= 30)
  await first.close()
  await raise(120)
  const second = await FeedReader.open(ground.port, { 'last-event-id': first.lastId ?? '' })
  await raise(50)
  await second.until(() => second.entries.length >= 170)
  const seen = [...first.entries, ...second.entries].map(({ value }) => value.decision_id)
  expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => `0-${from + i}`))
  expect(second.events).not.toContain('gap')
  await second.close()
})

test('SPEC A1: what the store no longer keeps is told as a gap, and what it keeps still comes', async () => {
  const first = await FeedReader.open(ground.port)
  await raise(1)
  await first.until(() => first.entries.length > 0)
  await first.close()
  await raise(3 * KEPT)
  const second = await FeedReader.open(ground.port, { 'last-event-id': first.lastId ?? '' })
  await second.until(
    () => second.events.includes('gap') && second.entries.at(-1)?.value.decision_id === `0-${next - 1}`,
  )
  expect(new Set(numbersOf(second)).size).toBe(second.entries.length)
  expect(second.entries.length).toBeGreaterThanOrEqual(KEPT)
  await second.close()
})

test('SPEC A1: a reader that is there is told too when the board itself fell behind what the store keeps', async () => {
  const reading = await FeedReader.open(ground.port)
  await raise(1)
  await reading.until(() => reading.entries.length > 0)
  const from = next
  // Written at once: the board cannot read in between.
  await raise(3 * KEPT)
  await reading.until(() => reading.entries.at(-1)?.value.decision_id === `0-${next - 1}`)
  expect(reading.events.filter((event) => event === 'gap')).toHaveLength(1)
  expect(numbersOf(reading).filter((number) => number >= from)).toEqual(
    Array.from({ length: KEPT }, (_, i) => next - KEPT + i),
  )
  await reading.close()
})

test('board: a reader that does not read is dropped at 1 MiB, and the others go on', async () => {
  const reading = await FeedReader.open(ground.port)
  const before = reading.entries.length
  const silent = connect(ground.port, '127.0.0.1')
  silent.write('GET /fraud-alerts/api/feed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await new Promise((resolve) => silent.once('readable', resolve))
  silent.pause()
  // Kernel buffers take some MiB; what is behind them is the server's to hold.
  const closed = new Promise<void>((resolve) => silent.once('close', () => resolve()))
  silent.on('error', () => {})
  const from = next
  let dropped = false
  void closed.then(() => {
    dropped = true
  })
  for (let half = 0; half < 48; half++) {
    await raise(4, 'x'.repeat(128 * 1024))
    await reading.until(() => numbersOf(reading).at(-1) === next - 1)
  }
  expect(numbersOf(reading).filter((number) => number >= from)).toHaveLength(next - from)
  expect(reading.entries.length).toBeGreaterThan(before)
  // Read to its end, the connection turns out to be cut.
  silent.resume()
  await closed
  expect(dropped).toBe(true)
  expect(silent.bytesRead).toBeLessThan(23 * 1024 * 1024)
  await reading.close()
})

test('board: a place to resume at that is none is refused', async () => {
  const { status, headers } = await ask(ground.port, '/fraud-alerts/api/feed?after=%0d%0ax', {})
  expect(status).toBe(400)
  expect(headers['content-type']).toContain('application/problem+json')
})
