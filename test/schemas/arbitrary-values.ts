import fc from 'fast-check'
import type { AvroType } from '../../schemas/avro/schema.ts'

/** ASCII, any script, and lengths whose prefix takes one, two and three bytes. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 60, maxLength: 70, size: 'max' }) },
  { weight: 1, arbitrary: fc.constantFrom('\uFEFFmark', '\u007f', '\u0080', 'x'.repeat(8_191), 'ü'.repeat(4_096)) },
)

/** Small ones, the edges of the varint's bytes, and any that a double holds. */
const long = fc.oneof(
  fc.integer({ min: -130, max: 130 }),
  fc
    .tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -2, max: 2 }), fc.constantFrom(1, -1))
    .map(([power, delta, sign]) => sign * (2 ** power + delta) + 0),
  fc.maxSafeInteger(),
)

/** Values of a type as avsc takes them: field names as in the schema, bytes as a Buffer. */
export function valuesOf(type: AvroType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.oneof(fc.integer({ min: -70, max: 70 }), fc.integer())
    case 'long':
      return long
    case 'double':
      return fc.double()
    case 'string':
      return text
    case 'bytes':
      return fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes))
    case 'enum':
      return fc.constantFrom(...type.symbols)
    case 'nullable':
      return fc.option(valuesOf(type.type))
    case 'array':
      return fc.array(valuesOf(type.items), { maxLength: 5 })
    case 'record':
      return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, valuesOf(field.type)])))
  }
}
