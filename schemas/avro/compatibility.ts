import { type AvroEnum, type AvroRecord, type AvroType, shortName } from './schema.ts'

/** Why data written with one schema cannot be read with another. */
export interface Incompatibility {
  /** `Record.field`, with `[]` for an array's items. */
  readonly place: string
  readonly rule: string
}

/** What each written primitive may also be read as. Source: Avro 1.12 specification, "Schema Resolution". */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'double'],
  long: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

/** Every reason why `reader` cannot read all that `writer` may have written; empty when it can. */
export function incompatibilities(writer: AvroRecord, reader: AvroRecord): Incompatibility[] {
  return typeProblems(writer, reader, shortName(reader.name))
}

function typeProblems(writer: AvroType, reader: AvroType, place: string): Incompatibility[] {
  if (reader.kind === 'nullable') {
    return typeProblems(writer.kind === 'nullable' ? writer.type : writer, reader.type, place)
  }
  if (writer.kind === 'nullable') return [{ place, rule: 'may have been written as null, which it no longer admits' }]
  if (writer.kind === 'record' && reader.kind === 'record') return recordProblems(writer, reader, place)
  if (writer.kind === 'enum' && reader.kind === 'enum') return enumProblems(writer, reader, place)
  if (writer.kind === 'array' && reader.kind === 'array') return typeProblems(writer.items, reader.items, `${place}[]`)
  if (writer.kind === reader.kind || PROMOTIONS[writer.kind]?.includes(reader.kind)) return []
  return [{ place, rule: `was written as ${writer.kind}, which does not read as ${reader.kind}` }]
}

function recordProblems(writer: AvroRecord, reader: AvroRecord, place: string): Incompatibility[] {
  if (writer.name !== reader.name) return [renamed(writer.name, reader.name, place)]
  return reader.fields.flatMap((field) => {
    const inner = `${place}.${field.name}`
    const written = writer.fields.find((other) => other.name === field.name)
    if (written !== undefined) return typeProblems(written.type, field.type, inner)
    return field.default === undefined ? [{ place: inner, rule: 'was added without a default' }] : []
  })
}

function enumProblems(writer: AvroEnum, reader: AvroEnum, place: string): Incompatibility[] {
  if (writer.name !== reader.name) return [renamed(writer.name, reader.name, place)]
  if (reader.default !== undefined) return []
  const lost = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
  return lost.map((symbol) => ({ place, rule: `lost the symbol ${symbol} and has no default symbol` }))
}

function renamed(writer: string, reader: string, place: string): Incompatibility {
  return { place, rule: `was written as ${writer}, which does not read as ${reader}` }
}
