import { expect, test } from 'vitest'
import { parseSchema } from '../../schemas/avro/schema.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { generatedFiles } from '../../schemas/generator/files.ts'
import { checkRuns } from '../../schemas/generator/runs.ts'

// Goal: what the generator and the schema parser cannot do, they refuse by name.
function record(...fields: object[]): object {
  return { type: 'record', name: 'Thing', fields }
}

const REFUSED = [
  { why: 'a map', schema: record({ name: 'a', type: { type: 'map', values: 'int' } }), message: 'Thing.a: type "map"' },
  { why: 'a float', schema: record({ name: 'a', type: 'float' }), message: 'Thing.a: type "float" is not supported' },
  { why: 'a fixed', schema: record({ name: 'a', type: { type: 'fixed', name: 'F', size: 4 } }), message: '"fixed"' },
  {
    why: 'a wide union',
    schema: record({ name: 'a', type: ['null', 'int', 'string'] }),
    message: 'Thing.a: a union is',
  },
  { why: 'null last', schema: record({ name: 'a', type: ['int', 'null'] }), message: 'Thing.a: a union is' },
  { why: 'null alone', schema: record({ name: 'a', type: 'null' }), message: 'type "null" is not supported' },
  { why: 'an unknown type', schema: record({ name: 'a', type: 'Other' }), message: 'type "Other" is not supported' },
  { why: 'an alias', schema: record({ name: 'a', type: 'int', aliases: ['b'] }), message: 'aliases are not supported' },
  {
    why: 'a nullable with another default',
    schema: record({ name: 'a', type: ['null', 'int'], default: 1 }),
    message: 'the default of a nullable field is null',
  },
  {
    why: 'a default that is no symbol',
    schema: record({ name: 'a', type: { type: 'enum', name: 'E', symbols: ['x'], default: 'y' } }),
    message: 'default "y" is not a symbol',
  },
  {
    why: 'more symbols than a byte holds',
    schema: record({
      name: 'a',
      type: { type: 'enum', name: 'E', symbols: Array.from({ length: 65 }, (_, i) => `s${i}`) },
    }),
    message: 'an enum has 1 to 64 symbols',
  },
  {
    why: 'items without bytes, of which a record could claim any number',
    schema: record({ name: 'a', type: { type: 'array', items: { type: 'record', name: 'Empty', fields: [] } } }),
    message: 'items take no bytes',
  },
  {
    why: 'one name twice',
    schema: record(
      { name: 'a', type: { type: 'enum', name: 'E', symbols: ['x'] } },
      { name: 'b', type: { type: 'enum', name: 'E', symbols: ['y'] } },
    ),
    message: 'E is defined twice',
  },
  { why: 'no record', schema: { type: 'enum', name: 'E', symbols: ['x'] }, message: 'the schema is not a record' },
]

test.each(REFUSED)('avro schema: refuses $why', ({ schema, message }) => {
  expect(() => parseSchema(schema)).toThrow(message)
})

const NOT_GENERATED = [
  { why: 'a field with a name of the reader', field: { name: 'end', type: 'int' }, message: 'may not be called end' },
  {
    why: 'a record as a field',
    field: { name: 'a', type: { type: 'record', name: 'Part', fields: [{ name: 'b', type: 'int' }] } },
    message: 'stands in an array only',
  },
  {
    why: 'a nullable enum',
    field: { name: 'a', type: ['null', { type: 'enum', name: 'E', symbols: ['x'] }] },
    message: 'a: a nullable enum is not supported',
  },
  {
    why: 'an array of longs',
    field: { name: 'a', type: { type: 'array', items: 'long' } },
    message: 'an array of long is not supported',
  },
]

test.each(NOT_GENERATED)('generator: refuses $why', ({ field, message }) => {
  const committed = Object.entries(SCHEMAS).map(([name, json]): [string, unknown] => [name, JSON.parse(json)])
  expect(() => generatedFiles(new Map([...committed, ['thing.avsc', record(field)]]))).toThrow(message)
})

test('generator: a run needs the same fields on both sides', () => {
  const fields = [
    { name: 'a', type: 'int' },
    { name: 'b', type: 'int' },
  ]
  const other = [fields[0], { name: 'b', type: 'long' }]
  const records = new Map([
    ['One', parseSchema(record(...fields))],
    ['Two', parseSchema(record(...(other as object[])))],
  ])
  const run = { record: 'One', into: 'Two', from: 'a', through: 'b' }
  expect(() => checkRuns(records, [run])).toThrow('One and Two differ in a to b')
  expect(() => checkRuns(records, [{ ...run, from: 'b', through: 'a' }])).toThrow('no run b to a')
  expect(() => checkRuns(records, [{ ...run, into: 'Three' }])).toThrow('Three, which is no record')
  expect(() => checkRuns(records, [{ ...run, through: 'a' }])).not.toThrow()
})
