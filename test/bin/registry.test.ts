import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWritingSession, type Session } from '../../bin/runtime/session.ts'
import { readConfig } from '../../platform/config.ts'
import { SUBJECTS } from '../../schemas/check.ts'
import { ConfluentRegistry } from '../../schemas/confluent-registry.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { subjectOf } from '../../schemas/topics.ts'
import { type Registry, startRegistry } from '../../stack/registry/registry.ts'
import type { ProducerSession } from '../../streams/log/log.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { TcpProxy } from '../faults/tcp-proxy.ts'
import { decodeBatches, encodeBatches } from '../support/offline-chain.ts'
import { onRealParts } from '../support/real-parts.ts'
import { SluiceProcess, sluice } from './sluice-process.ts'

// Goal: schemas are registered and learnt while a process runs; what nobody can tell is waited for, never guessed.
// Method: `sluice up` against a real registry behind a proxy that refuses; payments are encoded, and decisions decoded, by
// Confluent's client of the kafkajs family, as another team's program would.
const START_MS = 600_000
const TEST_MS = 300_000
const SUBJECT = 'payments.submitted-sluice.PaymentSubmitted'
const DECIDED = 'payments.decided'
const PARTITIONS = 12
const text = new TextEncoder()

interface RecordSchema {
  readonly fields: readonly { readonly name: string; readonly default?: unknown }[]
}

const ours = JSON.parse(SCHEMAS.PaymentSubmitted) as RecordSchema
const older = { ...ours, fields: ours.fields.filter(({ name }) => name !== 'memo' && name !== 'device_id') }
const newer = { ...ours, fields: [...ours.fields, { name: 'colour', type: ['null', 'string'], default: null }] }
/** Every optional field as its schema has it; the rest is the payment's. */
const absent = Object.fromEntries(newer.fields.filter((field) => 'default' in field).map((one) => [one.name, null]))

