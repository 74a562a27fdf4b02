import type { Columns, ScalarType, Table } from './column.ts'

/** A protobuf message as plain data: what the Storage Write API wants to know of a row (descriptor.proto, DescriptorProto). */
export interface RowMessage {
  readonly name: string
  readonly fields: readonly RowField[]
}

/**
 * One field of it; `number` is its place among the columns, from 1. By wire type: TIMESTAMP is int64 µs, INT64 int64,
 * FLOAT64 double, BOOL bool, STRING string, and NUMERIC string (decimal text, `12.34`).
 */
export interface RowField {
  readonly name: string
  readonly number: number
  readonly label: 'required' | 'optional' | 'repeated'
  readonly type: 'string' | 'int64' | 'double' | 'bool' | 'message'
  /** The type of the column: how a row's value becomes the field's. */
  readonly column: ScalarType | 'RECORD'
  /** The message of a RECORD; null otherwise. */
  readonly message: RowMessage | null
}

const WIRE: Readonly<Record<ScalarType, RowField['type']>> = {
  STRING: 'string',
  INT64: 'int64',
  FLOAT64: 'double',
  BOOL: 'bool',
  NUMERIC: 'string',
  TIMESTAMP: 'int64',
}

const LABELS = { REQUIRED: 'required', NULLABLE: 'optional', REPEATED: 'repeated' } as const

/** The message of a table's rows. Columns are only ever added at the end, so that numbers stay. */
export function rowMessage({ name, columns }: Pick<Table, 'name' | 'columns'>): RowMessage {
  return { name: messageName(name), fields: fieldsOf(columns) }
}

function fieldsOf(columns: Columns): RowField[] {
  return Object.entries(columns).map(([name, column], index) => ({
    name,
    number: index + 1,
    label: LABELS[column.mode],
    type: column.type === 'RECORD' ? 'message' : WIRE[column.type],
    column: column.type,
    message: column.type === 'RECORD' ? { name: messageName(name), fields: fieldsOf(column.fields) } : null,
  }))
}

/** `fraud_velocity_alerts` is FraudVelocityAlerts. */
function messageName(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
