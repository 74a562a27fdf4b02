import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { EmbeddedAlertStore } from '../../redis-alerts/embedded-store.ts'
import type { FraudAction } from '../../schemas/generated/fraud-action.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { AlertLog, actionOf } from './alert-log.ts'
import { wholeStream } from './written-entries.ts'

// Goal: a store that is new or was emptied gets nothing of an account that was erased since, whichever of the two topics
// is read from how far back.
const PARTITION = 6
const HOUR_MS = 3_600_000
const WITHIN_MS = 60_000
vi.setConfig({ testTimeout: 2 * WITHIN_MS })

let alerts: AlertLog
let nowMs: number
let store: EmbeddedAlertStore

beforeAll(async () => {
  const startedMs = Date.now()
  nowMs = startedMs - 3 * HOUR_MS
  alerts = await AlertLog.open({ nowMs: () => nowMs })
  await alerts.sendActions(PARTITION, [action('ERASED', 1), action('OTHER', 2), action('TWICE', 3), action('LATER', 4)])
  await alerts.send(PARTITION, 2, () => ({ senderAccountId: 'OTHER', eventTime: nowMs }))
  await alerts.send(PARTITION, 2, (index) => erasure(['ERASED', 'TWICE'][index]!, 10 + index))
  await alerts.sendActions(PARTITION, [action('ERASED', 20), action('TWICE', 21)])
  nowMs = startedMs - 2 * HOUR_MS
  await alerts.send(PARTITION, 1, () => erasure('TWICE', 30))
  nowMs = startedMs
  // This one the store gets among its alerts.
  await alerts.send(PARTITION, 1, () => erasure('LATER', 40))
  await alerts.send(PARTITION, 1, () => ({ senderAccountId: 'NOW', eventTime: nowMs }))
}, WITHIN_MS)

afterAll(() => alerts.close(), WITHIN_MS)

beforeEach(() => {
  store = new EmbeddedAlertStore({ nowMs: () => Date.now() })
})

function action(senderAccountId: string, inputOffset: number): FraudAction {
  const episodeId = `${PARTITION}-${inputOffset}`
  return actionOf(PARTITION, { senderAccountId, episodeId, eventTime: nowMs, inputOffset })
}

const erasure = (senderAccountId: string, inputOffset: number) =>
  ({ kind: 'ERASURE', senderAccountId, eventTime: nowMs, inputOffset }) as const

/** Runs an alerter until the store has all of both topics, then asks it to drain. */
async function fill(): Promise<void> {
  const stop = new AbortController()
  const running = alerts.alerter(async () => store).run(stop.signal)
  const topics = [TOPICS.fraudAlerts, TOPICS.fraudActions].map(({ name }) => ({ topic: name, partition: PARTITION }))
  const ends = await Promise.all(topics.map(async (at) => (await alerts.log.bounds(at)).endOffset - 1))
  const hasAll = async () => expect([...(await store.positions()).values()].toSorted()).toEqual(ends.toSorted())
  await vi.waitFor(hasAll, { timeout: WITHIN_MS })
  stop.abort()
  await running
}

// The group has committed nothing the first time, and everything the second.
test.each(['has not been here', 'has had everything'])(
  'SPEC B4: actions of an account that was erased hours ago do not come back in a new store when the group %s',
  async () => {
    await fill()
    const held = ['ERASED', 'OTHER', 'TWICE', 'LATER'].map(async (name) => Object.keys(await store.actionsOf(name)))
    expect(await Promise.all(held)).toEqual([['BLOCK_CARD:6-20'], ['BLOCK_CARD:6-2'], [], []])
    const told = (await wholeStream(store)).map(({ kind, json }) => [kind, JSON.parse(json).sender_account_id])
    expect(told.toSorted()).toEqual([
      ['action', 'ERASED'],
      ['action', 'OTHER'],
      ['alert', 'NOW'],
    ])
  },
)
