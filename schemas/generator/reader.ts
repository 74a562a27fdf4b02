import {
  type AvroField,
  type AvroRecord,
  type AvroType,
  type AvroValueType,
  SchemaError,
  shortName,
} from '../avro/schema.ts'
import { getter } from './layout.ts'
import { camel, pascal, plainType, scanName, symbolsName } from './naming.ts'
import { RUNS, type Run, runFields } from './runs.ts'

/** The flyweight reader class of a record, as lines of TypeScript. */
export function readerClass(record: AvroRecord): string[] {
  const name = shortName(record.name)
  const accessors = record.fields.flatMap((field, index) => {
    const next = record.fields[index + 1]
    return fieldAccessors(field, next === undefined ? 'end' : `${camel(next.name)}Field`)
  })
  return [
    '/**',
    ` * Reads a ${name} in place: \`wrap\` finds where each field starts, getters decode when asked. All properties are`,
    ' * set by `wrap` and opened cursors alone; they hold until the next `wrap` or until the buffer is overwritten.',
    ' */',
    `export class ${name}Reader {`,
    '  buffer = NO_BYTES',
    '  view = NO_VIEW',
    ...record.fields.map((field) => `  ${camel(field.name)}Field = 0`),
    '  end = 0',
    ...record.fields.flatMap(cursorProperty),
    '',
    ...wrapMethod(record),
    ...accessors,
    ...RUNS.filter((run) => run.record === name).flatMap((run) => runCopy(record, run)),
    '',
    ...toObjectMethod(record),
    '}',
  ]
}

function wrapMethod(record: AvroRecord): string[] {
  return [
    '  /** Accepts the record in `[start, stop)` of `buffer`; `view` covers the same bytes. Reads nothing past `stop`. */',
    '  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode {',
    '    this.buffer = buffer',
    '    this.view = view',
    '    let at = start',
    '    let byte = 0',
    ...record.fields.flatMap((field) => [
      `    this.${camel(field.name)}Field = at`,
      ...scanLines(field.type, field.name).map((line) => `    ${line}`),
    ]),
    '    this.end = at',
    '    if (at === stop) return OK',
    '    return at < stop ? TRAILING : TRUNCATED',
    '  }',
  ]
}

/** Moves `at` over one field. Short strings may pass `stop`: the next field, or the end, notices. */
function scanLines(type: AvroType, place: string): string[] {
  const fetch = ['if (at >= stop) return TRUNCATED', 'byte = buffer[at]!']
  switch (type.kind) {
    case 'string':
    case 'bytes':
      return [
        ...fetch,
        'if ((byte & 129) === 0) at += 1 + (byte >>> 1)',
        'else {',
        '  at = scanString(buffer, at, stop)',
        '  if (at < 0) return -at as DecodeCode',
        '}',
      ]
    case 'nullable':
      return [
        ...fetch,
        'at++',
        'if (byte === 2) {',
        ...scanLines(nullablePart(type.type, place), place).map((line) => `  ${line}`),
        '} else if (byte !== 0) return BAD_TYPE',
      ]
    case 'enum':
      return [...fetch, `if ((byte & 129) !== 0 || byte >= ${type.symbols.length * 2}) return BAD_TYPE`, 'at++']
    case 'boolean':
      return [...fetch, 'if (byte > 1) return BAD_TYPE', 'at++']
    case 'double':
      return ['at += 8', 'if (at > stop) return TRUNCATED']
    case 'array':
      return [`at = scanArray(buffer, at, stop, ${scanName(type.items)})`, 'if (at < 0) return -at as DecodeCode']
    case 'record':
      throw new SchemaError(`${place}: a record inside a record stands in an array only`)
    default:
      return [`at = ${scanName(type)}(buffer, at, stop)`, 'if (at < 0) return -at as DecodeCode']
  }
}

function fieldAccessors(field: AvroField, next: string): string[] {
  const name = camel(field.name)
  const start = `this.${name}Field`
  return [
    ...valueAccessors(field, name, start, next),
    '',
    '  /** Copies the encoding as it stands. */',
    `  copy${pascal(field.name)}(out: DataView, at: number): number {`,
    `    return copyBytes(this.view, ${start}, this.${next}, out, at)`,
    '  }',
  ]
}

