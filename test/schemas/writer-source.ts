import type avsc from 'avsc'
import type { AvroField, AvroRecord, AvroType } from '../../schemas/avro/schema.ts'
import { camel, pascal } from '../../schemas/generator/naming.ts'
import { RUNS, runFields } from '../../schemas/generator/runs.ts'
import { RECORDS } from './records.ts'

/** What a generated `write<Name>` asks for, answered from a value of avsc: numbers as such, the rest as avsc's bytes. */
export function sourceOf(record: AvroRecord, value: unknown): object {
  const values = value as Record<string, unknown>
  const source: Record<string, unknown> = {}
  for (const field of record.fields) {
    const fieldValue = values[field.name]
    if (field.type.kind === 'enum') source[camel(field.name)] = field.type.symbols.indexOf(fieldValue as string)
    else if (isProperty(field.type)) source[camel(field.name)] = fieldValue
    else source[`put${pascal(field.name)}`] = putBytesOf(encodeField(record, field, fieldValue))
  }
  for (const run of RUNS.filter(({ into }) => record.name.endsWith(`.${into}`))) {
    const encoded = runFields(record, run).map((field) => encodeField(record, field, values[field.name]))
    source[`put${pascal(run.from)}Through${pascal(run.through)}`] = putBytesOf(Buffer.concat(encoded))
  }
  return source
}

function isProperty(type: AvroType): boolean {
  return ['int', 'long', 'double', 'boolean'].includes(type.kind)
}

function putBytesOf(encoded: Uint8Array) {
  return (out: Uint8Array, _view: DataView, at: number): number => {
    out.set(encoded, at)
    return at + encoded.length
  }
}

function encodeField(record: AvroRecord, field: AvroField, value: unknown): Buffer {
  const { reference } = RECORDS.find(({ schema }) => schema.name === record.name)!
  const fields = (reference as avsc.types.RecordType).fields
  return fields.find(({ name }) => name === field.name)!.type.toBuffer(value)
}
