import {
  type AvroEnum,
  type AvroField,
  type AvroRecord,
  type AvroType,
  SchemaError,
  shortName,
} from '../avro/schema.ts'
import { docComment, getter, listLines } from './layout.ts'
import { camel, plainType, scanName, symbolsName } from './naming.ts'
import { appendFunction, plainInterface } from './writer.ts'

/** The named types that stand inside the records, each once. */
export interface SharedTypes {
  readonly enums: readonly AvroEnum[]
  /** Records that are items of arrays. */
  readonly parts: readonly AvroRecord[]
  /** Enums that are items of arrays or fields of parts, which need a scan of their own. */
  readonly scannedEnums: readonly AvroEnum[]
}

/** Gathers the named types of all records; throws a SchemaError when two definitions of one name differ. */
export function sharedTypes(records: readonly AvroRecord[]): SharedTypes {
  const named = new Map<string, AvroEnum | AvroRecord>()
  const scanned = new Set<string>()
  const visit = (type: AvroType, inArray: boolean): void => {
    if (type.kind === 'array') visit(type.items, true)
    else if (type.kind === 'nullable') visit(type.type, inArray)
    else if (type.kind === 'enum' || type.kind === 'record') {
      const former = named.get(type.name)
      if (former !== undefined && JSON.stringify(former) !== JSON.stringify(type)) {
        throw new SchemaError(`${type.name} is defined twice, and differently`)
      }
      named.set(type.name, type)
      if (type.kind === 'enum' && inArray) scanned.add(type.name)
      if (type.kind === 'record') for (const field of type.fields) visit(field.type, true)
    }
  }
  for (const record of records) for (const field of record.fields) visit(field.type, false)
  const sorted = [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const enums = sorted.filter((type) => type.kind === 'enum')
  return {
    enums,
    parts: sorted.filter((type) => type.kind === 'record'),
    scannedEnums: enums.filter((type) => scanned.has(type.name)),
  }
}

/** An enum's symbols, type and ordinals. */
export function enumDeclaration(type: AvroEnum): string[] {
  const name = shortName(type.name)
  const symbols = symbolsName(type.name)
  return [
    `/** The symbols of ${name}; a symbol's index is its Avro ordinal. */`,
    ...listLines(
      `export const ${symbols} = [`,
      type.symbols.map((symbol) => `'${symbol}'`),
      '] as const',
    ),
    '',
    `export type ${name} = (typeof ${symbols})[number]`,
    '',
    `/** The Avro ordinal of each ${name}. */`,
    `export const ${name}Ordinal = {`,
    ...type.symbols.map((symbol, ordinal) => `  ${symbol}: ${ordinal},`),
    `} as const satisfies Record<${name}, number>`,
  ]
}

/** The scan of an enum as an array's item. */
export function enumScan(type: AvroEnum): string[] {
  return [
    `/** The scan of one ${shortName(type.name)}. */`,
    `export function ${scanName(type)}(bytes: Uint8Array, at: number, end: number): number {`,
    `  return scanEnum(bytes, at, end, ${symbolsName(type.name)}.length)`,
    '}',
  ]
}

/** The plain type, scan, cursor and writer of a record that is an array's item. */
export function partDeclaration(part: AvroRecord): string[] {
  const name = shortName(part.name)
  return [
    ...plainInterface(part),
    '',
    `/** The scan of one ${name}. */`,
    `export function ${scanName(part)}(bytes: Uint8Array, at: number, end: number): number {`,
    '  let next = at',
    ...part.fields.flatMap((field, index) => [
      `  next = ${partScan(field)}(bytes, next, end)`,
      ...(index === part.fields.length - 1 ? [] : ['  if (next < 0) return next']),
    ]),
    '  return next',
    '}',
    '',
    ...docComment(`Walks an array of ${name}.`),
    ...cursorClass(part),
    '',
    `/** Appends the Avro encoding of one plain ${name}. */`,
    ...appendFunction(part),
  ]
}

function cursorClass(part: AvroRecord): string[] {
  const name = shortName(part.name)
  return [
    `export class ${name}Cursor extends ArrayCursor {`,
    ...part.fields.slice(1).map((field) => `  private ${camel(field.name)}Field = 0`),
    ...part.fields.flatMap((field, index) => partGetter(field, index === 0)),
    '',
    `  toObject(): ${name} {`,
    '    return {',
    ...part.fields.map(
      ({ name: field, type }) => `      ${camel(field)}: this.${camel(field)}${type.kind === 'enum' ? 'Symbol' : ''},`,
    ),
    '    }',
    '  }',
    '',
    '  protected override afterItem(at: number): number {',
    ...part.fields.flatMap((field, index) => {
      const next = part.fields[index + 1]
      const from = index === 0 ? 'at' : `this.${camel(field.name)}Field`
      const after = field.type.kind === 'enum' ? `${from} + 1` : `afterLong(this.buffer, ${from})`
      return [next === undefined ? `    return ${after}` : `    this.${camel(next.name)}Field = ${after}`]
    }),
    '  }',
    '}',
  ]
}

function partGetter(field: AvroField, first: boolean): string[] {
  const name = camel(field.name)
  const at = first ? 'this.at' : `this.${name}Field`
  if (field.type.kind === 'int') return getter(name, 'number', `readInt(this.buffer, ${at})`)
  if (field.type.kind !== 'enum') throw unsupported(field)
  return [
    ...getter(name, 'number', `this.buffer[${at}]! >>> 1`),
    ...getter(`${name}Symbol`, plainType(field.type), `${symbolsName(field.type.name)}[this.${name}]!`),
  ]
}

function partScan(field: AvroField): string {
  if (field.type.kind !== 'int' && field.type.kind !== 'enum') throw unsupported(field)
  return scanName(field.type)
}

function unsupported(field: AvroField): SchemaError {
  return new SchemaError(`${field.name}: a record in an array holds enums and ints only`)
}
