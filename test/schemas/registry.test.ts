import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ByteSink } from '../../schemas/avro/byte-sink.ts'
import { BAD_MAGIC, FRAME_BYTES, putFrame, readFrame, SHORT_FRAME } from '../../schemas/avro/framing.ts'
import { OK } from '../../schemas/avro/scan.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { localRegistry, registeredSchemas, writeEntry } from '../../schemas/local-registry.ts'
import { SchemaUnknownError } from '../../schemas/registry.ts'
import { subjectOf, TOPICS } from '../../schemas/topics.ts'
import { readableVersions } from '../../schemas/versions.ts'

const TOPIC = TOPICS.paymentsDecided
const SUBJECT = subjectOf(TOPIC.name, 'sluice.Resolution')
const RESOLUTION = JSON.parse(SCHEMAS.Resolution) as { fields: { name: string }[] }

test('SPEC R2: a subject is the topic and the record name, and knows the id of its schema', async () => {
  const registry = localRegistry()
  expect(await registry.idOf(SUBJECT, RESOLUTION)).toBe(4)
  expect(await registry.byId(4)).toMatchObject({ subject: 'payments.decided-sluice.Resolution', version: 1 })
  expect((await registry.versionsOf(SUBJECT)).map(({ version }) => version)).toEqual([1])
})

test('SPEC R2: what is not registered is not given an id', async () => {
  const registry = localRegistry()
  await expect(registry.idOf(SUBJECT, JSON.parse(SCHEMAS.Alert))).rejects.toThrow(SchemaUnknownError)
  await expect(registry.idOf('payments.dlq-sluice.Resolution', RESOLUTION)).rejects.toThrow(SchemaUnknownError)
  expect(await registry.byId(9_999)).toBeUndefined()
  expect(await registry.versionsOf('other')).toEqual([])
})

const BAD_FILES = [
  { why: 'not JSON', file: '0001.json', text: '{' },
  { why: 'another id than its name', file: '0002.json', text: '{"id":1,"subject":"s","version":1,"schema":"{}"}' },
  { why: 'no version', file: '0001.json', text: '{"id":1,"subject":"s","schema":"{}"}' },
]

test.each(BAD_FILES)('local registry: refuses a file with $why', ({ file, text }) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-registry-'))
  try {
    writeFileSync(join(folder, file), text)
    expect(() => registeredSchemas(folder)).toThrow()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('local registry: a version is written once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-registry-'))
  try {
    const entry = { id: 12, subject: SUBJECT, version: 1, schema: RESOLUTION }
    expect(writeEntry(folder, entry)).toBe(join(folder, '0012.json'))
    expect(registeredSchemas(folder)).toEqual([entry])
    expect(() => writeEntry(folder, entry)).toThrow('EEXIST')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('SPEC R2: our own version is read as it stands, an older one is rewritten, that of another topic is unknown', () => {
  const older = { ...RESOLUTION, fields: RESOLUTION.fields.filter(({ name }) => name !== 'actor') }
  const withDefault = RESOLUTION.fields.map((field) => (field.name === 'actor' ? { ...field, default: '-' } : field))
  const registered = [
    { id: 4, subject: SUBJECT, version: 1, schema: RESOLUTION },
    { id: 21, subject: SUBJECT, version: 2, schema: { ...RESOLUTION, fields: withDefault } },
    { id: 6, subject: 'fraud.alerts-sluice.Alert', version: 1, schema: JSON.parse(SCHEMAS.Alert) as unknown },
  ]
  const versions = readableVersions(TOPIC, registered)
  expect([...versions.keys()]).toEqual([4, 21])
  expect(versions.get(4)).toEqual({ id: 4, record: 'Resolution', resolver: null })
  expect(versions.get(21)?.record).toBe('Resolution')
  expect(versions.get(21)?.resolver).toBeTypeOf('function')
  const unreadable = [{ id: 22, subject: SUBJECT, version: 3, schema: older }]
  expect(() => readableVersions(TOPIC, unreadable)).toThrow(
    `${SUBJECT} version 3 (id 22): Resolution.actor was added without a default`,
  )
})

test('SPEC R2: a value carries a zero byte and its schema id before the Avro bytes', () => {
  const out = new ByteSink()
  out.raw(new Uint8Array(FRAME_BYTES))
  expect(putFrame(out.view, 0, 258)).toBe(FRAME_BYTES)
  expect(Buffer.from(out.toBytes()).toString('hex')).toBe('0000000102')
  expect(readFrame(out.view, 0, out.length)).toBe(258)
  expect(OK).toBe(0)
})

const FRAMES = [
  { why: 'another magic byte', hex: '0100000001', expected: BAD_MAGIC },
  { why: 'another magic byte, cut short', hex: '01', expected: BAD_MAGIC },
  { why: 'cut inside the id', hex: '00000000', expected: SHORT_FRAME },
  { why: 'nothing at all', hex: '', expected: SHORT_FRAME },
  { why: 'a negative id is one that nobody has', hex: '00ffffffff', expected: 0xffffffff },
]

test.each(FRAMES)('SPEC X5: frame: $why', ({ hex, expected }) => {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
  expect(readFrame(new DataView(bytes.buffer), 0, bytes.length)).toBe(expected)
})
