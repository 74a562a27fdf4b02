import { expect, vi } from 'vitest'
import type { AlertStore } from '../../redis-alerts/alert-store.ts'
import type { AlertLog } from './alert-log.ts'
import { wholeStream } from './written-entries.ts'

const DRAINED_WITHIN_MS = 60_000

/**
 * Waits until the store has every alert that was sent, and holds it against a recomputation: each once, in the order of its
 * partition, with the newest's own count at each account. Returns how many were compared.
 */
export async function expectDrained(store: AlertStore, alerts: AlertLog): Promise<number> {
  const sent = [...alerts.sent].sort(([a], [b]) => a - b)
  const count = sent.reduce((sum, [, ids]) => sum + ids.length, 0)
  const seen = await vi.waitFor(
    async () => {
      const found = (await wholeStream(store))
        .filter(({ kind }) => kind === 'alert')
        .map(({ json }) => JSON.parse(json))
      expect(found.length).toBeGreaterThanOrEqual(count)
      return found as { alert_id: string }[]
    },
    { timeout: DRAINED_WITHIN_MS, interval: 50 },
  )
  for (const [partition, ids] of sent) {
    expect(seen.map(({ alert_id }) => alert_id).filter((id) => id.startsWith(`${partition}-`))).toEqual(ids)
    expect(await store.countOf(`ACC_${partition}`)).toBe(ids.length)
    expect(JSON.parse((await store.alertOf(`ACC_${partition}`)) ?? '{}')).toMatchObject({ alert_id: ids.at(-1) })
  }
  expect([...(await store.accounts())].sort()).toEqual(sent.map(([partition]) => `ACC_${partition}`).sort())
  expect(seen).toHaveLength(count)
  expect(count).toBeGreaterThan(0)
  return count
}
