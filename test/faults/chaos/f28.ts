import { strict as assert } from 'node:assert'
import { setTimeout as pause } from 'node:timers/promises'
import { INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { putFrame } from '../../../schemas/avro/framing.ts'
import { ConfluentRegistry } from '../../../schemas/confluent-registry.ts'
import { SCHEMAS } from '../../../schemas/generated/schemas.ts'
import { subjectOf } from '../../../schemas/topics.ts'
import { type Registry, startRegistry } from '../../../stack/registry/registry.ts'
import { partitionOf } from '../../../streams/record/partitioner.ts'
import { GOOD_PAYMENT, valueOfInput } from '../../corpus/bad-inputs.ts'
import { StartedSluice } from '../../support/started-sluice.ts'
import { TcpProxy } from '../tcp-proxy.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const SUBJECT = subjectOf(INPUT_TOPIC, 'sluice.PaymentSubmitted')
const AWAY_MS = 60_000
const LATE_MS = 2_000
const RATE = 500
/** An optional field's absence, as Avro writes it. */
const ABSENT = 0

export const absentRegistry: Row = {
  row: 'F28',
  title:
    'the schema registry is away for 60 s, then answers 2 s late, then knows an id as the schema of something else',
  expectation:
    'known ids go on; an id that is not known holds back its own partition until the registry has told of it; the id of another record is poison',
  async run({ short, open, tell }) {
    const registry = await startRegistry()
    const proxy = await TcpProxy.listen(Number(new URL(registry.url).port))
    try {
      await push(registry)
      const stand = await open({ env: { SLUICE_REGISTRY_URL: registry.url } })
      const env = { SLUICE_REGISTRY_URL: registry.url.replace(/:\d+/, `:${proxy.port}`) }
      const worker = stand.worker('one', { env })
      await stand.owns(worker, PARTITIONS)
      const { decision } = stand.session.ids
      await stand.feed.sendWhile(RATE, async () => {
        const first = await register(registry, 1)
        proxy.refuse(true)
        proxy.cut()
        const held = await sendUnder(stand, first, 1)
        await stand.strike()
        await stand.until('the partition waits', async () => (await stand.metric(worker, 'sluice_schema_waits')) > 0)
        const before = await stand.committed()
        await pause(short ? 5_000 : AWAY_MS)
        const after = await stand.committed()
        assert.ok(proxy.refusals > 0, 'nobody asked the registry')
        assert.equal(after[held], before[held], 'the partition went on without its schema')
        for (const [partition, offset] of after.entries())
          if (partition !== held) assert.ok(offset > (before[partition] ?? 0), `partition ${partition} stood still`)
        proxy.refuse(false)
        await stand.until(
          'the partition goes on',
          async () => ((await stand.committed())[held] ?? 0) > (after[held] ?? 0),
        )
        tell(`${proxy.refusals} questions were refused`)

        proxy.delayMs = LATE_MS
        await sendUnder(stand, await register(registry, 2), 2)
        await sendUnder(stand, decision, 0)
        await stand.strike()
        await stand.until('late answers are waited for', async () => proxy.held.answers > 0)
      })
      await stand.decided()
      proxy.delayMs = 0
      await stand.leave(worker)
      await stand.audit()
      const letters = stand.start(['dlq', 'list', '--kafka', '--reason', 'UNKNOWN_SCHEMA', '--json'])
      assert.equal(await letters.ended, 0, letters.stderr)
      assert.equal(letters.stdout.trim().split('\n').length, 1, letters.stdout)
    } finally {
      await proxy.close()
      await registry.stop()
    }
  },
}

async function push(registry: Registry): Promise<void> {
  const pushing = new StartedSluice(['schemas', 'push'], { env: { SLUICE_REGISTRY_URL: registry.url } })
  assert.equal(await pushing.ended, 0, pushing.stderr)
}

/** A version of the payment's schema with so many optional fields more. Its id. */
function register({ url }: Registry, more: number): Promise<number> {
  const schema = JSON.parse(SCHEMAS.PaymentSubmitted) as { readonly fields: readonly object[] }
  const added = Array.from({ length: more }, (_, n) => ({
    name: `added_${n}`,
    type: ['null', 'string'],
    default: null,
  }))
  return new ConfluentRegistry({ url, logIn: null }, [SUBJECT]).register(SUBJECT, {
    ...schema,
    fields: [...schema.fields, ...added],
  })
}

/** Sends one payment in the layout of a version with so many fields more. Its partition. */
async function sendUnder(stand: Stand, schemaId: number, more: number): Promise<number> {
  const fields = { transactionId: `under-${schemaId}`, eventTime: Date.now() }
  const value = valueOfInput({ fields }, stand.session.ids.payment) ?? assert.fail()
  const longer = Uint8Array.of(...value, ...Array.from({ length: more }, () => ABSENT))
  putFrame(new DataView(longer.buffer), 0, schemaId)
  const producer = stand.feed.producer()
  await producer.sendValue(GOOD_PAYMENT.senderAccountId, longer)
  await producer.close()
  stand.feed.acknowledged++
  const key = new TextEncoder().encode(GOOD_PAYMENT.senderAccountId)
  return partitionOf(key, 0, key.length, PARTITIONS)
}
