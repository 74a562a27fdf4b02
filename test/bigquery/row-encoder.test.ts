import { protos } from '@google-cloud/bigquery-storage'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import 'protobufjs/ext/descriptor.js'
import { describe, expect, test } from 'vitest'
import { BadColumn } from '../../bigquery/rows/bad-column.ts'
import { type Column, nullable, records, repeated, required, type ScalarColumn } from '../../bigquery/schema/column.ts'
import { TABLES } from '../../bigquery/schema/tables.ts'
import { RowEncoder } from '../../bigquery/storage/row-encoder.ts'
import { rowShape } from '../../bigquery/storage/row-shape.ts'

/** Whole numbers as the reference takes them. */
const long = protobuf.util.Long as unknown as {
  fromNumber(value: number): unknown
  fromString(text: string): unknown
}
const DOC = 'of a test'
/** Every type in every mode. */
const EVERYTHING = {
  name: 'every_thing',
  columns: {
    text: required('STRING', DOC),
    text_or_none: nullable('STRING', DOC),
    texts: repeated('STRING', DOC),
    whole: required('INT64', DOC),
    wholes: repeated('INT64', DOC),
    real: nullable('FLOAT64', DOC),
    truth: required('BOOL', DOC),
    money: required('NUMERIC', DOC),
    monies: repeated('NUMERIC', DOC),
    time: required('TIMESTAMP', DOC),
    time_or_none: nullable('TIMESTAMP', DOC),
    parts: records(DOC, {
      name: required('STRING', DOC),
      points: required('INT64', DOC),
      key: nullable('STRING', DOC),
    }),
  },
} as const
const ROW = {
  text: 'a',
  text_or_none: null,
  texts: [],
  whole: 1,
  wholes: [],
  real: null,
  truth: true,
  money: 0n,
  monies: [],
  time: 0,
  time_or_none: null,
  parts: [],
}
const NUMERIC_MAX = 10n ** 38n - 1n

/** The message as protobufjs, the library under Google's client, makes it of the same descriptor. */
function referenceType(table: Parameters<typeof rowShape>[0]): protobuf.Type {
  return protobuf.Type.fromDescriptor(
    protos.google.protobuf.DescriptorProto.fromObject(rowShape(table)) as never,
    'proto2',
  )
}

const MICROS = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })

/** A value, and what the reference is given for it. */
function scalarOf({ type }: ScalarColumn): fc.Arbitrary<readonly [value: unknown, reference: unknown]> {
  switch (type) {
    case 'STRING':
      return fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => [text, text])
    case 'INT64':
      return fc.oneof(
        fc.maxSafeInteger().map((whole) => [whole, long.fromNumber(whole)] as const),
        fc
          .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
          .map((whole) => [whole, long.fromString(`${whole}`)] as const),
      )
    case 'FLOAT64':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((real) => [real, real])
    case 'BOOL':
      return fc.boolean().map((truth) => [truth, truth])
    case 'NUMERIC':
      return fc.bigInt({ min: -NUMERIC_MAX, max: NUMERIC_MAX }).map((scaled) => [scaled, decimal(scaled)])
    case 'TIMESTAMP':
      return fc.oneof(
        MICROS.map((ms) => [ms, long.fromString(`${BigInt(ms) * 1_000n}`)] as const),
        fc
          .tuple(
            MICROS.filter((ms) => ms >= -62_135_510_400_000),
            fc.nat(999),
          )
          .map(isoTime),
      )
  }
}

function isoTime([ms, micros]: readonly [number, number]): readonly [string, unknown] {
  const iso = new Date(ms).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`)
  return [iso, long.fromString(`${BigInt(ms) * 1_000n + BigInt(micros)}`)]
}

/** By its definition: the whole part, and the rest of nine places without the zeros at its end. */
function decimal(scaled: bigint): string {
  const size = scaled < 0n ? -scaled : scaled
  const rest = String(size % 10n ** 9n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${scaled < 0n ? '-' : ''}${size / 10n ** 9n}${rest === '' ? '' : `.${rest}`}`
}

function cellOf(column: Column): fc.Arbitrary<readonly [unknown, unknown]> {
  if (column.type === 'RECORD') return listOf(rowOf(column.fields))
  const value = scalarOf(column)
  if (column.mode === 'REPEATED') return listOf(value)
  return column.mode === 'NULLABLE' ? fc.option(value, { nil: [null, undefined] as const }) : value
}

