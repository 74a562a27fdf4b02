/** The part of Avro's schema language that Sluice writes in; anything else is refused by name. */

/** A type without parts. */
export type Primitive = 'boolean' | 'int' | 'long' | 'double' | 'string' | 'bytes'

export type AvroType =
  | { readonly kind: Primitive }
  | { readonly kind: 'nullable'; readonly type: AvroValueType }
  | AvroArray
  | AvroEnum
  | AvroRecord

/** Any type but the union with null. */
export type AvroValueType = Exclude<AvroType, { kind: 'nullable' }>

export interface AvroArray {
  readonly kind: 'array'
  readonly items: AvroValueType
}

export interface AvroEnum {
  readonly kind: 'enum'
  /** Full name, with the namespace. */
  readonly name: string
  readonly symbols: readonly string[]
  /** The symbol for one that a reader does not know. */
  readonly default: string | undefined
}

export interface AvroField {
  readonly name: string
  readonly doc: string | undefined
  readonly type: AvroType
  /** The JSON value of the default; `undefined` when the field has none. */
  readonly default: unknown
}

export interface AvroRecord {
  readonly kind: 'record'
  /** Full name, with the namespace. */
  readonly name: string
  readonly doc: string | undefined
  readonly fields: readonly AvroField[]
}

/** A schema outside the supported part, or none at all; the build stops. */
export class SchemaError extends Error {
  override name = 'SchemaError'
}

const PRIMITIVES: readonly string[] = ['boolean', 'int', 'long', 'double', 'string', 'bytes']

/** The symbols that fit an ordinal of one byte. */
const SYMBOLS_MAX = 64

/** Parses a record schema from its JSON value; throws a SchemaError that names the place. */
export function parseSchema(json: unknown): AvroRecord {
  const type = new Parser().type(json, '', 'the schema')
  if (type.kind !== 'record') throw new SchemaError('the schema is not a record')
  return type
}

/** The name without its namespace. */
export function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1)
}

class Parser {
  readonly #named = new Map<string, AvroEnum | AvroRecord>()

  type(json: unknown, namespace: string, place: string): AvroType {
    if (Array.isArray(json)) return this.#nullable(json, namespace, place)
    return this.#value(json, namespace, place)
  }

  #nullable(branches: readonly unknown[], namespace: string, place: string): AvroType {
    if (branches.length !== 2 || branches[0] !== 'null')
      throw new SchemaError(`${place}: a union is ["null", type] only`)
    return { kind: 'nullable', type: this.#value(branches[1], namespace, place) }
  }

  #value(json: unknown, namespace: string, place: string): AvroValueType {
    if (typeof json === 'string') return this.#reference(json, namespace, place)
    const parts = asObject(json, place)
    if (parts['aliases'] !== undefined) throw new SchemaError(`${place}: aliases are not supported`)
    switch (parts['type']) {
      case 'array':
        return { kind: 'array', items: this.#items(parts['items'], namespace, place) }
      case 'enum':
        return this.#enum(parts, namespace, place)
      case 'record':
        return this.#record(parts, namespace, place)
      default:
        // A primitive with a logical type: {"type": "long", "logicalType": "timestamp-millis"}.
        return this.#reference(parts['type'], namespace, place)
    }
  }

  #items(json: unknown, namespace: string, place: string): AvroValueType {
    const items = this.#value(json, namespace, `${place}[]`)
    if (items.kind === 'record' && items.fields.length === 0) throw new SchemaError(`${place}: items take no bytes`)
    return items
  }

  #reference(name: unknown, namespace: string, place: string): AvroValueType {
    if (typeof name === 'string' && PRIMITIVES.includes(name)) return { kind: name as Primitive }
    const named = typeof name === 'string' ? this.#named.get(qualified(name, namespace)) : undefined
    if (named === undefined)
      throw new SchemaError(`${place}: type ${JSON.stringify(name)} is not supported or not defined`)
    return named
  }

  #enum(parts: Record<string, unknown>, namespace: string, place: string): AvroEnum {
    const symbols = asArray(parts['symbols'], place).map(String)
    const fallback = parts['default']
    if (symbols.length === 0 || symbols.length > SYMBOLS_MAX) {
      throw new SchemaError(`${place}: an enum has 1 to ${SYMBOLS_MAX} symbols`)
    }
    if (fallback !== undefined && !symbols.includes(String(fallback))) {
      throw new SchemaError(`${place}: default ${JSON.stringify(fallback)} is not a symbol`)
    }
    const name = this.#newName(parts, namespace, place)
    const type: AvroEnum = {
      kind: 'enum',
      name,
      symbols,
      default: fallback === undefined ? undefined : String(fallback),
    }
    this.#named.set(name, type)
    return type
  }

  #record(parts: Record<string, unknown>, namespace: string, place: string): AvroRecord {
    const name = this.#newName(parts, namespace, place)
    const inner = name.slice(0, Math.max(0, name.lastIndexOf('.')))
    const fields = asArray(parts['fields'], place).map((field) => this.#field(field, inner, shortName(name)))
    const record: AvroRecord = { kind: 'record', name, doc: asText(parts['doc']), fields }
    this.#named.set(name, record)
    return record
  }

  #field(json: unknown, namespace: string, record: string): AvroField {
    const parts = asObject(json, record)
    const name = parts['name']
    if (typeof name !== 'string') throw new SchemaError(`${record}: a field without a name`)
    const place = `${record}.${name}`
    if (parts['aliases'] !== undefined) throw new SchemaError(`${place}: aliases are not supported`)
    const type = this.type(parts['type'], namespace, place)
    if (type.kind === 'nullable' && parts['default'] !== undefined && parts['default'] !== null) {
      throw new SchemaError(`${place}: the default of a nullable field is null`)
    }
    return { name, doc: asText(parts['doc']), type, default: parts['default'] }
  }

  #newName(parts: Record<string, unknown>, namespace: string, place: string): string {
    if (typeof parts['name'] !== 'string') throw new SchemaError(`${place}: a type without a name`)
    const name = qualified(parts['name'], asText(parts['namespace']) ?? namespace)
    if (this.#named.has(name)) throw new SchemaError(`${place}: ${name} is defined twice`)
    return name
  }
}

function qualified(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function asObject(json: unknown, place: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null) throw new SchemaError(`${place}: expected an object`)
  return json as Record<string, unknown>
}

function asArray(json: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(json)) throw new SchemaError(`${place}: expected a list`)
  return json
}

function asText(json: unknown): string | undefined {
  return typeof json === 'string' ? json : undefined
}
