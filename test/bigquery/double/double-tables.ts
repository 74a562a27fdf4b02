import { protos } from '@google-cloud/bigquery-storage'
import protobuf from 'protobufjs'
import 'protobufjs/ext/descriptor.js'
import { type Column, NUMERIC_SCALE } from '../../../bigquery/schema/column.ts'
import type { FieldResource } from '../../../bigquery/schema/table-resource.ts'
import { type AnyRow, TABLES, type TableName } from '../../../bigquery/schema/tables.ts'

/** A table of the double, as REST has it, with its rows. */
export interface DoubleTable {
  readonly name: string
  readonly createdMs: number
  resource: {
    schema: { fields: readonly FieldResource[] }
    readonly timePartitioning?: { readonly field?: string }
  }
  readonly rows: AnyRow[]
}

interface DoubleStream {
  readonly table: DoubleTable
  rowCount: number
  finalized: boolean
}

/** Datasets, tables and write streams: what is durable of the double. */
export class DoubleTables {
  readonly datasets = new Map<string, Map<string, DoubleTable>>()
  readonly streams = new Map<string, DoubleStream>()
  private made = 0

  table(dataset: string, name: string): DoubleTable | null {
    return this.datasets.get(dataset)?.get(name) ?? null
  }

  create(dataset: string, name: string, resource: DoubleTable['resource']): DoubleTable {
    const table = { name, createdMs: Date.now(), resource, rows: [] }
    this.datasets.get(dataset)!.set(name, table)
    return table
  }

  /** Drops a table; its streams are unknown from then on. */
  drop(dataset: string, name: string): void {
    const table = this.table(dataset, name)
    this.datasets.get(dataset)!.delete(name)
    for (const [id, stream] of this.streams) if (stream.table === table) this.streams.delete(id)
  }

  openStream(parent: string, table: DoubleTable): string {
    const name = `${parent}/streams/s${this.made++}`
    this.streams.set(name, { table, rowCount: 0, finalized: false })
    return name
  }

  rowsOf(dataset: string): ReadonlyMap<TableName, readonly AnyRow[]> {
    return new Map(TABLES.map(({ name }) => [name, this.table(dataset, name)?.rows ?? []]))
  }
}

/** Reads rows by the descriptor that a client sends: with the library, not with our code. */
export class RowDecoder {
  /** Columns that the descriptor has. */
  readonly columns: readonly string[]
  private readonly type: protobuf.Type
  private readonly schema: Readonly<Record<string, Column>>

  constructor(table: string, descriptor: protos.google.protobuf.IDescriptorProto) {
    const normal = protos.google.protobuf.DescriptorProto.fromObject(descriptor)
    this.type = protobuf.Type.fromDescriptor(normal as never, 'proto2')
    this.columns = this.type.fieldsArray.map(({ name }) => name)
    this.schema = TABLES.find(({ name }) => name === table)!.columns
  }

  /** @throws what the library does for a row without a required column. */
  decode(bytes: Uint8Array): AnyRow {
    const decoded = this.type.toObject(this.type.decode(bytes), { longs: String, arrays: true })
    return rowOf(this.schema, decoded) as unknown as AnyRow
  }
}

type Decoded = Readonly<Record<string, unknown>>

function rowOf(columns: Readonly<Record<string, Column>>, decoded: Decoded): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => {
      const value = decoded[name]
      if (column.mode === 'REPEATED') return [name, (value as unknown[]).map((item) => valueOfColumn(column, item))]
      return [name, value === undefined ? null : valueOfColumn(column, value)]
    }),
  )
}

function valueOfColumn(column: Column, value: unknown): unknown {
  switch (column.type) {
    case 'RECORD':
      return rowOf(column.fields, value as Decoded)
    case 'NUMERIC': {
      const [whole = '', rest = ''] = String(value).split('.')
      return BigInt(whole + rest.padEnd(NUMERIC_SCALE, '0'))
    }
    case 'TIMESTAMP':
      return Number(value) / 1_000
    case 'INT64':
      return Number(value)
    default:
      return value
  }
}
