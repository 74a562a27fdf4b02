import { sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { askRegistry } from '../../bin/runtime/schema-versions.ts'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { scenarioNamed } from '../../producers/simulator/scenarios.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { encodePaymentSubmitted, type PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { ListedRegistry, RegistryRefusedError, RegistryUnreachableError } from '../../schemas/registry.ts'
import { DISPOSITIONS } from '../../streams/disposition.ts'
import { ForeignSchemas } from '../../streams/task/foreign-schemas.ts'
import { TaskOutputs } from '../../streams/task/task-outputs.ts'
import { referenceOf } from '../schemas/records.ts'
import { encodeBatches, OfflineChain, paymentValue, testRuntimeOptions } from '../support/offline-chain.ts'
import { framed, SCHEMA_IDS } from '../support/payments-driver.ts'
import { TEST_SIGNERS, testPrivateKey } from '../support/test-keys.ts'

// Goal: what was written by another registered version is decided as if it were ours, and named by the id that it came with.
// Method: older layouts encoded by avsc, beside the same payments in this build's layout through a second chain.
const OLDER = 101
const NEWER = 102
const SAME_LAYOUT = 103
const OTHER_SUBJECT = 104
const OLDER_CONTROL = 105
const RECORDS = 2_000
/** Records in a row of one version, so that runs are long. */
const STRETCH = 32
const INPUT = { topic: 'payments.submitted', partition: 0 }
const clock = { wait: async () => {} }

interface RecordSchema {
  readonly fields: readonly { readonly name: string }[]
}

const payment = JSON.parse(SCHEMAS.PaymentSubmitted) as RecordSchema
const control = JSON.parse(SCHEMAS.ControlRecord) as RecordSchema
const without = (schema: RecordSchema, ...names: string[]) => {
  return { ...schema, fields: schema.fields.filter(({ name }) => !names.includes(name)) }
}
const older = without(payment, 'memo', 'device_id', 'latitude', 'longitude')
const newer = { ...payment, fields: [{ name: 'colour', type: ['null', 'string'], default: null }, ...payment.fields] }
const olderControl = without(control, 'reason', 'failed_codes')

const subject = 'payments.submitted-sluice.PaymentSubmitted'
const registry = new ListedRegistry([
  { id: OLDER, subject, version: 1, schema: older },
  { id: NEWER, subject, version: 3, schema: newer },
  { id: SAME_LAYOUT, subject, version: 2, schema: { ...payment, doc: 'said in other words' } },
  { id: OTHER_SUBJECT, subject: 'payments.decided-sluice.Decision', version: 1, schema: JSON.parse(SCHEMAS.Decision) },
  { id: OLDER_CONTROL, subject: 'payments.submitted-sluice.ControlRecord', version: 1, schema: olderControl },
])

const TYPES: Readonly<Record<number, ReturnType<typeof referenceOf>>> = {
  [SCHEMA_IDS.payment]: referenceOf(payment),
  [OLDER]: referenceOf(older),
  [NEWER]: referenceOf(newer),
  [SAME_LAYOUT]: referenceOf(payment),
}

/** A payment as a program with another version of the schema writes it. */
function writtenAs(schemaId: number, value: PaymentSubmitted): Uint8Array {
  const named = TYPES[SCHEMA_IDS.payment]!.fromBuffer(Buffer.from(encodePaymentSubmitted(value))) as object
  return framed(schemaId, TYPES[schemaId]!.toBuffer({ colour: 'red', ...named }))
}

/** A chain that has learnt the ids, as its tasks do before a record of theirs is processed. */
async function chainOf(ids: readonly number[], arenaBytes = 9 << 20): Promise<OfflineChain> {
  const askSchemaVersion = askRegistry(registry, SCHEMA_IDS, clock)
  const chain = new OfflineChain(testRuntimeOptions({ askSchemaVersion, arenaBytes, signers: TEST_SIGNERS }))
  for (const schemaId of ids) {
    const bytes = encodeBatches([{ appendTimeMs: 1, key: null, value: framed(schemaId, new Uint8Array(9)) }], 0, 1)
    const stores = chain.processor.topology.createStores(0)
    stores.set.open()
    const { nextOffset, records, awaits } = chain.processor.process(stores, new TaskOutputs(0), INPUT, bytes, 0, 1)
    expect({ nextOffset, records, asks: awaits !== null }).toEqual({ nextOffset: 0, records: 0, asks: true })
    await awaits?.()
  }
  return chain
}

function decisionsOf(chain: OfflineChain): object[] {
  const reader = new DecisionReader()
  const decisions: object[] = []
  for (const [name, records] of chain.topics) {
    if (!name.startsWith('payments.decided')) continue
    for (const { value } of records) {
      if (value === null || value[4] !== SCHEMA_IDS.decision) continue
      const bytes = value.slice()
      reader.wrap(bytes, new DataView(bytes.buffer), 5, bytes.length)
      decisions.push(reader.toObject())
    }
  }
  return decisions
}

test.for([
  { arenaBytes: 9 << 20, why: 'with room for a whole run' },
  { arenaBytes: 117_000, why: 'where a run must end early for want of room' },
])('SPEC R2: payments of older and newer versions are decided as ours are, $why', async ({ arenaBytes }) => {
  const run = new SimulationRun({ seed: 'versions', startMs: Date.UTC(2026, 0, 5, 8), paymentSchemaId: 1 })
  const ours = await chainOf([])
  const mixed = await chainOf([OLDER, NEWER, SAME_LAYOUT], arenaBytes)
  const ids = [SCHEMA_IDS.payment, OLDER, NEWER, SAME_LAYOUT]
  let written = 0
  for (const record of scenarioNamed('mixed')!.records(run, { ratePerSecond: 200, records: RECORDS })) {
    const { payment: sent, key, value, intendedSendMs: appendTimeMs } = record
    const schemaId = sent === null ? SCHEMA_IDS.payment : ids[Math.floor(written++ / STRETCH) % ids.length]!
    // What the older version has no field for is left out on both sides.
    const plain = sent && { ...sent, memo: null, deviceId: null, latitude: null, longitude: null }
    const native = plain === null ? value : paymentValue(plain)
    const foreign = plain === null || schemaId === SCHEMA_IDS.payment ? native : writtenAs(schemaId, plain)
    ours.append({ appendTimeMs, key, value: native })
    mixed.append({ appendTimeMs, key, value: foreign })
  }
  ours.finish()
  mixed.finish()
  expect([...mixed.dispositions]).toEqual([...ours.dispositions])
  const unnamed = (decision: object) => ({ ...decision, paymentSchemaId: 0 })
  const decisions = decisionsOf(mixed)
  expect(decisions.map(unnamed)).toEqual(decisionsOf(ours).map(unnamed))
  const named = new Set(decisions.map((decision) => (decision as { paymentSchemaId: number }).paymentSchemaId))
  expect([...named].sort()).toEqual([SCHEMA_IDS.payment, OLDER, NEWER, SAME_LAYOUT].sort())
  process.stdout.write(`versions: ${decisions.length} decisions compared\n`)
  expect(decisions.length).toBeGreaterThan(RECORDS / 2)
})

test('SPEC X5: an id of no subject of the input, or of nobody, is poison once the registry has said so', async () => {
  const chain = await chainOf([OTHER_SUBJECT, 999])
  for (const schemaId of [OTHER_SUBJECT, 999, -1, 0]) {
    chain.append({ appendTimeMs: 1, key: null, value: framed(schemaId, new Uint8Array(9)) }, 0)
  }
  chain.finish()
  expect(chain.dispositions[DISPOSITIONS.indexOf('dead-letter')]).toBe(4)
})

test.for([
  { why: 'is applied', alter: false, disposition: 'control-applied' },
  { why: 'is refused when it was altered', alter: true, disposition: 'control-refused' },
] as const)('SPEC S7: a control record signed in an older layout $why', async ({ alter, disposition }) => {
  const type = referenceOf(olderControl)
  const fields = {
    ...{ kind: 'LIST_ADDED', event_time: 1, account_id: null, decision_id: null, until: null },
    ...{ subject: { string: 'device:d-1' }, rules: null, actor: 'tester', partition: 0, serial: 1 },
    ...{ signer_key_id: 'admin', signature: Buffer.alloc(0) },
  }
  const wrapped = type.isValid(fields) ? fields : { ...fields, subject: 'device:d-1' }
  // The signature covers every field before it, and an empty one is encoded as one byte.
  const content = type.toBuffer(wrapped).subarray(0, -1)
  const signature = sign(null, content, testPrivateKey('admin'))
  const sent = type.toBuffer({ ...wrapped, signature, actor: alter ? 'teaser' : 'tester' })
  const chain = await chainOf([OLDER_CONTROL])
  chain.append({ appendTimeMs: 1, key: null, value: framed(OLDER_CONTROL, sent) }, 0)
  chain.finish()
  expect(chain.dispositions[DISPOSITIONS.indexOf(disposition)]).toBe(1)
})

test('SPEC S7: the signature is the last field of a control record, so that every version is signed up to it', () => {
  expect(control.fields.at(-1)?.name).toBe('signature')
})

test('SPEC X5: what the registry answers says what happens to the partition', async () => {
  const ask = (error: Error) =>
    askRegistry({ byId: () => Promise.reject(error) } as never, SCHEMA_IDS, clock)(7, { ...INPUT, offset: 3 })
  await expect(ask(new RegistryUnreachableError('gone'))).rejects.toMatchObject({
    next: 'retry',
    message: expect.stringMatching(/schema id 7.*gone.*waits.*payments.submitted-0, offset 3/),
  })
  await expect(ask(new RegistryRefusedError('who?'))).rejects.toMatchObject({ next: 'stop' })
  const unreadable = { ...payment, fields: payment.fields.filter(({ name }) => name !== 'amount_minor') }
  const other = new ListedRegistry([{ id: 7, subject, version: 1, schema: unreadable }])
  await expect(askRegistry(other, SCHEMA_IDS, clock)(7, INPUT)).rejects.toMatchObject({
    next: 'stop',
    message: expect.stringContaining('amount_minor'),
  })
})

test('registry: all who wait for an id share one question; at most 256 ids are remembered, the newest', async () => {
  let asked = 0
  const schemas = new ForeignSchemas<unknown>([], async () => {
    asked++
    return null
  })
  await Promise.all([schemas.learn(1, INPUT), schemas.learn(1, INPUT)])
  expect(asked).toBe(1)
  for (let id = 2; id <= 400; id++) await schemas.learn(id, INPUT)
  expect(schemas.size).toBe(256)
  expect(schemas.find(400)).toBeNull()
  expect(schemas.find(1)).toBeUndefined()
})
