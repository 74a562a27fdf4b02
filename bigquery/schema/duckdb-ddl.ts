import { type Column, NUMERIC_PRECISION, NUMERIC_SCALE, type ScalarType, type Table } from './column.ts'

/** Times with their zone and money with its scale: DuckDB's TIMESTAMP and DECIMAL alone would mean something else. */
const TYPES: Readonly<Record<ScalarType, string>> = {
  STRING: 'VARCHAR',
  INT64: 'BIGINT',
  FLOAT64: 'DOUBLE',
  BOOL: 'BOOLEAN',
  NUMERIC: `DECIMAL(${NUMERIC_PRECISION},${NUMERIC_SCALE})`,
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
}

/** Statements that make a table with its comments, in DuckDB's dialect. */
export function duckdbTable(table: Table): string[] {
  const columns = Object.entries(table.columns).map(([name, column]) => `  ${name} ${duckdbColumn(column)}`)
  return [
    `CREATE TABLE IF NOT EXISTS ${table.name} (\n${columns.join(',\n')}\n)`,
    `COMMENT ON TABLE ${table.name} IS ${quoted(table.description)}`,
    ...Object.entries(table.columns).map(
      ([name, { description }]) => `COMMENT ON COLUMN ${table.name}.${name} IS ${quoted(description)}`,
    ),
  ]
}

/** A column's type as DuckDB prints it, with NOT NULL where it says so. */
function duckdbColumn(column: Column): string {
  return column.mode === 'NULLABLE' ? duckdbType(column) : `${duckdbType(column)} NOT NULL`
}

/** A column's type as DuckDB's catalogue prints it, but for the quotes that it puts around some names. */
export function duckdbType(column: Column): string {
  if (column.type === 'RECORD') {
    const fields = Object.entries(column.fields).map(([name, { type }]) => `${name} ${TYPES[type]}`)
    return `STRUCT(${fields.join(', ')})[]`
  }
  return column.mode === 'REPEATED' ? `${TYPES[column.type]}[]` : TYPES[column.type]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
