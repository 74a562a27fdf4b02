import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { ActionEntry, AlertStore, LiveEntry } from '../../redis-alerts/alert-store.ts'
import { ALERT_LIFE_MS, COUNT_LIFE_MS } from '../../redis-alerts/lives.ts'
import { alertOf, expectedOf, SOURCE, seenIn, stretches, wholeStream } from './written-entries.ts'

const HOUR_MS = 3_600_000

/** What the stores under test hold of the stream. */
export const STREAM_MAX = 500

/** What any store of alerts does. `emptyStore` gives one that holds nothing; `runs` is how many cases a law is tried on. */
export function alertStoreConformance(emptyStore: () => Promise<AlertStore>, runs: number): void {
  test('SPEC A1: an alert shows at its account, in the set, in the count, in the stream and on the channel', async () => {
    const store = await emptyStore()
    const heard: string[] = []
    const subscription = await store.subscribe((json) => heard.push(json))
    const alert = alertOf(7)
    await store.write([alert])
    expect(await store.alertOf('ACC_001')).toBe(alert.json)
    expect(await store.countOf('ACC_001')).toBe(4)
    expect(await store.accounts()).toEqual(['ACC_001'])
    expect(await wholeStream(store)).toEqual([{ kind: 'alert', json: alert.json }])
    await vi.waitFor(() => expect(heard).toEqual([alert.json]))
    subscription.close()
    await store.write([alertOf(8)])
    expect(await wholeStream(store)).toHaveLength(2)
    expect(heard).toHaveLength(1)
  })

  test('SPEC A2: what is written equals its recomputation, and no replay in any order changes it', {
    timeout: 60_000,
  }, async () => {
    const nowMs = Date.now()
    await fc.assert(
      fc.asyncProperty(stretches(nowMs), fc.infiniteStream(fc.nat()), async (entries, dice) => {
        const store = await emptyStore()
        await store.write(entries)
        const expected = expectedOf(entries, nowMs)
        expect(await seenIn(store)).toEqual(expected)
        const replayed = Array.from({ length: entries.length * 2 }, () => entries[dice.next().value % entries.length]!)
        await store.write(replayed.map((entry) => ({ ...entry, previousOffset: -1 })))
        await store.sweep()
        expect(await seenIn(store)).toEqual(expected)
      }),
      { numRuns: runs },
    )
  })

  test('SPEC A2: a late drain enters the stream alone, since what has expired is not brought back', async () => {
    const store = await emptyStore()
    await store.write([alertOf(1, { eventTimeMs: Date.now() - 2 * HOUR_MS })])
    expect(await seenIn(store)).toMatchObject({ accounts: [], alerts: [null, null, null], counts: [null, null, null] })
    expect(await wholeStream(store)).toHaveLength(1)
  })

  test('SPEC A1: alert and count expire by the event time, and the account leaves the set', async () => {
    const store = await emptyStore()
    const soonMs = Date.now() + 400
    await store.write([
      alertOf(1, { account: 'ACC_001', eventTimeMs: soonMs - ALERT_LIFE_MS }),
      alertOf(2, { account: 'ACC_002', eventTimeMs: soonMs - COUNT_LIFE_MS }),
    ])
    expect(await store.accounts()).toEqual(['ACC_001'])
    expect(await store.countOf('ACC_002')).toBe(4)
    await vi.waitFor(async () => {
      await store.sweep()
      expect(await store.accounts()).toEqual([])
      expect(await store.alertOf('ACC_001')).toBeNull()
      expect(await store.countOf('ACC_002')).toBeNull()
    })
    expect(Date.now()).toBeGreaterThanOrEqual(soonMs)
    expect(await store.countOf('ACC_001')).toBe(4)
  })

  test('SPEC A1: the next alert takes expired accounts out of the set without a sweep', async () => {
    const store = await emptyStore()
    await store.write([alertOf(1, { eventTimeMs: Date.now() - ALERT_LIFE_MS + 300 })])
    expect(await store.accounts()).toEqual(['ACC_001'])
    await vi.waitFor(async () => expect(await store.alertOf('ACC_001')).toBeNull())
    await store.write([alertOf(2, { account: 'ACC_002' })])
    expect(await store.accounts()).toEqual(['ACC_002'])
  })

  test('SPEC A1: one sweep takes out of the set all that have expired, however many', async () => {
    const store = await emptyStore()
    const endsMs = Date.now() + 3_000
    const of = (i: number) => alertOf(i, { account: `ACC_${i}`, eventTimeMs: endsMs - ALERT_LIFE_MS })
    await store.write(Array.from({ length: 900 }, (_, i) => of(i + 1)))
    expect((await store.accounts()).length).toBe(900)
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(endsMs), 5_000)
    await store.sweep()
    expect(await store.accounts()).toEqual([])
  })

  test('SPEC A2: an entry whose predecessor is missing is refused whole, and none after it gets past', async () => {
    const store = await emptyStore()
    await store.write([alertOf(5)])
    const before = await seenIn(store)
    const missing = alertOf(7, { account: 'ACC_002', previousOffset: 6 })
    const gap = store.write([missing, alertOf(8, { account: 'ACC_003', previousOffset: 7 })])
    await expect(gap).rejects.toMatchObject({ code: expect.stringMatching(/_GAP$/), next: 'retry' })
    expect(await seenIn(store)).toEqual(before)
  })

  test('an alert that flags no account enters the stream and the channel alone', async () => {
    const store = await emptyStore()
    await store.write([alertOf(1), alertOf(2, { account: null, fraudCount: 0 })])
    expect(await store.countOf('ACC_001')).toBe(4)
    expect(await store.accounts()).toEqual(['ACC_001'])
    expect(await wholeStream(store)).toHaveLength(2)
  })

  test('SPEC S9: an action stands once a rule and episode, until it ends', async () => {
    const store = await emptyStore()
    const action = (offset: number, field: string, endsMs: number): ActionEntry => {
      const json = JSON.stringify({ action: field, offset, ends_at: endsMs })
      return { kind: 'action', source: SOURCE, offset, previousOffset: -1, account: 'ACC_001', field, endsMs, json }
    }
    const soonMs = Date.now() + 300
    const first = action(1, 'BLOCK_CARD:0-1', soonMs)
    await store.write([first, action(2, 'BLOCK_CARD:0-1', soonMs + HOUR_MS)])
    expect(await store.actionsOf('ACC_001')).toEqual({ 'BLOCK_CARD:0-1': first.json })
    await vi.waitFor(async () => {
      await store.write([action(3, 'REQUIRE_3DS:0-9', soonMs + HOUR_MS)])
      expect(Object.keys(await store.actionsOf('ACC_001'))).toEqual(['REQUIRE_3DS:0-9'])
    })
    expect(await wholeStream(store)).toHaveLength(3)
  })

  test('SPEC B4: an erasure takes all of an account that came before it, nothing of another, and is safe to repeat', async () => {
    const store = await emptyStore()
    const endsMs = Date.now() + HOUR_MS
    const of = (account: string, offset: number): LiveEntry[] => {
      const json = JSON.stringify({ sender_account_id: account, ends_at: endsMs })
      const place = { source: SOURCE, previousOffset: -1, account, json }
      return [
        { ...alertOf(offset, { account }), json },
        { kind: 'action', ...place, offset: offset + 1, field: 'BLOCK_CARD:0-1', endsMs },
      ]
    }
    await store.write([...of('ACC_001', 1), ...of('ACC_0011', 3)])
    expect(await store.lastErasure()).toBeNull()
    const erasure = { kind: 'erasure', source: SOURCE, offset: 5, previousOffset: -1, account: 'ACC_001' } as const
    await store.write([erasure])
    const first = await store.lastErasure()
    await store.write([erasure])
    const second = await store.lastErasure()
    expect(new Set([first, second, null]).size).toBe(3)
    expect(await store.accounts()).toEqual(['ACC_0011'])
    expect([await store.alertOf('ACC_001'), await store.countOf('ACC_001')]).toEqual([null, null])
    expect(await store.actionsOf('ACC_001')).toEqual({})
    expect(await store.countOf('ACC_0011')).toBe(4)
    expect(Object.keys(await store.actionsOf('ACC_0011'))).toHaveLength(1)
    expect((await wholeStream(store)).map(({ json }) => JSON.parse(json).sender_account_id)).toEqual([
      'ACC_0011',
      'ACC_0011',
    ])
    const returned = of('ACC_001', 6)
    await store.write(returned)
    expect((await store.accounts()).toSorted()).toEqual(['ACC_001', 'ACC_0011'])
    expect(await store.lastErasure()).toBe(second)
    // Read again: what the account has done since stands in the stream as before, and in its keys once it is read again too.
    const told = await wholeStream(store)
    await store.write([erasure])
    expect(await store.countOf('ACC_001')).toBeNull()
    await store.write(returned)
    expect(await wholeStream(store)).toEqual(told)
    expect(told.filter(({ json }) => JSON.parse(json).sender_account_id === 'ACC_001')).toHaveLength(2)
    expect(await store.countOf('ACC_001')).toBe(4)
    expect(Object.keys(await store.actionsOf('ACC_001'))).toHaveLength(1)
  })

  test('SPEC A1: the stream is bounded and keeps the newest', async () => {
    const store = await emptyStore()
    const count = STREAM_MAX * 3
    const entries = Array.from({ length: count }, (_, offset) => alertOf(offset, { account: null }))
    for (let at = 0; at < count; at += 250) await store.write(entries.slice(at, at + 250))
    const kept = await wholeStream(store)
    expect(kept.length).toBeGreaterThanOrEqual(STREAM_MAX)
    expect(kept.length).toBeLessThan(STREAM_MAX + 100)
    expect(kept.at(-1)?.json).toBe(entries.at(-1)?.json)
    const [, second, third] = await store.entriesAfter('0-0', 3)
    expect((await store.entriesAfter(second!.id, 1))[0]).toEqual(third)
  })
}
