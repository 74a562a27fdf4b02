import fc from 'fast-check'
import type { AlertEntry, AlertStore, LiveEntry, StreamEntry } from '../../redis-alerts/alert-store.ts'
import { ALERT_LIFE_MS, COUNT_LIFE_MS } from '../../redis-alerts/lives.ts'

export const SOURCE = 'test/fraud.alerts-0'
const ACCOUNTS = ['ACC_001', 'ACC_002', 'ACC_003']

/** An alert as the alerter hands it over. */
export function alertOf(offset: number, given: Partial<AlertEntry> = {}): AlertEntry {
  const entry = { account: 'ACC_001', eventTimeMs: Date.now(), fraudCount: 4, ...given }
  const json = JSON.stringify({ transaction_id: `tx-${offset}`, fraud_count: entry.fraudCount })
  return { kind: 'alert', source: SOURCE, offset, previousOffset: -1, json, ...entry }
}

/** All that readers can see. */
export async function seenIn(store: AlertStore) {
  const ofEach = <T>(read: (account: string) => Promise<T>) => Promise.all(ACCOUNTS.map(read))
  const [accounts, alerts, counts, actions, stream, positions] = await Promise.all([
    store.accounts(),
    ofEach((account) => store.alertOf(account)),
    ofEach((account) => store.countOf(account)),
    ofEach((account) => store.actionsOf(account)),
    wholeStream(store),
    store.positions(),
  ])
  return { accounts: accounts.toSorted(), alerts, counts, actions, stream, positions: Object.fromEntries(positions) }
}

/** The stream as readers page through it. */
export async function wholeStream(store: AlertStore): Promise<Pick<StreamEntry, 'kind' | 'json'>[]> {
  const all: Pick<StreamEntry, 'kind' | 'json'>[] = []
  for (let id = '0-0'; ; ) {
    const page = await store.entriesAfter(id, 1_000)
    if (page.length === 0) return all
    all.push(...page.map(({ kind, json }) => ({ kind, json })))
    id = page.at(-1)!.id
  }
}

/** What readers must see of entries at `nowMs`, found without any order of writing: the join of them all. */
export function expectedOf(entries: readonly LiveEntry[], nowMs: number): Awaited<ReturnType<typeof seenIn>> {
  const alerts = entries.filter((entry) => entry.kind === 'alert')
  const live = (account: string, lifeMs: number) =>
    alerts.filter((entry) => entry.account === account && entry.eventTimeMs + lifeMs > nowMs)
  const newest = (account: string) =>
    live(account, ALERT_LIFE_MS).sort((a, b) => b.eventTimeMs - a.eventTimeMs || b.offset - a.offset)[0]?.json ?? null
  const count = (account: string) =>
    live(account, COUNT_LIFE_MS).sort((a, b) => b.eventTimeMs - a.eventTimeMs || b.fraudCount - a.fraudCount)[0]
      ?.fraudCount ?? null
  const actions = (account: string) => {
    const own = entries.filter((entry) => entry.kind === 'action').filter((entry) => entry.account === account)
    return Object.fromEntries(own.filter(({ endsMs }) => endsMs > nowMs).map(({ field, json }) => [field, json]))
  }
  const last = entries.at(-1)?.offset
  return {
    accounts: ACCOUNTS.filter((account) => newest(account) !== null),
    alerts: ACCOUNTS.map(newest),
    counts: ACCOUNTS.map(count),
    actions: ACCOUNTS.map(actions),
    stream: entries.flatMap((entry) =>
      entry.kind === 'passed' || entry.kind === 'erasure' ? [] : [{ kind: entry.kind, json: entry.json }],
    ),
    positions: last === undefined ? {} : { [SOURCE]: last },
  }
}

/** Ages of event times, far enough from every end of a life that a slow machine does not cross it. */
const AGES_MS = [-30_000, 0, 1_000, 100_000, 200_000, 400_000, 1_000_000, 3_000_000, 4_000_000, 90_000_000]

/** A stretch of one partition: alerts of few accounts at few times, so that most meet, and actions and bad records among them. */
export function stretches(nowMs: number): fc.Arbitrary<LiveEntry[]> {
  const written = fc.record({
    kind: fc.constantFrom('alert', 'alert', 'alert', 'action', 'passed'),
    account: fc.constantFrom(...ACCOUNTS, null),
    ageMs: fc.constantFrom(...AGES_MS),
    fraudCount: fc.integer({ min: 0, max: 9 }),
    episode: fc.integer({ min: 0, max: 2 }),
  })
  return fc.array(written, { minLength: 1, maxLength: 20 }).map((list) =>
    list.map(({ kind, account, ageMs, fraudCount, episode }, index): LiveEntry => {
      const place = { source: SOURCE, offset: 10 + index * 3, previousOffset: index === 0 ? -1 : 7 + index * 3 }
      if (kind === 'passed') return { kind, ...place }
      if (kind === 'alert')
        return { ...alertOf(place.offset, { account, eventTimeMs: nowMs - ageMs, fraudCount }), ...place }
      // One episode's action is one record, so all that name it are equal.
      const endsMs = nowMs + 86_400_000 - AGES_MS[episode * 4]!
      const json = JSON.stringify({ action: 'BLOCK_CARD', ends_at: endsMs })
      return { kind: 'action', ...place, account: account ?? 'ACC_001', field: `BLOCK_CARD:0-${episode}`, endsMs, json }
    }),
  )
}
