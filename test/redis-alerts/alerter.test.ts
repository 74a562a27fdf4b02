import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { EmbeddedAlertStore } from '../../redis-alerts/embedded-store.ts'
import { framed } from '../../schemas/avro/framing.ts'
import { type DeadLetter, DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { encodeFraudAction } from '../../schemas/generated/fraud-action.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { visitBatches } from '../../streams/record/visit-batches.ts'
import { AlertLog, actionOf, SCHEMA_IDS } from './alert-log.ts'
import { expectDrained } from './stream-check.ts'
import { wholeStream } from './written-entries.ts'

const AT = { topic: TOPICS.fraudAlerts.name, partition: 4 }
const WITHIN_MS = 60_000
/** What the alerter holds at most between log and store. */
const ENTRIES_MAX = 4_000

vi.setConfig({ testTimeout: 2 * WITHIN_MS })
let alerts: AlertLog
let store: EmbeddedAlertStore

beforeAll(async () => {
  alerts = await AlertLog.open()
}, WITHIN_MS)

afterAll(() => alerts.close(), WITHIN_MS)

/** Each test has a store of its own, which gets what tests before it have sent as well: all of it can still be live. */
beforeEach(() => {
  store = new EmbeddedAlertStore({ nowMs: () => Date.now() })
})

/** Runs an alerter until `done` holds, then asks it to drain. */
async function runUntil(done: () => unknown, of: AlertLog = alerts): Promise<void> {
  const stop = new AbortController()
  const running = of.alerter(async () => store).run(stop.signal)
  await vi.waitFor(done, { timeout: WITHIN_MS })
  stop.abort()
  await running
}

async function deadLetters(): Promise<DeadLetter[]> {
  const at = { topic: TOPICS.paymentsDlq.name, partition: AT.partition }
  const { endOffset } = await alerts.log.bounds(at)
  const reader = alerts.log.openReader(at, 0)
  const letters: DeadLetter[] = []
  const letter = new DeadLetterReader()
  for (let offset = 0; offset < endOffset; ) {
    const { bytes, nextOffset } = await reader.fetch(1 << 20, 1_000)
    visitBatches(bytes, at, offset, endOffset, (record, view) => {
      letter.wrap(record.bytes, view, record.valueAt + 5, record.valueAt + record.valueLength)
      letters.push(letter.toObject())
    })
    offset = nextOffset
  }
  reader.close()
  return letters
}

test('SPEC A1: alerts and actions reach the store in order, and the group’s offsets stand at the end', async () => {
  for (const partition of [0, 4, 11]) await alerts.send(partition, 700)
  await alerts.sendAction(4, actionOf(4))
  await runUntil(async () => {
    await expectDrained(store, alerts)
    expect(Object.keys(await store.actionsOf('ACC_4'))).toEqual(['BLOCK_CARD:4-4'])
  })
  const group = alerts.log.group('sluice-alerts')
  expect(await group.committed(AT)).toMatchObject({ offset: (await alerts.log.bounds(AT)).endOffset })
})

test('SPEC B4: an erasure forgets actions that were committed before it, though they are read from a topic of their own', async () => {
  const own = await AlertLog.open()
  const actions = Array.from({ length: 200 }, (_, n) => actionOf(6, { episodeId: `6-${n}` }))
  await own.sendActions(6, actions)
  await own.send(6, 1, () => ({ kind: 'ERASURE' }))
  await own.send(6, 1, () => ({ senderAccountId: 'ACC_60' }))
  await runUntil(async () => expect(await store.accounts()).toContain('ACC_60'), own)
  expect(await store.actionsOf('ACC_6')).toEqual({})
  expect((await wholeStream(store)).map(({ kind }) => kind)).toEqual(['alert'])
  await own.close()
})

test('SPEC A3: an erasure with more alerts behind it than there is room for holds up nobody, itself included', async () => {
  const own = await AlertLog.open()
  await own.sendActions(6, [actionOf(6)])
  await own.send(6, ENTRIES_MAX + 200, (index) => (index === 0 ? { kind: 'ERASURE' } : { senderAccountId: 'ACC_60' }))
  await own.send(7, 1)
  await runUntil(async () => {
    expect(await store.countOf('ACC_60')).toBe(ENTRIES_MAX + 200)
    expect(await store.countOf('ACC_7')).toBe(1)
  }, own)
  expect(await store.actionsOf('ACC_6')).toEqual({})
  await own.close()
})

test('SPEC A2: a second alerter goes on behind the store, and two at once write each alert once', async () => {
  await alerts.send(4, 50)
  await runUntil(() => expectDrained(store, alerts))
  const before = await wholeStream(store)
  await runUntil(async () => expect(await wholeStream(store)).toEqual(before))
  await alerts.send(4, 500)
  await Promise.all([runUntil(() => expectDrained(store, alerts)), runUntil(() => expectDrained(store, alerts))])
  await expectDrained(store, alerts)
})

test('SPEC A3: a store that is new gets everything that can still be live, though the group had committed it', async () => {
  await alerts.send(4, 50)
  await runUntil(() => expectDrained(store, alerts))
  store = new EmbeddedAlertStore({ nowMs: () => Date.now() })
  await runUntil(() => expectDrained(store, alerts))
})

const bad = (given: Parameters<typeof actionOf>[1]) =>
  framed(SCHEMA_IDS.action, encodeFraudAction(actionOf(AT.partition, given)))

const MALFORMED: readonly { readonly reason: string; readonly value: Uint8Array | null }[] = [
  { reason: 'NULL_VALUE', value: null },
  { reason: 'DECODE_TRUNCATED', value: Uint8Array.of(0, 0) },
  { reason: 'BAD_MAGIC', value: Uint8Array.of(1, 0, 0, 0, 6, 1) },
  { reason: 'UNKNOWN_SCHEMA', value: framed(99, Uint8Array.of(1)) },
  { reason: 'DECODE_TRUNCATED', value: framed(SCHEMA_IDS.alert, Uint8Array.of(2)) },
  { reason: 'DECODE_TRAILING', value: Uint8Array.from([...bad({}), 7]) },
  { reason: 'DECODE_TYPE', value: framed(SCHEMA_IDS.alert, Uint8Array.of(2, 65, 99)) },
  { reason: 'BAD_PARTIES', value: bad({ senderAccountId: 'a\r\nFLUSHALL' }) },
  { reason: 'BAD_ID', value: bad({ episodeId: '*' }) },
  { reason: 'BAD_TIME', value: bad({ eventTime: Date.now() + 86_400_000 }) },
  { reason: 'BAD_TIME', value: bad({ until: Number.MAX_SAFE_INTEGER }) },
]

test('SPEC X5: malformed alerts are dead-lettered once with their reasons, and those around them are written', async () => {
  const first = (await alerts.log.bounds(AT)).endOffset
  for (const { value } of MALFORMED) {
    await alerts.append(AT, [value])
    await alerts.send(AT.partition, 1)
  }
  await alerts.append(AT, [null])
  const last = (await alerts.log.bounds(AT)).endOffset - 1
  const isPast = async () => expect(Math.max(...(await store.positions()).values())).toBe(last)
  await runUntil(isPast)
  await expectDrained(store, alerts)
  // The store's own offset is past them, so the next start does not meet them again.
  await runUntil(isPast)
  const letters = await deadLetters()
  const expected = [...MALFORMED, { reason: 'NULL_VALUE', value: null }].map(({ reason, value }, index) => {
    const inputOffset = first + 2 * index
    return { reason, inputTopic: AT.topic, inputPartition: AT.partition, inputOffset, valueBytes: value?.length ?? -1 }
  })
  expect(letters).toMatchObject(expected)
})
