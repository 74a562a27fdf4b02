import {
  type AvroField,
  type AvroRecord,
  type AvroType,
  type AvroValueType,
  SchemaError,
  shortName,
} from '../avro/schema.ts'
import { docComment, listLines } from './layout.ts'
import { camel, pascal, plainType, symbolsName } from './naming.ts'
import { RUNS, runFields } from './runs.ts'

/** The plain object type of a record, and the values of its fields that have a default. */
export function plainInterface(record: AvroRecord): string[] {
  const name = shortName(record.name)
  const defaulted = record.fields.filter((field) => field.default !== undefined)
  return [
    ...docComment(record.doc ?? `One ${name} as a plain object.`),
    `export interface ${name} {`,
    ...record.fields.flatMap((field) => [
      ...docComment(field.doc, '  '),
      `  readonly ${camel(field.name)}: ${plainType(field.type)}`,
    ]),
    '}',
    ...(defaulted.length === 0 ? [] : ['', ...defaultsConstant(name, defaulted)]),
  ]
}

function defaultsConstant(name: string, fields: readonly AvroField[]): string[] {
  const constant = `${camel(name.charAt(0).toLowerCase() + name.slice(1))}Defaults`
  return [
    `/** The fields of ${name} that have a default, each with it. */`,
    `export const ${constant} = {`,
    ...fields.map((field) => `  ${camel(field.name)}: ${JSON.stringify(field.default)},`),
    `} satisfies Partial<${name}>`,
  ]
}

/** What a hot writer asks for, and the function that puts the answers in schema order. */
export function sourceWriter(record: AvroRecord): string[] {
  const name = shortName(record.name)
  const parts = writtenParts(record)
  return [
    '/**',
    ` * What \`write${name}\` asks for, in schema order. A \`put\` method writes the Avro encoding of its field at \`at\` and`,
    ' * returns the position after it; an enum is its ordinal.',
    ' */',
    `export interface ${name}Source {`,
    ...parts.map((part) => `  ${part.member}`),
    '}',
    '',
    `/** Writes the Avro encoding of one ${name} at \`start\`, without an allocation; \`out\` has the room. */`,
    ...listLines(
      `export function write${name}(`,
      ['out: Uint8Array', 'view: DataView', 'start: number', `source: ${name}Source`],
      '): number {',
    ),
    '  let at = start',
    ...parts.map((part) => `  ${part.statement}`),
    '  return at',
    '}',
  ]
}

interface WrittenPart {
  readonly member: string
  readonly statement: string
}

function writtenParts(record: AvroRecord): WrittenPart[] {
  const parts: WrittenPart[] = []
  const runs = RUNS.filter((run) => run.into === shortName(record.name))
  for (let i = 0; i < record.fields.length; i++) {
    const field = record.fields[i]!
    const run = runs.find(({ from }) => from === field.name)
    if (run === undefined) parts.push(writtenPart(field))
    else {
      parts.push(putPart(`${pascal(run.from)}Through${pascal(run.through)}`))
      i += runFields(record, run).length - 1
    }
  }
  return parts
}

function writtenPart(field: AvroField): WrittenPart {
  const value = `source.${camel(field.name)}`
  switch (field.type.kind) {
    case 'int':
    case 'long':
      return { member: `readonly ${camel(field.name)}: number`, statement: `at = putLong(out, at, ${value})` }
    case 'double':
      return { member: `readonly ${camel(field.name)}: number`, statement: `at = putDouble(view, at, ${value})` }
    case 'enum':
      return { member: `readonly ${camel(field.name)}: number`, statement: `out[at++] = ${value} << 1` }
    case 'boolean':
      return { member: `readonly ${camel(field.name)}: boolean`, statement: `out[at++] = ${value} ? 1 : 0` }
    default:
      return putPart(pascal(field.name))
  }
}

function putPart(name: string): WrittenPart {
  return {
    member: `put${name}(out: Uint8Array, view: DataView, at: number): number`,
    statement: `at = source.put${name}(out, view, at)`,
  }
}

/** The slow writers: a plain object into a sink, or into bytes of its own. */
export function plainWriter(record: AvroRecord): string[] {
  const name = shortName(record.name)
  return [
    `/** Appends the Avro encoding of one plain ${name}; throws a RangeError for a number or symbol outside its type. */`,
    ...appendFunction(record),
    '',
    `/** The Avro encoding of one plain ${name}, as \`append${name}\` writes it. */`,
    `export function encode${name}(value: ${name}): Uint8Array {`,
    `  return encoded(append${name}, value)`,
    '}',
  ]
}

/** `append<Name>(out, value)`. */
export function appendFunction(record: AvroRecord): string[] {
  const name = shortName(record.name)
  return [
    `export function append${name}(out: ByteSink, value: ${name}): void {`,
    ...record.fields.map((field) => `  ${appendStatement(field.type, `value.${camel(field.name)}`, field.name)}`),
    '}',
  ]
}

function appendStatement(type: AvroType, value: string, place: string): string {
  if (type.kind === 'nullable') return `if (out.present(${value})) ${appendStatement(type.type, value, place)}`
  if (type.kind === 'array') return `out.array(${value}, (item) => ${appendStatement(type.items, 'item', place)})`
  return appendValue(type, value, place)
}

function appendValue(type: AvroValueType, value: string, place: string): string {
  switch (type.kind) {
    case 'enum':
      return `out.symbol(${symbolsName(type.name)}, ${value})`
    case 'record':
      return `append${shortName(type.name)}(out, ${value})`
    case 'bytes':
      return `out.sized(${value})`
    case 'array':
      throw new SchemaError(`${place}: an array of arrays is not supported`)
    default:
      return `out.${type.kind}(${value})`
  }
}
