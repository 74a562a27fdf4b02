import { StreamsError } from '../../streams/errors.ts'
import type { Column, Table } from '../schema/column.ts'
import { duckdbTable, duckdbType } from '../schema/duckdb-ddl.ts'
import { TABLES } from '../schema/tables.ts'

/** Runs one statement and gives its rows, wherever the archive is asked. */
export type Ask = (sql: string) => Promise<readonly (readonly unknown[])[]>

/** How a table of the archive differs from the schema. */
export interface SchemaDifference {
  readonly table: string
  readonly what: string
  /** The statement that mends it; null where nothing may: rows would be lost or change their meaning. */
  readonly mend: string | null
}

const CATALOGUE =
  'SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal AND database_name = current_database() ORDER BY table_name, column_index'

/** What differs between the archive and the schema: nothing, or the first need of each table. */
export async function schemaDifferences(ask: Ask): Promise<SchemaDifference[]> {
  const found = new Map<string, Map<string, { readonly type: string; readonly nullable: boolean }>>()
  for (const [table, column, type, nullable] of await ask(CATALOGUE)) {
    const columns = found.get(String(table)) ?? new Map()
    found.set(
      String(table),
      columns.set(String(column), { type: String(type).replaceAll('"', ''), nullable: nullable === true }),
    )
  }
  return TABLES.flatMap((table: Table) => {
    const columns = found.get(table.name)
    if (columns === undefined) return [{ table: table.name, what: 'is missing', mend: duckdbTable(table).join(';\n') }]
    const unknown = [...columns.keys()].filter((name) => !Object.hasOwn(table.columns, name))
    return [
      ...Object.entries(table.columns).flatMap(([name, column]) =>
        columnDifference(table, name, column, columns.get(name)),
      ),
      ...unknown.map((name) => ({
        table: table.name,
        what: `has a column ${name} that this version does not know; start the version that made it`,
        mend: null,
      })),
    ]
  })
}

function columnDifference(
  { name: table }: Table,
  name: string,
  column: Column,
  found: { readonly type: string; readonly nullable: boolean } | undefined,
): SchemaDifference[] {
  const type = duckdbType(column)
  const nullable = column.mode === 'NULLABLE'
  if (found === undefined) {
    const what = `lacks column ${name} ${type}`
    if (nullable) return [{ table, what, mend: `ALTER TABLE ${table} ADD COLUMN ${name} ${type}` }]
    return [{ table, what: `${what}, and rows that stand have no value for it`, mend: null }]
  }
  if (found.type !== type) return [{ table, what: `has ${name} ${found.type}, not ${type}`, mend: null }]
  if (found.nullable === nullable) return []
  return [{ table, what: `has ${name} ${found.nullable ? 'without' : 'with'} NOT NULL`, mend: null }]
}

/**
 * Makes what is missing and adds columns that came later. @throws StreamsError ARCHIVE_SCHEMA (stop) when another change would
 * be needed; then nothing is changed.
 */
export async function migrateSchema(ask: Ask): Promise<SchemaDifference[]> {
  const differences = await schemaDifferences(ask)
  const refused = differences.filter(({ mend }) => mend === null)
  if (refused.length > 0) {
    const what = refused.map((one) => `${one.table} ${one.what}`).join('; ')
    const remedy =
      'only new tables and columns are added; move the file away, and it is made again from what the log retains'
    throw new StreamsError('ARCHIVE_SCHEMA', 'stop', `the archive does not fit this version: ${what}; ${remedy}`)
  }
  for (const { mend } of differences) for (const statement of mend!.split(';\n')) await ask(statement)
  return differences
}
