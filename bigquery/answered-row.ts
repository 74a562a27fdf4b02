import { type Column, numericOf, type Table } from './schema/column.ts'
import type { AnyRow } from './schema/tables.ts'

/** A row of a table out of a JSON answer that has its columns in their order. */
export function answeredRow({ columns }: Pick<Table, 'columns'>, values: readonly unknown[]): AnyRow {
  const row = Object.entries(columns).map(([name, column], at) => [name, valueOfJson(column, values[at] ?? null)])
  return Object.fromEntries(row) as AnyRow
}

function valueOfJson(column: Column, value: unknown): unknown {
  if (value === null) return null
  switch (column.type) {
    case 'NUMERIC':
      return numericOf(String(value))
    case 'TIMESTAMP':
      return Date.parse(String(value))
    default:
      return value
  }
}
