import { type Column, numericOf, type Table } from '../schema/column.ts'
import type { AnyRow } from '../schema/tables.ts'
import type { QueryRow } from './dataset-client.ts'

/** A row of a table, in the form that rows are made in, out of an answer of BigQuery's client. */
export function datasetRow({ columns }: Pick<Table, 'columns'>, row: QueryRow): AnyRow {
  return valuesIn(columns, row) as AnyRow
}

function valuesIn(columns: Readonly<Record<string, Column>>, row: QueryRow): QueryRow {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => {
      const value = row[name]
      if (column.mode === 'REPEATED') return [name, (value as unknown[]).map((item) => valueIn(column, item))]
      return [name, value === null ? null : valueIn(column, value)]
    }),
  )
}

function valueIn(column: Column, value: unknown): unknown {
  switch (column.type) {
    case 'RECORD':
      return valuesIn(column.fields, value as QueryRow)
    case 'NUMERIC':
      return numericOf(String(value))
    case 'TIMESTAMP':
      return Date.parse((value as { readonly value: string }).value)
    default:
      return value
  }
}