function valueAccessors(field: AvroField, name: string, start: string, next: string): string[] {
  const { type } = field
  if (type.kind === 'array') return arrayAccessors(type.items, name, start)
  if (type.kind === 'record') throw new SchemaError(`${field.name}: a record inside a record stands in an array only`)
  const has = `has${pascal(field.name)}`
  const inner = type.kind === 'nullable' ? type.type : type
  const optional = type.kind === 'nullable'
  const hasGetter = optional ? getter(has, 'boolean', `this.buffer[${start}] !== 0`) : []
  const absent = (value: string): string[] => (optional ? [`    if (!this.${has}) return ${value}`] : [])
  const valueAt = optional ? `${start} + 1` : start
  if (inner.kind === 'string' || inner.kind === 'bytes') {
    const afterLength = `afterLong(this.buffer, ${valueAt})`
    const [at, end] = [`this.${name}At`, `this.${next}`]
    const decoded =
      inner.kind === 'string' ? `readText(this.buffer, ${at}, ${end})` : `this.buffer.slice(${at}, ${end})`
    return [
      ...hasGetter,
      ...getter(`${name}At`, 'number', afterLength, absent(end)),
      ...getter(`${name}End`, 'number', `this.${next}`),
      ...getter(`${name}Length`, 'number', `this.${next} - this.${name}At`),
      ...getter(name, plainType(type), decoded, absent('null')),
    ]
  }
  const value = numericValue(inner, valueAt, field.name)
  const result = inner.kind === 'boolean' ? 'boolean' : 'number'
  return [
    ...hasGetter,
    ...getter(name, result, value, absent('Number.NaN')),
    ...(inner.kind === 'enum'
      ? getter(`${name}Symbol`, plainType(inner), `${symbolsName(inner.name)}[this.${name}]!`)
      : []),
    ...(inner.kind === 'long' && !optional
      ? getter(`${name}Exact`, 'bigint', `readLongExact(this.buffer, ${start})`)
      : []),
  ]
}

function numericValue(type: AvroValueType, at: string, place: string): string {
  switch (type.kind) {
    case 'long':
      return `readLong(this.buffer, ${at})`
    case 'int':
      return `readInt(this.buffer, ${at})`
    case 'double':
      return `this.view.getFloat64(${at}, true)`
    case 'boolean':
      return `this.buffer[${at}] === 1`
    case 'enum':
      return `this.buffer[${at}]! >>> 1`
    default:
      throw new SchemaError(`${place}: ${type.kind} has no number`)
  }
}

function cursorProperty(field: AvroField): string[] {
  if (field.type.kind !== 'array') return []
  return [`  private readonly ${camel(field.name)}Cursor = new ${cursorName(field.type.items)}()`]
}

function cursorName(items: AvroValueType): string {
  if (items.kind === 'string') return 'StringCursor'
  if (items.kind === 'enum') return 'EnumCursor'
  if (items.kind === 'record') return `${shortName(items.name)}Cursor`
  throw new SchemaError(`an array of ${items.kind} is not supported`)
}

function arrayAccessors(items: AvroValueType, name: string, start: string): string[] {
  const cursor = cursorName(items)
  const opener = `open${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const item =
    items.kind === 'string'
      ? 'cursor.text'
      : items.kind === 'enum'
        ? `${symbolsName(items.name)}[cursor.ordinal]!`
        : 'cursor.toObject()'
  return [
    '',
    '  /** Walks the array in place; one walk at a time. */',
    `  ${opener}(): ${cursor} {`,
    `    return this.${name}Cursor.open(this.buffer, this.view, ${start})`,
    '  }',
    '',
    `  get ${name}(): ${plainType(items)}[] {`,
    `    const items: ${plainType(items)}[] = []`,
    `    const cursor = this.${opener}()`,
    `    while (cursor.next()) items.push(${item})`,
    '    return items',
    '  }',
  ]
}

function runCopy(record: AvroRecord, run: Run): string[] {
  const last = record.fields.indexOf(runFields(record, run).at(-1)!)
  const next = record.fields[last + 1]
  const end = next === undefined ? 'end' : `${camel(next.name)}Field`
  return [
    '',
    `  /** Copies these fields of a ${run.into} as they stand. */`,
    `  copy${pascal(run.from)}Through${pascal(run.through)}(out: DataView, at: number): number {`,
    `    return copyBytes(this.view, this.${camel(run.from)}Field, this.${end}, out, at)`,
    '  }',
  ]
}

function toObjectMethod(record: AvroRecord): string[] {
  return [
    '  /** The record as a plain object; throws a RangeError for a long that a number cannot hold. */',
    `  toObject(): ${shortName(record.name)} {`,
    '    return {',
    ...record.fields.map((field) => `      ${camel(field.name)}: ${plainValue(field)},`),
    '    }',
    '  }',
  ]
}

function plainValue(field: AvroField): string {
  const value = `this.${camel(field.name)}`
  const { type } = field
  if (type.kind === 'enum') return `${value}Symbol`
  if (type.kind === 'long') return `safeLong(${value}, '${field.name}')`
  if (type.kind !== 'nullable' || type.type.kind === 'string' || type.type.kind === 'bytes') return value
  const inner = type.type.kind === 'long' ? `safeLong(${value}, '${field.name}')` : value
  return `this.has${pascal(field.name)} ? ${inner} : null`
}

function nullablePart(type: AvroValueType, place: string): AvroValueType {
  if (['string', 'bytes', 'int', 'long', 'double'].includes(type.kind)) return type
  throw new SchemaError(`${place}: a nullable ${type.kind} is not supported`)
}
