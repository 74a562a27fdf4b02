import { StreamsError } from '../streams/errors.ts'
import type { ActionEntry, AlertEntry, AlertStore, LiveEntry, StreamEntry, Subscription } from './alert-store.ts'
import { ExpiringMap } from './expiring-map.ts'
import { ACTIONS_MAX, ALERT_LIFE_MS, COUNT_LIFE_MS, STREAM_ENTRIES_MAX } from './lives.ts'
import { RecentEntries } from './recent-entries.ts'

/** Accounts of each kind of key; past it the one written longest ago goes. */
const ACCOUNTS_MAX = 100_000

interface Standing<T> {
  readonly value: T
  readonly endsMs: number
}

/** The store of the embedded profile, in the memory of its process: what Redis would hold, and as bounded as stated above. */
export class EmbeddedAlertStore implements AlertStore {
  /** A write is a call of a function. */
  readonly gatherMs = 0
  private readonly clock: { nowMs(): number }
  private readonly alerts: ExpiringMap<string>
  private readonly counts: ExpiringMap<number>
  private readonly actions: ExpiringMap<Map<string, Standing<string>>>
  private readonly stream: RecentEntries
  private readonly offsets = new Map<string, number>()
  private erasures = 0
  private readonly listeners = new Set<(json: string) => void>()

  constructor(
    clock: { nowMs(): number },
    bounds = { accountsMax: ACCOUNTS_MAX, streamEntriesMax: STREAM_ENTRIES_MAX },
  ) {
    this.clock = clock
    this.alerts = new ExpiringMap(bounds.accountsMax)
    this.counts = new ExpiringMap(bounds.accountsMax)
    this.actions = new ExpiringMap(bounds.accountsMax)
    this.stream = new RecentEntries(bounds.streamEntriesMax)
  }

  async positions(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.offsets)
  }

  async write(entries: readonly LiveEntry[]): Promise<void> {
    for (const entry of entries) this.writeOne(entry, this.clock.nowMs())
  }

  async sweep(): Promise<void> {
    const nowMs = this.clock.nowMs()
    for (const map of [this.alerts, this.counts, this.actions]) map.removeExpired(nowMs)
  }

  async accounts(): Promise<readonly string[]> {
    return this.alerts.liveKeys(this.clock.nowMs())
  }

  async alertOf(account: string): Promise<string | null> {
    return this.alerts.get(account, this.clock.nowMs())?.value ?? null
  }

  async countOf(account: string): Promise<number | null> {
    return this.counts.get(account, this.clock.nowMs())?.value ?? null
  }

  async actionsOf(account: string): Promise<Readonly<Record<string, string>>> {
    const fields = this.actions.get(account, this.clock.nowMs())?.value ?? new Map<string, Standing<string>>()
    return Object.fromEntries([...fields].map(([field, { value }]) => [field, value]))
  }

  async entriesAfter(id: string, limit: number): Promise<readonly StreamEntry[]> {
    return this.stream.after(id, limit)
  }

  async lastErasure(): Promise<string | null> {
    return this.erasures === 0 ? null : String(this.erasures)
  }

  async subscribe(listener: (json: string) => void): Promise<Subscription> {
    const own = (json: string) => listener(json)
    this.listeners.add(own)
    return { close: () => this.listeners.delete(own) }
  }

  /** It lives as long as its process: there is no connection to close. */
  close(): void {}

  private writeOne(entry: LiveEntry, nowMs: number): void {
    const { source, offset, previousOffset } = entry
    const held = this.offsets.get(source) ?? -1
    if (held < previousOffset) {
      throw new StreamsError(
        'ALERTS_GAP',
        'retry',
        `offset ${offset} of ${source} follows ${previousOffset}, ${held} is held`,
      )
    }
    if (entry.kind === 'alert') this.writeAlert(entry, offset > held, nowMs)
    if (entry.kind === 'action') this.writeAction(entry, nowMs)
    if (entry.kind === 'erasure') this.erase(entry.account, offset > held)
    if (offset <= held) return
    this.offsets.set(source, offset)
    if (entry.kind === 'passed' || entry.kind === 'erasure') return
    this.stream.add(entry.kind, entry.json, nowMs)
    if (entry.kind === 'alert') for (const listener of this.listeners) listener(entry.json)
  }

  private writeAlert({ account, eventTimeMs, fraudCount, json }: AlertEntry, isNew: boolean, nowMs: number): void {
    if (account === null) return
    const countEndsMs = eventTimeMs + COUNT_LIFE_MS
    const count = this.counts.get(account, nowMs)
    const raises = count?.endsMs === countEndsMs && fraudCount > count.value
    if (countEndsMs > nowMs && (countEndsMs > (count?.endsMs ?? 0) || raises)) {
      this.counts.set(account, fraudCount, countEndsMs)
    }
    const alertEndsMs = eventTimeMs + ALERT_LIFE_MS
    const stands = this.alerts.get(account, nowMs)?.endsMs ?? 0
    if (alertEndsMs > nowMs && (alertEndsMs > stands || (alertEndsMs === stands && isNew))) {
      this.alerts.set(account, json, alertEndsMs)
    }
  }

  /** An erasure that the stream is past takes nothing out of it: what stands there came later, and would not enter again. */
  private erase(account: string, isNew: boolean): void {
    for (const map of [this.alerts, this.counts, this.actions]) map.delete(account)
    if (isNew) this.stream.removeOf(account)
    this.erasures++
  }

  private writeAction({ account, field, endsMs, json }: ActionEntry, nowMs: number): void {
    const fields = this.actions.get(account, nowMs)?.value ?? new Map<string, Standing<string>>()
    for (const [own, standing] of fields) if (standing.endsMs <= nowMs) fields.delete(own)
    if (endsMs <= nowMs || fields.has(field) || fields.size >= ACTIONS_MAX) return
    fields.set(field, { value: json, endsMs })
    this.actions.set(account, fields, Math.max(...[...fields.values()].map((standing) => standing.endsMs)))
  }
}
