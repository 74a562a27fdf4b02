import type { Column, ScalarType, Table } from './column.ts'

/** A column as BigQuery's REST API has it. */
export interface FieldResource {
  readonly name: string
  readonly type: string
  readonly mode?: string
  readonly description?: string
  readonly fields?: readonly FieldResource[]
}

const DAY_MS = 86_400_000

/** A table as `tables.insert` takes it. */
export function tableResource(table: Table) {
  const { description, partitionBy: field, clusterBy, expiryDays } = table
  return {
    description,
    schema: { fields: fieldResources(table) },
    timePartitioning: {
      type: 'DAY',
      field,
      ...(expiryDays !== null && { expirationMs: String(expiryDays * DAY_MS) }),
    },
    clustering: { fields: [...clusterBy] },
  }
}

export function fieldResources({ columns }: Pick<Table, 'columns'>): FieldResource[] {
  return Object.entries(columns).map(([name, column]) => fieldResource(name, column))
}

function fieldResource(name: string, column: Column): FieldResource {
  const { type, mode, description } = column
  const field = { name, type, mode, description }
  return column.type === 'RECORD' ? { ...field, fields: fieldResources({ columns: column.fields }) } : field
}

/** The names that BigQuery gives types, by its older ones as well. */
const TYPE_NAMES: Readonly<Record<string, ScalarType | 'RECORD'>> = {
  BOOLEAN: 'BOOL',
  FLOAT: 'FLOAT64',
  INTEGER: 'INT64',
  STRUCT: 'RECORD',
}

/** What a table needs to hold rows of this build. */
export interface TableChanges {
  /** Columns that can be added, in order. */
  readonly added: readonly string[]
  /** What no addition mends: a line each. */
  readonly refused: readonly string[]
}

/** A table as it stands. */
export interface StandingTable {
  readonly createdMs: number
  readonly fields: readonly FieldResource[]
  /** The column whose date is the partition; null for a table without. */
  readonly partitionBy: string | null
}

/** Holds a table that stands against the schema of this build. Columns that only it has are left alone where they may be null. */
export function tableChanges(table: Table, { fields, partitionBy }: StandingTable): TableChanges {
  const { added, refused } = columnChanges(table, fields)
  if (partitionBy === table.partitionBy) return { added, refused }
  return { added, refused: [...refused, `${table.name} is partitioned by ${partitionBy}, not by ${table.partitionBy}`] }
}

function columnChanges(table: Pick<Table, 'name' | 'columns'>, found: readonly FieldResource[]): TableChanges {
  const standing = new Map(found.map((field) => [field.name.toLowerCase(), field]))
  const added: string[] = []
  const refused: string[] = []
  for (const [name, column] of Object.entries(table.columns)) {
    const field = standing.get(name)
    standing.delete(name)
    if (field !== undefined) refused.push(...differences(`${table.name}.${name}`, column, field))
    else if (column.mode === 'REQUIRED')
      refused.push(`${table.name}.${name} is missing, and BigQuery adds no REQUIRED column`)
    else added.push(name)
  }
  for (const { name, mode } of standing.values()) {
    if (mode === 'REQUIRED') refused.push(`${table.name}.${name} is REQUIRED and unknown to this build`)
  }
  return { added, refused }
}

function differences(path: string, column: Column, { type, mode = 'NULLABLE', fields }: FieldResource): string[] {
  const foundType = TYPE_NAMES[type] ?? type
  if (foundType !== column.type) return [`${path} is ${foundType}, not ${column.type}`]
  // A column that takes null takes every value as well.
  if (mode !== column.mode && !(mode === 'NULLABLE' && column.mode === 'REQUIRED')) {
    return [`${path} is ${mode}, not ${column.mode}`]
  }
  if (column.type !== 'RECORD') return []
  const inner = columnChanges({ name: path, columns: column.fields }, fields ?? [])
  return [...inner.refused, ...inner.added.map((name) => `${path}.${name} is missing`)]
}

/** The columns of the schema as they stand in the table, descriptions left out. */
export function fieldsIn({ fields }: StandingTable, { columns }: Pick<Table, 'columns'>): FieldResource[] {
  return fields.filter(({ name }) => Object.hasOwn(columns, name.toLowerCase())).map(withoutDescription)
}

function withoutDescription({ name, type, mode, fields }: FieldResource): FieldResource {
  return {
    name,
    type,
    ...(mode !== undefined && { mode }),
    ...(fields !== undefined && fields.length > 0 && { fields: fields.map(withoutDescription) }),
  }
}
