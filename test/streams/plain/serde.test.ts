import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytes, json, none, number, optional, type Serde, text } from '../../../streams/index.ts'

// Goal: what is written is read again, and what is none of its kind is refused, never guessed.

const wellFormed = fc.string({ unit: 'grapheme' })

test.each<{ name: string; serde: Serde<unknown>; values: fc.Arbitrary<unknown> }>([
  { name: 'text', serde: text as Serde<unknown>, values: wellFormed },
  { name: 'number', serde: number as Serde<unknown>, values: fc.double() },
  { name: 'bytes', serde: bytes as Serde<unknown>, values: fc.uint8Array() },
  { name: 'json', serde: json(), values: fc.jsonValue({ noUnicodeString: false }) },
  { name: 'none', serde: none as Serde<unknown>, values: fc.constant(null) },
  { name: 'optional', serde: optional(text) as Serde<unknown>, values: fc.option(wellFormed) },
])('serde: $name reads what it wrote', ({ serde, values }) => {
  fc.assert(
    fc.property(values, (value) => {
      const read = serde.decode(serde.encode(value))
      if (serde === number) expect(read).toBe(value)
      // JSON has one zero, and says what it says of it.
      else expect(JSON.stringify(read)).toBe(JSON.stringify(value))
    }),
  )
})

test.each<{ why: string; serde: Serde<unknown>; encoded: number[] | null }>([
  { why: 'text is not null', serde: text as Serde<unknown>, encoded: null },
  { why: 'text is UTF-8', serde: text as Serde<unknown>, encoded: [0xff] },
  { why: 'a number has eight bytes', serde: number as Serde<unknown>, encoded: [0, 0, 0, 1] },
  { why: 'JSON is JSON', serde: json(), encoded: [0x7b] },
  {
    why: 'a check refuses',
    serde: json((value) => {
      throw new Error(`no ${value}`)
    }),
    encoded: [0x31],
  },
])('serde: $why', ({ serde, encoded }) => {
  expect(() => serde.decode(encoded === null ? null : Uint8Array.from(encoded))).toThrow()
})

test('serde: what JSON cannot say is refused, not left out', () => {
  expect(() => json<undefined>().encode(undefined)).toThrow(/undefined is no JSON value/)
})

test('serde: bytes are copied, so that neither end can change the other', () => {
  const mine = Uint8Array.of(1, 2)
  const written = bytes.encode(mine) as Uint8Array
  const read = bytes.decode(written)
  mine[0] = 9
  written[1] = 9
  expect([...read, ...written]).toEqual([1, 2, 1, 9])
})
