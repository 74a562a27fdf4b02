import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DeliveryDecoder } from '../../../redis-alerts/hooks/delivery-decoder.ts'
import { DeliveryLog } from '../../../redis-alerts/hooks/delivery-log.ts'
import { Hook, type HookOptions, hookGroup } from '../../../redis-alerts/hooks/hook.ts'
import type { HookAction } from '../../../redis-alerts/hooks/hook-action.ts'
import { ACTIONS_HELD_MAX } from '../../../redis-alerts/hooks/hook-session.ts'
import { failed, type TryResult } from '../../../redis-alerts/hooks/hook-target.ts'
import { RETRY_PLAN } from '../../../redis-alerts/hooks/retry-plan.ts'
import type { FraudAction } from '../../../schemas/generated/fraud-action.ts'
import type { HookDelivery } from '../../../schemas/generated/hook-delivery.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { AlertLog, actionOf } from '../alert-log.ts'
import { HOOK_DELIVERY, hookOptions } from './hook-options.ts'

// Goal: every action reaches every hook, whatever the receiver does and whenever the hook is started again.
// Method: the embedded log in a folder of its own; receivers are functions that keep what they are given.
const PARTITION = 4
const WITHIN_MS = 60_000
const WITHIN = { timeout: WITHIN_MS, interval: 20 }
const DELIVERED: TryResult = { delivered: true, status: 200, detail: 'OK', retryAfterMs: null }

vi.setConfig({ testTimeout: 2 * WITHIN_MS })
let alerts: AlertLog
let sent = 0
let hooks = 0

beforeAll(async () => {
  alerts = await AlertLog.open()
}, WITHIN_MS)

afterAll(() => alerts.close(), WITHIN_MS)

/** A name that no other test has: a new hook begins with what comes after it. */
const newName = () => `hook-${hooks++}`

/** Sends actions, each of an id of its own; returns the ids. */
async function send(count: number, given: Partial<FraudAction> = {}): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const actionId = `${PARTITION}-${sent++}-${given.action ?? 'BLOCK_CARD'}`
    await alerts.sendAction(PARTITION, actionOf(PARTITION, { ...given, actionId }))
    ids.push(actionId)
  }
  return ids
}

interface Running {
  readonly hook: Hook
  readonly got: string[]
  stop(): Promise<void>
}

type Receive = (action: HookAction) => TryResult | Promise<TryResult>

async function start(name: string, receive: Receive, given: Partial<HookOptions> = {}): Promise<Running> {
  const got: string[] = []
  const target = {
    deliver: async (action: HookAction) => {
      got.push(action.actionId)
      return receive(action)
    },
    close: () => {},
  }
  const hook = new Hook(hookOptions(alerts.log, name, target, given))
  const asked = new AbortController()
  const running = hook.run(asked.signal)
  const stop = async () => {
    asked.abort()
    await running
  }
  await vi.waitFor(() => expect(hook.state).toBe('LIVE'), WITHIN)
  return { hook, got, stop }
}

/** This hook's records of `hooks.deliveries`, each as `<action> <outcome> <tries>`. */
async function records(name: string): Promise<string[]> {
  const decoder = new DeliveryDecoder(HOOK_DELIVERY)
  const { name: topic, partitions } = TOPICS.hooksDeliveries
  const found: HookDelivery[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const at = { topic, partition }
    const { endOffset } = await alerts.log.bounds(at)
    const reader = alerts.log.openReader(at, 0)
    for (let offset = 0; offset < endOffset; ) {
      const { bytes, nextOffset } = await reader.fetch(1 << 20, 1_000)
      found.push(...decoder.read(bytes, at, offset, endOffset).map(({ delivery }) => delivery))
      offset = nextOffset
    }
    reader.close()
  }
  return found.flatMap(({ hook, actionId, outcome, tries }) =>
    hook === name ? [`${actionId} ${outcome} ${tries}`] : [],
  )
}

const committed = async (name: string) =>
  (await alerts.log.group(hookGroup(name)).committed({ topic: TOPICS.fraudActions.name, partition: PARTITION }))?.offset

const end = async () => (await alerts.log.bounds({ topic: TOPICS.fraudActions.name, partition: PARTITION })).endOffset

test('SPEC A5: a new hook gets every action from then on once, and only those that it is told of', async () => {
  await send(3)
  const name = newName()
  const { got, stop } = await start(name, () => DELIVERED, { actions: ['REQUIRE_3DS'] })
  const [, ids] = [await send(5), await send(5, { action: 'REQUIRE_3DS' })]
  await vi.waitFor(() => expect(got).toEqual(ids), WITHIN)
  await stop()
  expect(await committed(name)).toBe(await end())
  expect((await records(name)).sort()).toEqual(ids.map((id) => `${id} DELIVERED 1`).sort())
})

test('SPEC A5: what came while it was away is brought, and nothing twice that is on record', async () => {
  const name = newName()
  const first = await start(name, () => DELIVERED)
  const before = await send(3)
  await vi.waitFor(() => expect(first.got).toEqual(before), WITHIN)
  await first.stop()
  const away = await send(4)
  const second = await start(name, () => DELIVERED)
  await vi.waitFor(() => expect(second.got).toEqual(away), WITHIN)
  await second.stop()
})

