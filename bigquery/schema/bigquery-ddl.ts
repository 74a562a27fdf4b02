import type { Column, Table } from './column.ts'

/** `CREATE TABLE IF NOT EXISTS` in BigQuery's dialect. `dataset` is `project.dataset` or `dataset`. */
export function bigqueryTable(dataset: string, table: Table): string {
  const columns = Object.entries(table.columns).map(
    ([name, column]) => `  ${name} ${typeOf(column)} OPTIONS(description=${quoted(column.description)})`,
  )
  const options = [
    ...(table.expiryDays === null ? [] : [`partition_expiration_days=${table.expiryDays}`]),
    `description=${quoted(table.description)}`,
  ]
  return [
    `CREATE TABLE IF NOT EXISTS \`${dataset}.${table.name}\` (`,
    columns.join(',\n'),
    ')',
    `PARTITION BY DATE(${table.partitionBy})`,
    `CLUSTER BY ${table.clusterBy.join(', ')}`,
    `OPTIONS(${options.join(', ')})`,
  ].join('\n')
}

/** `ALTER TABLE` that adds a column that came later; BigQuery takes no REQUIRED one. */
export function bigqueryAddColumn(dataset: string, table: Table, name: string): string {
  const column = table.columns[name]!
  const options = `OPTIONS(description=${quoted(column.description)})`
  return `ALTER TABLE \`${dataset}.${table.name}\` ADD COLUMN IF NOT EXISTS ${name} ${typeOf(column)} ${options}`
}

function typeOf(column: Column): string {
  if (column.type === 'RECORD') {
    const fields = Object.entries(column.fields).map(
      ([name, field]) => `${name} ${typeOf(field)} OPTIONS(description=${quoted(field.description)})`,
    )
    return `ARRAY<STRUCT<${fields.join(', ')}>>`
  }
  if (column.mode === 'REPEATED') return `ARRAY<${column.type}>`
  return column.mode === 'REQUIRED' ? `${column.type} NOT NULL` : column.type
}

/** A string literal; GoogleSQL takes JSON's escapes. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
