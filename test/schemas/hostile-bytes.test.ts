import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BAD_TYPE, OK, TRAILING, TRUNCATED } from '../../schemas/avro/scan.ts'
import { valuesOf } from './arbitrary-values.ts'
import { type AnyReader, asOurs, RECORDS, withSlack } from './records.ts'

// Goal: whatever the bytes, a reader answers with a code, reads nothing past the end, and believes only what avsc believes.

describe.each(RECORDS)('$name', ({ schema, reference, reader }) => {
  const encodings = valuesOf(schema).map((value) => reference.toBuffer(value))

  test('SPEC X5: a record cut anywhere is told from a whole one', () => {
    const property = fc.property(encodings, (encoded) => {
      for (let stop = 0; stop < encoded.length; stop++) {
        expect([TRUNCATED, BAD_TYPE]).toContain(wrapGuarded(reader, encoded, stop))
        // A long record is cut at each byte of its head, then at some.
        if (stop > 300) stop += 97
      }
    })
    fc.assert(property, { numRuns: 15 })
  })

  test('SPEC X5: bytes left over are told', () => {
    const property = fc.property(encodings, fc.uint8Array({ minLength: 1, maxLength: 9 }), (encoded, more) => {
      const longer = Buffer.concat([encoded, more])
      const { buffer, view } = withSlack(longer)
      expect(reader.wrap(buffer, view, 0, longer.length)).toBe(TRAILING)
    })
    fc.assert(property, { numRuns: 50 })
  })

  test('SPEC X5: random bytes never throw, and the answer comes from inside the record', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), (bytes) => {
      expectSameAnswer(reader, bytes)
    })
    fc.assert(property, { numRuns: 500 })
  })

  test('SPEC X5: what a reader accepts of damaged records is what avsc reads there', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
    const property = fc.property(encodings, damage, (encoded, changes) => {
      const bytes = Buffer.from(encoded)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      if (expectSameAnswer(reader, bytes) !== OK) return
      const plain = plainOrUnsafe(reader)
      if (plain !== 'unsafe') expect(plain).toEqual(asOurs(schema, reference.fromBuffer(bytes)))
    })
    fc.assert(property, { numRuns: 500 })
  })
})

/** The same code whatever stands behind the record, and no read behind it. */
function expectSameAnswer(reader: AnyReader, bytes: Uint8Array): number {
  const code = wrapGuarded(reader, bytes, bytes.length)
  expect([OK, TRUNCATED, TRAILING, BAD_TYPE]).toContain(code)
  for (const filler of [0x00, 0x02, 0xff]) {
    const { buffer, view } = withSlack(bytes, filler)
    expect(reader.wrap(buffer, view, 0, bytes.length)).toBe(code)
  }
  return code
}

/** Wraps over a buffer that refuses every index at or past `stop`. */
function wrapGuarded(reader: AnyReader, bytes: Uint8Array, stop: number): number {
  const { buffer, view } = withSlack(bytes)
  const guarded = new Proxy(buffer, {
    get(target, key) {
      if (Number(key) >= stop) throw new Error(`read at ${String(key)}, record ends at ${stop}`)
      return Reflect.get(target, key)
    },
  })
  return reader.wrap(guarded, view, 0, stop)
}

/** The plain object, or 'unsafe' where a long is past what a number holds. */
function plainOrUnsafe(reader: AnyReader): object | 'unsafe' {
  try {
    return reader.toObject()
  } catch (error) {
    if (error instanceof RangeError) return 'unsafe'
    throw error
  }
}
