import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { compareSchemas, SUBJECTS } from '../../schemas/check.ts'
import { ConfluentRegistry } from '../../schemas/confluent-registry.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { RegistryRefusedError, RegistryUnreachableError, SchemaUnknownError } from '../../schemas/registry.ts'
import { subjectOf } from '../../schemas/topics.ts'
import { type Registry, startRegistry } from '../../stack/registry/registry.ts'
import { onRealParts } from '../support/real-parts.ts'

// Goal: the registry's word is taken as it was given, and what is not its word is never taken for one.
const START_MS = 600_000
const ours = SUBJECTS.map(({ topic, record }) => ({
  subject: subjectOf(topic, record),
  schema: JSON.parse(SCHEMAS[record.replace('sluice.', '') as keyof typeof SCHEMAS]) as unknown,
}))
const subjects = ours.map(({ subject }) => subject)
const client = (url: string, answerWithinMs?: number) =>
  new ConfluentRegistry({ url, logIn: null, ...(answerWithinMs !== undefined && { answerWithinMs }) }, subjects)

await onRealParts(['registry'], 'on a real registry', () => {
  let registry: Registry
  beforeAll(async () => {
    registry = await startRegistry()
  }, START_MS)
  afterAll(() => registry?.stop(), START_MS)

  test('SPEC R2: every schema of this build is registered, found again as it is, and has the id of its records', async () => {
    const one = client(registry.url)
    expect(await one.versionsOf(subjects[0]!)).toEqual([])
    await expect(one.idOf(subjects[0]!, ours[0]!.schema)).rejects.toThrow(SchemaUnknownError)
    const ids = new Map<string, number>()
    for (const { subject, schema } of ours) ids.set(subject, await one.register(subject, schema))
    expect(new Set(ids.values()).size).toBe(subjects.length)
    for (const { subject, schema } of ours) {
      const other = client(registry.url)
      const id = ids.get(subject)!
      expect(await other.idOf(subject, schema)).toBe(id)
      expect(await other.register(subject, schema)).toBe(id)
      expect(await other.byId(id)).toMatchObject({ id, subject, version: 1, schema })
    }
  })

  test('SPEC R2: what could not read an older version is named by field before the registry is asked, and refused by it', async () => {
    const one = client(registry.url)
    const { subject, schema } = ours[0]!
    await one.register(subject, schema)
    const { fields, ...record } = schema as { fields: unknown[] }
    const broken = { ...record, fields: [...fields, { name: 'colour', type: 'string' }] }
    const schemas = new Map(ours.map(({ subject: name, schema: text }) => [name.split('-')[1]!, text]))
    schemas.set(subject.split('-')[1]!, broken)
    const registered = (await Promise.all(subjects.map((name) => one.versionsOf(name)))).flat()
    const { problems } = compareSchemas(schemas, registered)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('colour')
    await expect(one.register(subject, broken)).rejects.toThrow(RegistryRefusedError)
    const grown = { ...record, fields: [...fields, { name: 'colour', type: ['null', 'string'], default: null }] }
    const id = await one.register(subject, grown)
    expect(await client(registry.url).byId(id)).toMatchObject({ subject, version: 2 })
    // Can read version 2 and not version 1: the rule looks at all of them.
    const later = { ...record, fields: [...fields, { name: 'colour', type: ['null', 'string'] }] }
    await expect(one.register(subject, later)).rejects.toThrow(RegistryRefusedError)
  })

  test('SPEC X5: an id that the registry does not know is unknown; one of a stopped registry is not', async () => {
    const one = client(registry.url)
    await one.register(subjects[0]!, ours[0]!.schema)
    expect(await one.byId(999_999)).toBeUndefined()
    const lost = client('http://127.0.0.1:1')
    await expect(lost.byId(999_999)).rejects.toThrow(RegistryUnreachableError)
    await expect(client(registry.url.replace('/apis', '/nothing')).byId(1)).rejects.toThrow(RegistryUnreachableError)
  })
})

/** Something that answers HTTP and is no registry of ours. */
async function answering(status: number, body: string, type = 'application/json'): Promise<string> {
  const server: Server = createServer((_request, response) => {
    if (status === 0) return
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.for([
  { status: 404, body: '<h1>default backend - 404</h1>', why: 'the page of a proxy' },
  { status: 404, body: '{"error_code":404,"message":"no such path"}', why: 'a wrong address' },
  { status: 200, body: '<html>sign in</html>', why: 'a page to log in at' },
  { status: 200, body: '[]', why: 'a registry that has lost everything' },
  { status: 500, body: '{"error_code":50001,"message":"store"}', why: 'a registry with an error of its own' },
  { status: 503, body: '', why: 'a registry that starts' },
  { status: 429, body: '', why: 'a registry that has too much to do' },
  { status: 0, body: '', why: 'a registry that never answers' },
])('SPEC X5: $why says nothing of an id', async ({ status, body }) => {
  await expect(client(await answering(status, body), 300).byId(7)).rejects.toThrow(RegistryUnreachableError)
})

test('SPEC X5: who may not ask is told, and not told to wait', async () => {
  await expect(client(await answering(401, '{"error_code":401,"message":"who?"}')).byId(7)).rejects.toThrow(
    RegistryRefusedError,
  )
})

test('registry: ids that nobody knows are remembered up to a bound, the newest', async () => {
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    const isList = request.url?.endsWith('/versions') === true
    const schema = JSON.stringify({ type: 'record', name: 'R', fields: [] })
    response.end(JSON.stringify(isList ? [1] : { id: 1, version: 1, schema }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const one = new ConfluentRegistry({ url, logIn: null }, ['one'], 4)
  for (let id = 2; id < 8; id++) expect(await one.byId(id)).toBeUndefined()
  const before = asked
  expect(await one.byId(7)).toBeUndefined()
  expect(asked).toBe(before)
  expect(await one.byId(2)).toBeUndefined()
  expect(asked).toBe(before + 1)
})
