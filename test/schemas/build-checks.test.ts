import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkSchemas } from '../../schemas/check.ts'
import { registeredSchemas } from '../../schemas/local-registry.ts'

// Goal: the two build checks pass as committed and fail on the edits that they are for.
// Method: a copy of schemas/ is edited and its own commands are run.
const SCHEMAS = join(import.meta.dirname, '../../schemas')

interface SchemaFile {
  fields: { name: string; type: unknown; default?: unknown }[]
}

let folder = ''

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-schemas-'))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  folder = join(root, 'schemas')
  cpSync(SCHEMAS, folder, { recursive: true })
})

afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

function run(command: string, ...options: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, command), ...options], { encoding: 'utf8' })
  return { status, stderr }
}

function edit(file: string, change: (schema: SchemaFile) => void): void {
  const schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as SchemaFile
  change(schema)
  writeFileSync(join(folder, file), JSON.stringify(schema))
}

function field(schema: SchemaFile, name: string): { type: unknown; default?: unknown } {
  return schema.fields.find((other) => other.name === name)!
}

test('SPEC R2: the committed schemas are registered and their code is up to date', () => {
  expect(run('check.ts')).toEqual({ status: 0, stderr: '' })
  expect(run('generate.ts', '--check')).toEqual({ status: 0, stderr: '' })
})

test('SPEC R2: ids never change', () => {
  expect(
    registeredSchemas()
      .slice(0, 8)
      .map(({ id, version, subject }) => `${id} v${version} ${subject}`),
  ).toEqual([
    '1 v1 payments.submitted-sluice.PaymentSubmitted',
    '2 v1 payments.submitted-sluice.ControlRecord',
    '3 v1 payments.decided-sluice.Decision',
    '4 v1 payments.decided-sluice.Resolution',
    '5 v1 payments.dlq-sluice.DeadLetter',
    '6 v1 fraud.alerts-sluice.Alert',
    '7 v1 fraud.actions-sluice.FraudAction',
    '8 v1 payments.duplicates-sluice.Duplicate',
  ])
})

const BREAKING = [
  {
    why: 'a type changed',
    file: 'payment-submitted.avsc',
    change: (schema: SchemaFile) => Object.assign(field(schema, 'amount_minor'), { type: 'int' }),
    problem: 'PaymentSubmitted.amount_minor was written as long, which does not read as int (version 1, id 1)',
  },
  {
    why: 'a field without a default was added',
    file: 'decision.avsc',
    change: (schema: SchemaFile) => schema.fields.push({ name: 'channel_2', type: 'string' }),
    problem: 'Decision.channel_2 was added without a default (version 1, id 3)',
  },
  {
    why: 'a symbol was taken away',
    file: 'resolution.avsc',
    change: (schema: SchemaFile) => (field(schema, 'outcome').type as { symbols: string[] }).symbols.pop(),
    problem: 'Resolution.outcome lost the symbol declined and has no default symbol (version 1, id 4)',
  },
]

test.each(BREAKING)(
  'SPEC R2: a breaking edit fails the build and names the field: $why',
  ({ file, change, problem }) => {
    edit(file, change)
    const { status, stderr } = run('check.ts', '--register')
    expect(status).toBe(1)
    expect(stderr).toContain(problem)
    expect(readdirSync(join(folder, 'registry'))).toHaveLength(readdirSync(join(SCHEMAS, 'registry')).length)
  },
)

test('SPEC R2: a compatible edit waits for its registration, then passes, and stays held against all versions', () => {
  const before = registeredSchemas().length
  edit('duplicate.avsc', (schema) => schema.fields.push({ name: 'note', type: ['null', 'string'], default: null }))
  const waiting = run('check.ts')
  expect(waiting.status).toBe(1)
  expect(waiting.stderr).toContain('payments.duplicates-sluice.Duplicate: version 2 is compatible but not registered')
  expect(run('check.ts', '--register').status).toBe(0)
  expect(run('check.ts').status).toBe(0)
  expect(registeredSchemas(join(folder, 'registry')).at(-1)).toMatchObject({ id: before + 1, version: 2 })
  // Compatible with version 2 alone, but version 1 has no such field.
  edit('duplicate.avsc', (schema) => Object.assign(schema.fields.at(-1)!, { default: undefined }))
  expect(checkSchemas(folder, join(folder, 'registry')).problems).toEqual([
    'payments.duplicates-sluice.Duplicate: Duplicate.note was added without a default (version 1, id 8)',
  ])
})

test('SPEC R2: a doc may change without a new version', () => {
  edit('alert.avsc', (schema) => Object.assign(schema, { doc: 'Something else.' }))
  expect(run('check.ts').status).toBe(0)
})

test('SPEC R2: a schema that is gone fails the build', () => {
  rmSync(join(folder, 'duplicate.avsc'))
  expect(run('check.ts').stderr).toContain('payments.duplicates-sluice.Duplicate: no .avsc defines sluice.Duplicate')
})

test('SPEC R2: generated code that differs from the schemas fails the build and is named', () => {
  writeFileSync(join(folder, 'generated/alert.ts'), '// edited')
  writeFileSync(join(folder, 'generated/left-over.ts'), '')
  const { status, stderr } = run('generate.ts', '--check')
  expect(status).toBe(1)
  expect(stderr.match(/generated\/\S+(?= differs)/g)).toEqual(['generated/alert.ts', 'generated/left-over.ts'])
  expect(run('generate.ts').status).toBe(0)
  expect(run('generate.ts', '--check')).toEqual({ status: 0, stderr: '' })
  expect(readFileSync(join(folder, 'generated/alert.ts'), 'utf8')).toBe(
    readFileSync(join(SCHEMAS, 'generated/alert.ts'), 'utf8'),
  )
})

test('SPEC R2: two definitions of one name that differ fail the generation', () => {
  edit('alert.avsc', (schema) => (field(schema, 'severity').type as { symbols: string[] }).symbols.push('WORSE'))
  const { status, stderr } = run('generate.ts')
  expect(status).toBe(1)
  expect(stderr).toContain('sluice.Severity is defined twice, and differently')
})
