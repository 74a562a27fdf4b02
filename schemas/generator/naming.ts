import { type AvroType, type AvroValueType, SchemaError, shortName } from '../avro/schema.ts'

/** Names that a generated reader has of its own. */
const TAKEN = ['buffer', 'view', 'end', 'wrap', 'toObject', 'constructor']

/** `event_time` to `eventTime`; throws a SchemaError for a name that the reader needs itself. */
export function camel(field: string): string {
  const name = field.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  if (TAKEN.includes(name)) throw new SchemaError(`a field may not be called ${field}`)
  return name
}

/** `event_time` to `EventTime`. */
export function pascal(field: string): string {
  const name = camel(field)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** `PaymentKind` to `PAYMENT_KIND`. */
function screaming(typeName: string): string {
  return typeName.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()
}

/** `DeadLetter` to `dead-letter`. */
export function kebab(typeName: string): string {
  return screaming(typeName).toLowerCase().replaceAll('_', '-')
}

/** The constant that lists an enum's symbols. */
export function symbolsName(enumName: string): string {
  return `${screaming(shortName(enumName))}_SYMBOLS`
}

/** The TypeScript type of a value in a plain object. */
export function plainType(type: AvroType): string {
  switch (type.kind) {
    case 'nullable':
      return `${plainType(type.type)} | null`
    case 'array':
      return `readonly ${plainType(type.items)}[]`
    case 'enum':
    case 'record':
      return shortName(type.name)
    default:
      return PLAIN[type.kind]
  }
}

const PLAIN = {
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Uint8Array',
} as const

/** The scan of a value, as the name of a function with the signature of `Scan`. */
export function scanName(type: AvroValueType): string {
  switch (type.kind) {
    case 'array':
      throw new SchemaError('an array of arrays is not supported')
    case 'enum':
    case 'record':
      return `scan${shortName(type.name)}`
    default:
      return SCANS[type.kind]
  }
}

const SCANS = {
  boolean: 'scanBoolean',
  int: 'scanInt',
  long: 'scanLong',
  double: 'scanDouble',
  string: 'scanString',
  bytes: 'scanString',
} as const