await onRealParts(['registry'], 'a running pipeline and its registry', () => {
  let registry: Registry
  let proxy: TcpProxy
  let folder: string
  let session: Session
  let producer: ProducerSession
  let others: SchemaRegistry
  let admin: ConfluentRegistry
  const ids = { older: 0, ours: 0, newer: 0 }
  const sequences = new Map<number, number>()
  const settings = (url: string) => ({ SLUICE_DATA: folder, SLUICE_REGISTRY_URL: url })
  const throughProxy = () => settings(registry.url.replace(/:\d+/, `:${proxy.port}`))

  beforeAll(async () => {
    registry = await startRegistry()
    proxy = await TcpProxy.listen(Number(new URL(registry.url).port))
    others = new SchemaRegistry({ host: registry.url })
    admin = new ConfluentRegistry({ url: registry.url, logIn: null }, [SUBJECT])
    folder = mkdtempSync(join(tmpdir(), 'sluice-registry-'))
  }, START_MS)
  afterAll(async () => {
    await producer?.close()
    await session?.log.close()
    await proxy?.close()
    await registry?.stop()
    rmSync(folder, { recursive: true, force: true })
  }, START_MS)

  /** A payment of `sender` as other teams' programs send it, in the layout of a registered version. */
  async function send(sender: string, id: string, schemaId: number, value?: Uint8Array): Promise<void> {
    const partition = placeOf(sender)
    const payment = {
      ...absent,
      ...{ transaction_id: id, event_time: Date.now(), sender_account_id: sender, receiver_account_id: 'shop' },
      ...{ amount_minor: 1_000, currency: 'EUR', kind: 'card', channel: 'ecommerce' },
    }
    const record = { appendTimeMs: 0, key: sender, value: value ?? (await others.encode(schemaId, payment)) }
    const bytes = new Uint8Array(encodeBatches([record], 0, 0))
    const sequence = sequences.get(partition) ?? 0
    sequences.set(partition, sequence + 1)
    await producer.append({ topic: 'payments.submitted', partition, bytes, recordCount: 1 }, sequence)
  }

  const placeOf = (sender: string) => partitionOf(text.encode(sender), 0, sender.length, PARTITIONS)
  const committed = async (sender: string) =>
    (await session.committed({ topic: 'payments.submitted', partition: placeOf(sender) }))?.offset ?? 0

  /** The decisions of a sender's partition, decoded by the other teams' library. */
  async function decisions(sender: string) {
    const reader = session.log.openReader({ topic: DECIDED, partition: placeOf(sender) }, 0)
    const found: { transaction_id: string; payment_schema_id: number }[] = []
    for (;;) {
      const { bytes } = await reader.fetch(1 << 20, 50)
      if (bytes.length === 0) break
      for (const { value } of decodeBatches(bytes.slice())) found.push(await others.decode(Buffer.from(value ?? [])))
    }
    reader.close()
    return found.map(({ transaction_id, payment_schema_id }) => [transaction_id, payment_schema_id])
  }

  async function waits(url: string, sender: string): Promise<number> {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    return Number(new RegExp(`^sluice_schema_waits\\{task_id="0_${placeOf(sender)}"\\} (\\d+)`, 'm').exec(metrics)?.[1])
  }

  test(
    'SPEC R2: `schemas push` makes this build’s schemas the next versions, and `schemas check` finds them',
    async () => {
      ids.older = await admin.register(SUBJECT, older)
      const unpushed = await sluice(['schemas', 'check'], settings(registry.url))
      expect(unpushed.code).toBe(1)
      const pushed = await sluice(['schemas', 'push'], settings(registry.url))
      expect(pushed.stderr).toBe('')
      expect(pushed.stdout).toContain(`${SUBJECT}: version 2 has id`)
      expect(pushed.stdout).toContain(`${SUBJECTS.length} registered`)
      expect((await sluice(['schemas', 'check'], settings(registry.url))).code).toBe(0)
      ids.ours = await others.getLatestSchemaId(SUBJECT)
      for (const { topic, record } of SUBJECTS) {
        const id = await others.getLatestSchemaId(subjectOf(topic, record))
        expect(await others.getSchema(id)).toMatchObject({ name: record })
      }
      expect(ids.ours).not.toBe(ids.older)
    },
    TEST_MS,
  )

  test(
    'SPEC X5: a registry that does not answer is waited for, at the start and at an id that is not known',
    async () => {
      proxy.refuse(true)
      const up = new SluiceProcess(['up', '--no-simulate', '--port', '0'], throughProxy())
      await expect
        .poll(() => up.stderr, { timeout: 60_000 })
        .toMatch(/registry cannot be reached .*asking again in [\d.]+ s/)
      proxy.refuse(false)
      const [, url = ''] = await up.says(/health on (http:[^;]+);/)
      expect(proxy.refusals).toBeGreaterThan(0)

      session = await openWritingSession(readConfig({}, settings(registry.url)))
      producer = await session.log.openProducer(null)
      await send('waiting', 'w-1', ids.ours)
      await expect.poll(() => committed('waiting'), { timeout: 30_000 }).toBe(1)
      // Known ids need no registry; a record of a version that came later does, and what comes after it waits with it.
      ids.newer = await admin.register(SUBJECT, newer)
      proxy.refuse(true)
      proxy.cut()
      await send('waiting', 'w-2', ids.older)
      await send('waiting', 'w-3', ids.newer)
      await send('waiting', 'w-4', ids.ours)
      await send('elsewhere', 'e-1', ids.ours)
      await expect.poll(() => committed('elsewhere'), { timeout: 30_000 }).toBe(1)
      await expect.poll(() => waits(url, 'waiting'), { timeout: 30_000 }).toBeGreaterThan(1)
      expect(await committed('waiting')).toBe(2)
      expect(up.stderr).toMatch(/schema id \d+, and the schema registry cannot be reached.*waits and asks again/)
      expect((await fetch(`${url}/health/ready`)).status).toBe(200)
      proxy.refuse(false)
      await expect.poll(() => committed('waiting'), { timeout: 30_000 }).toBe(4)
      expect(await waits(url, 'waiting')).toBe(0)

      // What was learnt once is known; what is not is poison only once the registry has said so.
      proxy.refuse(true)
      proxy.cut()
      await send('waiting', 'w-5', ids.newer)
      await send('waiting', 'w-6', 0, Buffer.concat([Buffer.from([0, 0, 15, 66, 63]), Buffer.alloc(40)]))
      await expect.poll(() => committed('waiting'), { timeout: 30_000 }).toBe(5)
      await expect.poll(() => waits(url, 'waiting'), { timeout: 30_000 }).toBeGreaterThan(0)
      expect(await committed('waiting')).toBe(5)
      proxy.refuse(false)
      await expect.poll(() => committed('waiting'), { timeout: 30_000 }).toBe(6)
      const letters = await sluice(['dlq', 'list', '--reason', 'UNKNOWN_SCHEMA', '--json'], settings(registry.url))
      expect(letters.stdout.trim().split('\n')).toHaveLength(1)
      expect(await decisions('waiting')).toEqual([
        ['w-1', ids.ours],
        ['w-2', ids.older],
        ['w-3', ids.newer],
        ['w-4', ids.ours],
        ['w-5', ids.newer],
      ])

      // Asked to end while it waits: it ends, and the record is there for the next start.
      proxy.refuse(true)
      proxy.cut()
      await send('waiting', 'w-7', 0, Buffer.concat([Buffer.from([0, 0, 15, 66, 64]), Buffer.alloc(40)]))
      await expect.poll(() => waits(url, 'waiting'), { timeout: 30_000 }).toBeGreaterThan(0)
      up.child.kill('SIGINT')
      expect(await up.ended).toBe(0)
      expect(await committed('waiting')).toBe(6)
    },
    TEST_MS,
  )

  test(
    'SPEC S5: a fold asks for the other versions too',
    async () => {
      const { code, stdout, stderr } = await sluice(['verify', '--json'], settings(registry.url))
      expect(stderr).toBe('')
      expect(code).toBe(0)
      const verdicts = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { until: number; compared: number })
      expect(verdicts.reduce((sum, { until }) => sum + until, 0)).toBe(7)
      expect(verdicts.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThanOrEqual(7)
    },
    TEST_MS,
  )
})
