import type { protos } from '@google-cloud/bigquery-storage'
import type { Table } from '../schema/column.ts'
import { type RowField, type RowMessage, rowMessage } from '../schema/row-descriptor.ts'

/** The shape of a table's rows: what `AppendRows` wants with the first request of a connection. */
export type RowShape = protos.google.protobuf.IDescriptorProto

const LABELS = { required: 'LABEL_REQUIRED', optional: 'LABEL_OPTIONAL', repeated: 'LABEL_REPEATED' } as const
const TYPES = {
  string: 'TYPE_STRING',
  int64: 'TYPE_INT64',
  double: 'TYPE_DOUBLE',
  bool: 'TYPE_BOOL',
  message: 'TYPE_MESSAGE',
} as const satisfies Readonly<Record<RowField['type'], string>>

/** A table's rows as a descriptor of protobuf that needs no other. */
export function rowShape(table: Pick<Table, 'name' | 'columns'>): RowShape {
  return shapeOf(rowMessage(table))
}

function shapeOf({ name, fields }: RowMessage): RowShape {
  return {
    name,
    field: fields.map(({ name: field, number, label, type, message }) => ({
      name: field,
      number,
      label: LABELS[label],
      type: TYPES[type],
      ...(message !== null && { typeName: message.name }),
    })),
    nestedType: fields.flatMap(({ message }) => (message === null ? [] : [shapeOf(message)])),
  }
}