test('SPEC A5: tries that were made count after a restart, the last one is dead, and a replay begins anew', async () => {
  const name = newName()
  const plan = { ...RETRY_PLAN, tries: 3, firstMs: 20, maxMs: 60_000 }
  const slow = { ...plan, firstMs: 60_000 }
  const first = await start(name, () => failed('HTTP_500'), { plan: slow })
  const [id] = (await send(1)) as [string]
  await vi.waitFor(async () => expect(await records(name)).toEqual([`${id} FAILED 1`]), WITHIN)
  await first.stop()
  // The first try is on record, so the group has passed the action and the record alone knows of it.
  expect(await committed(name)).toBe(await end())

  const later = { ...machineTime, nowMs: () => Date.now() + 120_000 }
  const second = await start(name, () => failed('HTTP_500'), { plan, clock: later })
  await vi.waitFor(async () => {
    expect(await records(name)).toEqual([`${id} FAILED 1`, `${id} FAILED 2`, `${id} DEAD 3`])
  }, WITHIN)
  expect(second.got).toEqual([id, id])
  await second.stop()

  const third = await start(name, () => DELIVERED)
  await askReplay(name, id)
  await vi.waitFor(() => expect(third.got).toEqual([id]), WITHIN)
  await third.stop()
  await askReplay(name, id)
  const fourth = await start(name, () => DELIVERED)
  await vi.waitFor(() => expect(fourth.got).toEqual([id]), WITHIN)
  await fourth.stop()
  const fifth = await start(name, () => DELIVERED)
  const [next] = await send(1)
  await vi.waitFor(() => expect(fifth.got).toEqual([next]), WITHIN)
  await fifth.stop()
})

/** As `sluice hooks replay` asks for it. */
async function askReplay(hook: string, actionId: string): Promise<void> {
  const log = new DeliveryLog(alerts.log, HOOK_DELIVERY)
  const asked = { hook, actionId, outcome: 'REPLAY_ASKED', tries: 0, status: null, detail: 'REPLAY_ASKED' } as const
  const times = { triedAt: Date.now(), latencyMs: 0, nextTryAt: null }
  const place = { actionPartition: PARTITION, actionOffset: (await end()) - 1 }
  await log.append({ ...asked, ...times, ...place })
  await log.close()
}

test('SPEC A5: a replay of what retention has taken is dead at once', async () => {
  const name = newName()
  const { got, stop } = await start(name, () => DELIVERED)
  const log = new DeliveryLog(alerts.log, HOOK_DELIVERY)
  const asked = { hook: name, actionId: 'gone', outcome: 'REPLAY_ASKED', tries: 0, status: null, detail: '' } as const
  await log.append({ ...asked, triedAt: 0, latencyMs: 0, nextTryAt: null, actionPartition: 0, actionOffset: 999_999 })
  await log.close()
  await vi.waitFor(async () => expect(await records(name)).toEqual(['gone REPLAY_ASKED 0', 'gone DEAD 0']), WITHIN)
  expect(got).toEqual([])
  await stop()
})

test('SPEC A5: a receiver that hangs or is dead delays no other', async () => {
  const hung = Promise.withResolvers<TryResult>()
  const hanging = await start(newName(), () => hung.promise)
  const dead = await start(newName(), () => failed('ECONNREFUSED'))
  const healthy = await start(newName(), () => DELIVERED)
  const ids = await send(20)
  await vi.waitFor(() => expect(healthy.got).toEqual(ids), WITHIN)
  expect(hanging.got).toHaveLength(4)
  await vi.waitFor(() => expect(dead.hook.circuitState).toBe('OPEN'), WITHIN)
  hung.resolve(DELIVERED)
  await vi.waitFor(() => expect(hanging.got).toEqual(ids), WITHIN)
  await Promise.all([hanging, dead, healthy].map(({ stop }) => stop()))
})

test('SPEC A5: no more actions than the bound are in memory; the others wait in the log and come when there is room', async () => {
  const name = newName()
  const hung = Promise.withResolvers<TryResult>()
  const { hook, got, stop } = await start(name, () => hung.promise)
  const from = await end()
  const extra = 50
  const values = Array.from({ length: ACTIONS_HELD_MAX + extra }, () =>
    actionOf(PARTITION, { actionId: `bound-${sent++}` }),
  )
  await alerts.sendActions(PARTITION, values)
  await vi.waitFor(() => expect(hook.waiting).toBe(ACTIONS_HELD_MAX - 4), WITHIN)
  expect(await committed(name)).toBe(from)
  hung.resolve(DELIVERED)
  await vi.waitFor(() => expect(got).toHaveLength(ACTIONS_HELD_MAX + extra), WITHIN)
  await stop()
  expect(new Set(got).size).toBe(ACTIONS_HELD_MAX + extra)
  expect(await committed(name)).toBe(await end())
})

test('SPEC A5: what is no action is told of and passed over', async () => {
  const malformed: number[] = []
  const events = { onWaiting: () => {}, onLost: () => {}, onRecorded: () => {} }
  const { got, stop } = await start(newName(), () => DELIVERED, {
    events: { ...events, onMalformed: (_at, offset) => malformed.push(offset) },
  })
  const from = await end()
  await alerts.append({ topic: TOPICS.fraudActions.name, partition: PARTITION }, [null, Uint8Array.of(1, 2, 3)])
  const ids = await send(1)
  await vi.waitFor(() => expect(got).toEqual(ids), WITHIN)
  expect(malformed).toEqual([from, from + 1])
  await stop()
})