function listOf(items: fc.Arbitrary<readonly [unknown, unknown]>) {
  return fc
    .array(items, { maxLength: 4 })
    .map((pairs) => [pairs.map(([value]) => value), pairs.map(([, reference]) => reference)] as const)
}

function rowOf(columns: Readonly<Record<string, Column>>): fc.Arbitrary<readonly [object, object]> {
  const names = Object.keys(columns)
  return fc.tuple(...names.map((name) => cellOf(columns[name]!))).map((cells) => {
    const side = (at: 0 | 1) => Object.fromEntries(names.map((name, i) => [name, cells[i]![at]]))
    return [side(0), side(1)] as const
  })
}

describe('rows for the Storage Write API', () => {
  test.each([EVERYTHING, ...TABLES])(
    'SPEC B2: property: rows of $name are, byte for byte, what protobufjs makes',
    (table) => {
      const reference = referenceType(table)
      const encoder = new RowEncoder(table)
      let compared = 0
      fc.assert(
        fc.property(rowOf(table.columns), ([row, expected]) => {
          const bytes = reference.encode(reference.create(expected)).finish()
          expect(Buffer.from(encoder.encode(row as never)).equals(bytes)).toBe(true)
          compared++
        }),
        { numRuns: 60 },
      )
      expect(compared).toBeGreaterThan(0)
    },
  )

  test.each([
    ['a bigint for INT64', { whole: 9_007_199_254_740_993n }, 'whole', '9007199254740993'],
    ['a negative whole number', { whole: -1 }, 'whole', '-1'],
    ['NUMERIC with its places', { money: 12_340_000_000n }, 'money', '12.34'],
    ['a negative NUMERIC below one', { money: -5n }, 'money', '-0.000000005'],
    ['an epoch time in ms', { time: 1_795_608_000_123 }, 'time', '1795608000123000'],
    ['ISO time with microseconds', { time: '2026-11-25T12:00:00.123456Z' }, 'time', '1795608000123456'],
    ['ISO time with an offset', { time: '2026-11-25T13:00:00+01:00' }, 'time', '1795608000000000'],
    ['text that is longer than a byte can tell', { text: 'ü'.repeat(20_000) }, 'text', 'ü'.repeat(20_000)],
  ])('%s', (_, given, column, expected) => {
    const decoded = referenceType(EVERYTHING).decode(new RowEncoder(EVERYTHING).encode({ ...ROW, ...given }))
    expect(String((decoded as unknown as Record<string, unknown>)[column])).toBe(expected)
  })

  test.each([
    ['a fraction for INT64', { whole: 1.5 }, 'whole'],
    ['an INT64 of 65 bits', { wholes: [2n ** 63n] }, 'wholes'],
    ['a number for NUMERIC', { money: 12.34 }, 'money'],
    ['a NUMERIC of 39 digits', { money: 10n ** 38n }, 'money'],
    ['no number', { real: Number.NaN }, 'real'],
    ['a time without a zone', { time: '2026-11-25T12:00:00' }, 'time'],
    ['a time past year 9999', { time: 253_402_300_800_000 }, 'time'],
    ['half of a surrogate pair', { text: '\ud800' }, 'text'],
    ['null where a value is required', { text: null }, 'text'],
    ['null for a list', { texts: null }, 'texts'],
    ['null within a list', { texts: [null] }, 'texts'],
    ['a bad value within a record', { parts: [{ name: 'x', points: 0.5, key: null }] }, 'parts.points'],
  ])('%s is refused by its column, and the encoder goes on', (_, given, column) => {
    const encoder = new RowEncoder(EVERYTHING)
    const good = encoder.encode(ROW)
    expect(() => encoder.encode({ ...ROW, ...given })).toThrow(expect.objectContaining({ column }))
    expect(() => encoder.encode({ ...ROW, ...given })).toThrow(BadColumn)
    expect(encoder.encode(ROW)).toEqual(good)
  })

  test.each([
    ['an unknown column', { ...ROW, other: 1 }, 'with unknown other'],
    ['a missing column', { ...ROW, whole: undefined }, 'without whole'],
    [
      'an unknown field of a record',
      { ...ROW, parts: [{ name: 'x', points: 1, key: null, more: 1 }] },
      'with unknown more',
    ],
  ])('%s is a bug and stops', (_, row, what) => {
    expect(() => new RowEncoder(EVERYTHING).encode(row)).toThrow(what)
  })
})
