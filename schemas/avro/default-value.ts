import { ByteSink } from './byte-sink.ts'
import { type AvroType, type Primitive, SchemaError } from './schema.ts'

/** The Avro encoding of a default given as JSON; throws a SchemaError, naming the place, when it is not of the type. */
export function encodeDefault(type: AvroType, value: unknown, place: string): Uint8Array {
  const out = new ByteSink(64)
  try {
    appendDefault(out, type, value)
  } catch (error) {
    throw new SchemaError(`${place}: bad default ${JSON.stringify(value)}: ${(error as Error).message}`)
  }
  return out.toBytes()
}

function appendDefault(out: ByteSink, type: AvroType, value: unknown): void {
  switch (type.kind) {
    case 'nullable':
      // A union's default is of its first branch, and ours is null.
      if (value !== null) throw new RangeError('not null')
      out.byte(0)
      break
    case 'array':
      if (!Array.isArray(value)) throw new RangeError('not a list')
      out.array(value, (item) => appendDefault(out, type.items, item))
      break
    case 'record':
      for (const field of type.fields) {
        const part = (expectKind(value, 'object') as Record<string, unknown>)[field.name]
        appendDefault(out, field.type, part === undefined ? field.default : part)
      }
      break
    case 'enum':
      out.symbol(type.symbols, expectKind(value, 'string') as string)
      break
    default:
      appendPrimitive(out, type.kind, value)
  }
}

function appendPrimitive(out: ByteSink, kind: Primitive, value: unknown): void {
  if (kind === 'boolean') out.boolean(expectKind(value, 'boolean') as boolean)
  else if (kind === 'string') out.string(expectKind(value, 'string') as string)
  // JSON holds bytes as the code points 0 to 255.
  else if (kind === 'bytes')
    out.sized(Uint8Array.from(expectKind(value, 'string') as string, (letter) => letter.charCodeAt(0)))
  else out[kind](expectKind(value, 'number') as number)
}

function expectKind(value: unknown, kind: string): unknown {
  if (typeof value !== kind || value === null) throw new RangeError(`not a ${kind}`)
  return value
}
