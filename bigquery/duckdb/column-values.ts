import {
  BIGINT,
  BOOLEAN,
  DECIMAL,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  STRUCT,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api'
import { type Column, NUMERIC_PRECISION, NUMERIC_SCALE, type ScalarType, type Table } from '../schema/column.ts'

type AnyRow = Readonly<Record<string, unknown>>

const TYPES: Readonly<Record<ScalarType, DuckDBType>> = {
  STRING: VARCHAR,
  INT64: BIGINT,
  FLOAT64: DOUBLE,
  BOOL: BOOLEAN,
  NUMERIC: DECIMAL(NUMERIC_PRECISION, NUMERIC_SCALE),
  TIMESTAMP: TIMESTAMPTZ,
}

/** From a value of a row to DuckDB's, by the type of its column. */
const TO_DUCKDB: Readonly<Record<ScalarType, (value: never) => DuckDBValue>> = {
  STRING: (value: string) => value,
  INT64: (value: number) => BigInt(value),
  FLOAT64: (value: number) => value,
  BOOL: (value: boolean) => value,
  NUMERIC: (value: bigint) => new DuckDBDecimalValue(value, NUMERIC_PRECISION, NUMERIC_SCALE),
  TIMESTAMP: (value: number) => new DuckDBTimestampTZValue(BigInt(value) * 1_000n),
}

/** And back. */
const FROM_DUCKDB: Readonly<Record<ScalarType, (value: never) => unknown>> = {
  STRING: (value: string) => value,
  INT64: (value: bigint) => Number(value),
  FLOAT64: (value: number) => value,
  BOOL: (value: boolean) => value,
  NUMERIC: ({ value }: DuckDBDecimalValue) => value,
  TIMESTAMP: ({ micros }: DuckDBTimestampTZValue) => Number(micros) / 1_000,
}

/** Turns rows of one table into chunks of columns, and columns back into rows. */
export class ColumnValues {
  private readonly columns: readonly (readonly [name: string, column: Column])[]
  private readonly types: readonly DuckDBType[]
  private readonly writers: readonly ((value: never) => DuckDBValue)[]
  private readonly readers: readonly ((value: never) => unknown)[]

  constructor({ columns }: Pick<Table, 'columns'>) {
    this.columns = Object.entries(columns)
    this.types = this.columns.map(([, column]) => typeOf(column))
    this.writers = this.columns.map(([, column]) => writerOf(column))
    this.readers = this.columns.map(([, column]) => readerOf(column))
  }

  /** At most 2,048 rows at a time. */
  chunkOf(rows: readonly AnyRow[]): DuckDBDataChunk {
    const chunk = DuckDBDataChunk.create(this.types, rows.length)
    const values = new Array<DuckDBValue>(rows.length)
    for (const [index, [name]] of this.columns.entries()) {
      const write = this.writers[index]!
      for (let at = 0; at < rows.length; at++) {
        const value = rows[at]![name]
        values[at] = value === null ? null : write(value as never)
      }
      chunk.setColumnValues(index, values)
    }
    return chunk
  }

  /** A row from values that stand in the order of the columns. */
  rowOf(values: readonly DuckDBValue[]): AnyRow {
    const row: Record<string, unknown> = {}
    for (const [index, [name]] of this.columns.entries()) {
      const value = values[index] ?? null
      row[name] = value === null ? null : this.readers[index]!(value as never)
    }
    return row
  }
}

function typeOf(column: Column): DuckDBType {
  if (column.type === 'RECORD') {
    const fields = Object.entries(column.fields).map(([name, { type }]) => [name, TYPES[type]] as const)
    return LIST(STRUCT(Object.fromEntries(fields)))
  }
  return column.mode === 'REPEATED' ? LIST(TYPES[column.type]) : TYPES[column.type]
}

function writerOf(column: Column): (value: never) => DuckDBValue {
  if (column.type === 'RECORD') {
    const fields = Object.entries(column.fields).map(([name, { type }]) => [name, TO_DUCKDB[type]] as const)
    const structOf = (record: AnyRow) =>
      new DuckDBStructValue(Object.fromEntries(fields.map(([name, write]) => [name, orNull(record[name], write)])))
    return (value: readonly AnyRow[]) => new DuckDBListValue(value.map(structOf))
  }
  const write = TO_DUCKDB[column.type]
  return column.mode === 'REPEATED' ? (value: readonly never[]) => new DuckDBListValue(value.map(write)) : write
}

function readerOf(column: Column): (value: never) => unknown {
  if (column.type === 'RECORD') {
    const fields = Object.entries(column.fields).map(([name, { type }]) => [name, FROM_DUCKDB[type]] as const)
    return ({ items }: DuckDBListValue) =>
      items.map((item) => {
        const { entries } = item as DuckDBStructValue
        return Object.fromEntries(fields.map(([name, read]) => [name, orNull(entries[name], read)]))
      })
  }
  const read = FROM_DUCKDB[column.type]
  return column.mode === 'REPEATED' ? ({ items }: DuckDBListValue) => items.map((item) => read(item as never)) : read
}

function orNull<T>(value: unknown, convert: (value: never) => T): T | null {
  return value === null || value === undefined ? null : convert(value as never)
}
