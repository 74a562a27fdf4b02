import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import type { ErrorPlace } from '../../streams/errors.ts'
import { ValueStore } from '../../streams/state/value-store.ts'
import { NO_ENTRY, WindowStore } from '../../streams/state/window-store.ts'
import type { EndedDecisions } from './ended-decisions.ts'

/** Kinds of decisions that wait for an end. */
export const CHALLENGE = 0
export const REVIEW = 1

/** SPEC S8: the bound of each kind. Ended ones count until every one of a lower limit has ended too. */
const PENDING_MAX = 65_536

const OFFSET = 0
const TRANSACTION_ID_BYTES = 0
const ENDED = 1
const IDS_BYTES_MAX = 128
const NO_IDS = new Uint8Array(IDS_BYTES_MAX)

/**
 * The challenges and reviews of a partition that wait for their end, each kind in the order of its limits, equal ones in that of their
 * decisions. Limits count from stream time, so the newest decision has the highest limit unless a rule set has shortened them.
 */
export class PendingDecisions {
  readonly entries: WindowStore
  /** Heads of the two lists. */
  readonly heads: readonly ValueStore<number>[] = [new ValueStore(NO_ENTRY), new ValueStore(NO_ENTRY)]

  constructor(place: ErrorPlace) {
    this.entries = new WindowStore({
      name: 'pending',
      doubles: 1,
      ints: 1,
      idBytesMax: IDS_BYTES_MAX,
      maxRows: 2 * PENDING_MAX + 2,
      setting: 'pending decisions',
      place,
    })
  }

  isFull(kind: number): boolean {
    return this.entries.length(this.head(kind)) >= PENDING_MAX
  }

  add(kind: number, payment: PaymentSubmittedReader, offset: number, limitMs: number): void {
    const { entries } = this
    const head = this.head(kind)
    const entry = entries.insert(head, limitMs)
    entries.setDouble(entry, OFFSET, offset)
    entries.setInt(entry, TRANSACTION_ID_BYTES, payment.transactionIdLength)
    // Both ids in one: account ids follow transaction ids with nothing between them but their lengths.
    const ids = this.ids
    const idLength = payment.transactionIdLength
    const senderLength = payment.senderAccountIdLength
    for (let i = 0; i < idLength; i++) ids[i] = payment.buffer[payment.transactionIdAt + i]!
    for (let i = 0; i < senderLength; i++) ids[idLength + i] = payment.buffer[payment.senderAccountIdAt + i]!
    entries.setId(entry, ids, 0, idLength + senderLength)
    this.setHead(kind, entries.headAfter(head, entry))
  }

  /** Limit of the oldest that still waits; positive infinity when none does. Ended ones before it are let go. */
  oldestLimitMs(kind: number): number {
    const { entries } = this
    for (;;) {
      const oldest = entries.oldest(this.head(kind))
      if (oldest === NO_ENTRY) return Number.POSITIVE_INFINITY
      if (entries.flags(oldest) !== ENDED) return entries.timeMs(oldest)
      this.dropOldest(kind)
    }
  }

  /** Ends the oldest of a kind that is not empty. */
  endOldest(kind: number, outcome: number, ended: EndedDecisions): void {
    const { entries } = this
    const oldest = entries.oldest(this.head(kind))
    if (entries.flags(oldest) !== ENDED) this.report(oldest, outcome, ended)
    this.dropOldest(kind)
  }

  /** The entry of the decision made at this input offset, or NO_ENTRY when it does not wait (any more). */
  find(kind: number, offset: number): number {
    const { entries } = this
    for (let entry = this.head(kind); entry !== NO_ENTRY; entry = entries.older(entry)) {
      if (entries.double(entry, OFFSET) === offset) return entries.flags(entry) === ENDED ? NO_ENTRY : entry
    }
    return NO_ENTRY
  }

  /** Copies the sender's id of an entry to `out`; returns its length. */
  copySender(entry: number, out: Uint8Array, at: number): number {
    const { entries } = this
    const from = entries.idStart(entry) + entries.int(entry, TRANSACTION_ID_BYTES)
    const to = entries.idStart(entry) + entries.idLength(entry)
    out.set(entries.idSource(entry).subarray(from, to), at)
    return to - from
  }

  /** Ends one that `find` found. */
  end(entry: number, outcome: number, ended: EndedDecisions): void {
    this.report(entry, outcome, ended)
    this.entries.setFlags(entry, ENDED)
  }

  /**
   * Ends every one of the sender whose id of `length` bytes stands at `at`, in the order of their limits, and wipes the ids of those that
   * have ended before and still count.
   */
  endAllOf(sender: Uint8Array, at: number, length: number, outcome: number, ended: EndedDecisions): void {
    const { entries } = this
    for (let kind = CHALLENGE; kind <= REVIEW; kind++) {
      const head = this.head(kind)
      for (let entry = entries.oldest(head); entry !== NO_ENTRY; entry = entries.newer(head, entry)) {
        if (!this.isOf(entry, sender, at, length)) continue
        if (entries.flags(entry) !== ENDED) this.end(entry, outcome, ended)
        entries.setId(entry, NO_IDS, 0, IDS_BYTES_MAX)
      }
    }
  }

  private isOf(entry: number, sender: Uint8Array, at: number, length: number): boolean {
    const { entries } = this
    const idLength = entries.int(entry, TRANSACTION_ID_BYTES)
    if (entries.idLength(entry) - idLength !== length) return false
    const source = entries.idSource(entry)
    const from = entries.idStart(entry) + idLength
    for (let i = 0; i < length; i++) if (source[from + i] !== sender[at + i]) return false
    return true
  }

  private readonly ids = new Uint8Array(IDS_BYTES_MAX)

  private report(entry: number, outcome: number, ended: EndedDecisions): void {
    const { entries } = this
    const idLength = entries.int(entry, TRANSACTION_ID_BYTES)
    ended.add(
      entries.double(entry, OFFSET),
      outcome,
      entries.idSource(entry),
      entries.idStart(entry),
      idLength,
      entries.idLength(entry) - idLength,
    )
  }

  private head(kind: number): number {
    return (this.heads[kind] as ValueStore<number>).get()
  }

  private setHead(kind: number, head: number): void {
    ;(this.heads[kind] as ValueStore<number>).set(head)
  }

  private dropOldest(kind: number): void {
    this.setHead(kind, this.entries.dropOldest(this.head(kind)))
  }
}
