/**
 * What the alerter writes and readers read (SPEC A1, A2). Two stores keep it: Redis, and one in the process of the
 * embedded profile. In both the state is the join of all entries ever written, whatever their order and however often:
 * of two alerts of a sender the one of the later event time stands, at the same time that of the later offset.
 */

/** Where an entry stands in the log, and the one before it that the same writer has written. */
export interface EntrySource {
  /** Names one partition of one log; offsets of two logs never mix. */
  readonly source: string
  readonly offset: number
  /**
   * The store refuses the entry (REDIS_GAP) when it holds less of the source than this: it was emptied, or an entry before
   * was refused. -1 where nothing is known.
   */
  readonly previousOffset: number
}

/** One record of `fraud.alerts`. */
export interface AlertEntry extends EntrySource {
  readonly kind: 'alert'
  /** Whose keys it writes; null where it tells of no flagged account: then it enters the stream alone. */
  readonly account: string | null
  readonly eventTimeMs: number
  readonly fraudCount: number
  /** What the sender's key, the stream and the channel hold. */
  readonly json: string
}

/** One record of `fraud.actions`: once per (account, rule, episode), SPEC S9. */
export interface ActionEntry extends EntrySource {
  readonly kind: 'action'
  readonly account: string
  /** `<rule>:<episode>` */
  readonly field: string
  /** When it is history, epoch ms. */
  readonly endsMs: number
  readonly json: string
}

/** An ERASURE on `fraud.alerts` (SPEC B4): what was written of the account before it goes; what comes after it stays. */
export interface ErasureEntry extends EntrySource {
  readonly kind: 'erasure'
  readonly account: string
}

/** A record that the store learns no more of than that it went by: it was dead-lettered, or its account erased. */
export interface PassedEntry extends EntrySource {
  readonly kind: 'passed'
}

export type LiveEntry = AlertEntry | ActionEntry | ErasureEntry | PassedEntry

/** One entry of `fraud:stream`, as readers resume by its id. */
export interface StreamEntry {
  /** `<ms>-<n>`, rising. */
  readonly id: string
  readonly kind: 'alert' | 'action'
  readonly json: string
}

/** Errors are StreamsError: `retry` for the world, `stop` for what a person must set right. */
export interface AlertStore {
  /** Where entries came more are coming: so long they may gather, since a call costs more than what it carries. ms */
  readonly gatherMs: number
  /** The last offset written, by source. */
  positions(): Promise<ReadonlyMap<string, number>>
  /** Writes entries in order, each whole or not at all; after a rejection some may stand, and writing them again is safe. */
  write(entries: readonly LiveEntry[]): Promise<void>
  /** Removes accounts from the set whose alerts have expired. */
  sweep(): Promise<void>
  /** Flagged accounts whose alert has not expired; up to one sweep late. */
  accounts(): Promise<readonly string[]>
  /** The JSON of the account's newest alert, until 5 min after its event time. */
  alertOf(account: string): Promise<string | null>
  /** The newest alert's own fraud count, until 1 h after its event time. */
  countOf(account: string): Promise<number | null>
  /** By `<rule>:<episode>`. */
  actionsOf(account: string): Promise<Readonly<Record<string, string>>>
  /** At most `limit` entries of the stream past `id` ('0-0' is its beginning), oldest first. */
  entriesAfter(id: string, limit: number): Promise<readonly StreamEntry[]>
  /** Another text after each erasure, null before the first: who keeps anything of what was read looks again. */
  lastErasure(): Promise<string | null>
  /** Tells of each new alert from now on; who must not miss one reads the stream and takes this as a wake-up. */
  subscribe(listener: (json: string) => void): Promise<Subscription>
  close(): void
}

export interface Subscription {
  close(): void
}
