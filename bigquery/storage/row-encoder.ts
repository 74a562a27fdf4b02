import { invariant } from '../../streams/errors.ts'
import { BadColumn } from '../rows/bad-column.ts'
import { NUMERIC_PRECISION, type ScalarType, type Table } from '../schema/column.ts'
import { type RowField, type RowMessage, rowMessage } from '../schema/row-descriptor.ts'
import { numericText } from './numeric-text.ts'
import { ProtoBuffer } from './proto-buffer.ts'

type Fields = Readonly<Record<string, unknown>>
/** Writes one value behind its tag. @throws BadColumn */
type WriteValue = (value: unknown, buffer: ProtoBuffer) => void

const WIRE_TYPES: Readonly<Record<RowField['type'], number>> = { int64: 0, bool: 0, double: 1, string: 2, message: 2 }
const INT64_MAX = 2n ** 63n - 1n
const NUMERIC_MAX = 10n ** BigInt(NUMERIC_PRECISION) - 1n

/**
 * Encodes rows of one table for the Storage Write API. Google's own encoder makes 0 of a bigint, drops columns that it does not
 * know and takes no time but a Date; here each value is right or refused.
 */
export class RowEncoder {
  private readonly table: string
  private readonly columns: readonly FieldWriter[]
  private readonly buffer = new ProtoBuffer()

  constructor(table: Pick<Table, 'name' | 'columns'>) {
    this.table = table.name
    this.columns = writersOf(rowMessage(table), '')
  }

  /**
   * A row's bytes. Every column must be there, and no other.
   * @throws BadColumn for a value that its column cannot hold; StreamsError INVARIANT for an unknown or missing column.
   */
  encode(row: Fields): Uint8Array {
    this.buffer.clear()
    writeFields(this.columns, row, this.buffer, this.table)
    return this.buffer.take()
  }
}

interface FieldWriter {
  readonly name: string
  /** How errors call it: `fields.rule`. */
  readonly path: string
  readonly tag: number
  readonly label: RowField['label']
  readonly write: WriteValue
}

function writersOf({ fields }: RowMessage, prefix: string): FieldWriter[] {
  return fields.map((field) => {
    const path = prefix + field.name
    const tag = field.number * 8 + WIRE_TYPES[field.type]
    return { name: field.name, path, tag, label: field.label, write: writeOf(field, path) }
  })
}

function writeFields(columns: readonly FieldWriter[], row: Fields, buffer: ProtoBuffer, table: string): void {
  let known = 0
  for (const { name, path, tag, label, write } of columns) {
    const value = row[name]
    invariant(value !== undefined, `a row of ${table} without ${path}`)
    known++
    if (label === 'repeated') {
      for (const item of listOf(value, path)) {
        buffer.varint(tag)
        write(item, buffer)
      }
    } else if (value !== null) {
      buffer.varint(tag)
      write(value, buffer)
    } else if (label === 'required') throw new BadColumn('BAD_TEXT', path, 'is required')
  }
  for (const _ in row) known--
  if (known !== 0) refuseUnknown(columns, row, table)
}

function refuseUnknown(columns: readonly FieldWriter[], row: Fields, table: string): void {
  const unknown = Object.keys(row).filter((key) => !columns.some(({ name }) => name === key))
  invariant(false, `a row of ${table} with unknown ${unknown.join(', ')}`)
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new BadColumn('BAD_TEXT', path, 'is no list')
}

function writeOf({ column, message }: RowField, path: string): WriteValue {
  if (column === 'RECORD') {
    const fields = writersOf(message!, `${path}.`)
    return (value, buffer) => buffer.delimited(() => writeFields(fields, value as Fields, buffer, path))
  }
  return SCALARS[column](path)
}

const SCALARS: Readonly<Record<ScalarType, (path: string) => WriteValue>> = {
  STRING: (path) => (value, buffer) => {
    // UTF-8 has no bytes for half of a pair; an encoder would put something else there in silence.
    if (typeof value !== 'string' || !value.isWellFormed()) throw new BadColumn('BAD_TEXT', path, 'is no text')
    buffer.text(value)
  },
  INT64: (path) => (value, buffer) => {
    if (Number.isSafeInteger(value)) buffer.int64(value as number)
    else if (typeof value === 'bigint' && value <= INT64_MAX && value >= -INT64_MAX - 1n) buffer.bigint64(value)
    else throw new BadColumn('BAD_AMOUNT', path, 'is no whole number of 64 bits')
  },
  FLOAT64: (path) => (value, buffer) => {
    if (!Number.isFinite(value)) throw new BadColumn('BAD_POSITION', path, 'is no finite number')
    buffer.double(value as number)
  },
  BOOL: (path) => (value, buffer) => {
    if (typeof value !== 'boolean') throw new BadColumn('BAD_TEXT', path, 'is neither true nor false')
    buffer.bool(value)
  },
  NUMERIC: (path) => (value, buffer) => {
    if (typeof value !== 'bigint' || value > NUMERIC_MAX || value < -NUMERIC_MAX) {
      throw new BadColumn('BAD_AMOUNT', path, 'is no decimal of 38 digits')
    }
    buffer.text(numericText(value))
  },
  TIMESTAMP: (path) => (value, buffer) => writeMicros(value, path, buffer),
}

/** A TIMESTAMP holds the years 1 to 9999; in ms, the end is not one of them. */
const TIME_MIN_MS = -62_135_596_800_000
const TIME_END_MS = 253_402_300_800_000
const MICROS = 1_000

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.](\d{1,6}))?(?:Z|[+-]\d\d:\d\d)$/

/** An epoch time in ms, or ISO 8601 text with its zone, as microseconds. @throws BadColumn */
function writeMicros(value: unknown, path: string, buffer: ProtoBuffer): void {
  const iso = typeof value === 'string' ? ISO_TIME.exec(value) : null
  const timeMs = iso === null ? value : Date.parse(iso[0])
  if (typeof timeMs !== 'number' || !(timeMs >= TIME_MIN_MS && timeMs < TIME_END_MS)) {
    throw new BadColumn('BAD_TIME', path, 'is no time from year 1 to 9999')
  }
  const wholeMs = Math.floor(timeMs)
  // A Date ends at milliseconds; the digits of the text behind them are added.
  const rest = Math.round((timeMs - wholeMs) * MICROS) + Number((iso?.[1] ?? '').padEnd(6, '0').slice(3))
  const micros = wholeMs * MICROS + rest
  // From the year 2255 on a number cannot hold them.
  if (Number.isSafeInteger(micros)) buffer.int64(micros)
  else buffer.bigint64(BigInt(wholeMs) * BigInt(MICROS) + BigInt(rest))
}
