import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPosition, writePosition } from '../../bigquery/position/write-position.ts'
import { TABLES } from '../../bigquery/schema/tables.ts'

const AT = { topic: 'payments.decided', partition: 3 }
const table = fc.constantFrom(...TABLES.map(({ name }) => name))
const OFFSET_MAX = 2 ** 40

const position = fc.record({
  streams: fc.uniqueArray(
    fc.tuple(
      table,
      fc.record({
        streamId: fc.stringMatching(/^[A-Za-z0-9_-]{1,120}$/),
        row: fc.integer({ min: -100_000, max: OFFSET_MAX }),
        madeMs: fc.nat(OFFSET_MAX),
      }),
    ),
    { selector: ([name]) => name, maxLength: 4 },
  ),
  refused: fc.uniqueArray(fc.tuple(table, fc.array(fc.nat(64), { minLength: 1, maxLength: 64 })), {
    selector: ([name]) => name,
    maxLength: 4,
  }),
  plan: fc.option(
    fc.record({
      distance: fc.integer({ min: 1, max: 1_000_000 }),
      failed: fc.uniqueArray(fc.tuple(table, fc.nat(1_000)), { selector: ([name]) => name }),
    }),
  ),
})

describe('the position that is committed beside an offset', () => {
  test('SPEC B2: property: it is read as it was written, in the bytes that a broker takes', () => {
    fc.assert(
      fc.property(position, fc.nat(OFFSET_MAX), ({ streams, refused, plan }, offset) => {
        const written = {
          streams: new Map(streams),
          refused: new Map(refused.map(([name, distances]) => [name, distances.map((distance) => offset + distance)])),
          plan: plan && { next: offset + plan.distance, failed: new Map(plan.failed) },
        }
        const text = writePosition(written, offset, AT)
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096)
        expect(readPosition(text, offset, AT)).toEqual(written)
      }),
    )
  })

  test('more than a broker takes is never committed', () => {
    const offsets = Array.from({ length: 2_000 }, (_, offset) => offset)
    const refused = new Map([['payment_transactions', offsets]])
    expect(() => writePosition({ streams: new Map(), refused, plan: null }, 0, AT)).toThrow('4096 bytes')
  })

  test('SPEC B2: a plan is not read by a build that knows of none', () => {
    const written = { streams: new Map(), refused: new Map(), plan: { next: 9, failed: new Map() } }
    expect(writePosition(written, 7, AT)).toBe('{"v":2,"s":[],"x":[],"p":[2,[]]}')
    expect(writePosition({ ...written, plan: null }, 7, AT)).toBe('{"v":1,"s":[],"x":[]}')
  })

  test.each(['', 'stream time 17', '{"v":2,"s":[],"x":[]}', '[]', '{'])('metadata %j of somebody else stop', (text) => {
    expect(() => readPosition(text, 7, AT)).toThrow(
      expect.objectContaining({ code: 'BIGQUERY_POSITION', next: 'stop' }),
    )
  })
})
