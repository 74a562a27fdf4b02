import { setTimeout as sleep } from 'node:timers/promises'
import {
  bufferTime,
  concatMap,
  exhaustMap,
  filter,
  interval,
  lastValueFrom,
  merge,
  Observable,
  Subject,
  takeUntil,
  tap,
} from 'rxjs'
import { TOPICS } from '../schemas/topics.ts'
import { StreamsError } from '../streams/errors.ts'
import type { GroupOffsets, Log, TopicPartition } from '../streams/log/log.ts'
import type { AlertStore } from './alert-store.ts'
import type { DeadLetters } from './dead-letters.ts'
import { EntryDecoder, type EntrySchemaIds, type ReadEntry } from './entry-decoder.ts'
import { EntryRoom } from './entry-room.ts'
import { type ErasedAccounts, erasedBetween, NOBODY_ERASED } from './erased-accounts.ts'
import { resume } from './resume.ts'

/** Entries between log and store; past it nothing is fetched. */
const ENTRIES_MAX = 4_000
/** A group goes to the store when it holds so many fetches, or is so old. */
const GROUP_FETCHES_MAX = 8
const GROUP_MS = 5
const FETCH_BYTES = 64 * 1024
const FETCH_WAIT_MS = 250
const UPKEEP_MS = 1_000

/** What alerts are read from and told to; the same for every session. */
export interface AlertSources {
  readonly log: Log
  /** Tells this log from every other: a store may outlive a log. */
  readonly logId: string
  readonly group: GroupOffsets
  readonly schemaIds: EntrySchemaIds
  readonly deadLetters: DeadLetters
  readonly clock: { nowMs(): number }
}

/** What a session tells as it happens. */
export interface SessionEvents {
  /** The store has answered. */
  readonly onAnswered: () => void
  /** A group is written, within so many ms. */
  readonly onWritten: (group: readonly ReadEntry[], latencyMs: number) => void
  /** Retention has taken records that the store never had. */
  readonly onLost: (at: TopicPartition, offsets: number) => void
}

/** One partition under way: everything before `handed` is on its way, the store has everything before `next`, the group's offset stands at `committed`. */
interface Progress {
  readonly at: TopicPartition
  readonly source: string
  readonly from: number
  readonly decoder: EntryDecoder
  handed: number
  onHanded: () => void
  held: number
  next: number
  committed: number
}

/** Carries entries from the log to one open store, until it is asked to end or something fails. */
export class AlertSession {
  private readonly sources: AlertSources
  private readonly store: AlertStore
  private readonly events: SessionEvents
  private readonly room = new EntryRoom(ENTRIES_MAX)
  private readonly progress = new Map<string, Progress>()
  private gathering: Promise<void> | null = null

  constructor(sources: AlertSources, store: AlertStore, events: SessionEvents) {
    this.sources = sources
    this.store = store
    this.events = events
  }

  /** Entries that are fetched and not yet written. */
  get buffered(): number {
    return this.room.taken
  }

  /** Resolves after a drain that `signal` has asked for. @throws StreamsError */
  async run(signal: AbortSignal): Promise<void> {
    // A write before all else: a store that can be read only is not live.
    await this.store.sweep()
    const positions = await this.store.positions()
    const alerts = await Promise.all(ALERTS.map((at) => this.begin(at, positions, signal)))
    // Behind the alerts, of which they must know where they begin.
    const actions = await Promise.all(ACTIONS.map((at) => this.begin(at, positions, signal)))
    const tails = [...alerts, ...actions].map((progress) => this.entriesOf(progress, signal))
    this.events.onAnswered()
    const drained = new Subject<void>()
    const writes = merge(...tails).pipe(
      bufferTime(GROUP_MS, null, GROUP_FETCHES_MAX),
      filter((group) => group.length > 0),
      concatMap((group) => this.write(group.flat())),
      tap({ complete: () => drained.next() }),
    )
    const upkeep = interval(UPKEEP_MS).pipe(
      takeUntil(drained),
      exhaustMap(() => this.keepUp()),
    )
    // Upkeep first: a drain that was asked for already is over before anything that comes after it has begun.
    await lastValueFrom(merge(upkeep, writes), { defaultValue: undefined })
    await this.commit()
  }

  private async begin(
    at: TopicPartition,
    positions: ReadonlyMap<string, number>,
    signal: AbortSignal,
  ): Promise<Progress> {
    const { log, group, schemaIds, clock } = this.sources
    const source = this.sourceOf(at)
    const { offset, previousOffset, lostOffsets } = await resume(log, group, at, positions.get(source), clock.nowMs())
    if (lostOffsets > 0) this.events.onLost(at, lostOffsets)
    const readsAgain = at.topic === TOPICS.fraudActions.name && previousOffset === -1
    const erased = readsAgain ? await this.erasedBefore(at.partition, offset, signal) : NOBODY_ERASED
    const decoder = new EntryDecoder(at, source, schemaIds, previousOffset, erased)
    const begun = { handed: offset, onHanded: () => {}, held: previousOffset, next: offset, committed: offset }
    const progress: Progress = { at, source, from: offset, decoder, ...begun }
    this.progress.set(source, progress)
    return progress
  }

  private erasedBefore(partition: number, actions: number, signal: AbortSignal): Promise<ErasedAccounts> {
    const { log, schemaIds } = this.sources
    const { from: alerts } = this.progress.get(this.sourceOf({ topic: TOPICS.fraudAlerts.name, partition }))!
    return erasedBetween(log, { partition, actions, alerts }, schemaIds.alert, signal)
  }

  private sourceOf({ topic, partition }: TopicPartition): string {
    return `${this.sources.logId}/${topic}-${partition}`
  }

  private entriesOf(progress: Progress, signal: AbortSignal): Observable<readonly ReadEntry[]> {
    const { at, from, decoder } = progress
    return new Observable((subscriber) => {
      const reader = this.sources.log.openReader(at, from)
      subscriber.add(() => {
        reader.close()
        this.room.close()
        progress.onHanded()
      })
      const isOver = () => signal.aborted || subscriber.closed
      const follow = async () => {
        for (let position = from; !isOver(); ) {
          const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
          const entries = decoder.read(bytes, position)
          position = nextOffset
          for (const stretch of beforeErasures(entries)) {
            if (stretch[0]!.entry.kind === 'erasure') {
              await this.handActionsBefore(at.partition, isOver)
              // It was not handed on, nor what is behind it: they come again.
              if (isOver()) break
            }
            // Only now: with room in hand it would wait for actions that need some of it.
            await this.room.take(stretch.length)
            subscriber.next(stretch)
          }
          progress.handed = position
          progress.onHanded()
          if (entries.length > 0 && this.store.gatherMs > 0) await this.gather()
        }
        subscriber.complete()
      }
      follow().catch((error: unknown) => subscriber.error(error))
    })
  }

  /** One pause for all partitions, so that what they have got by its end is read in one go. */
  private gather(): Promise<void> {
    this.gathering ??= sleep(this.store.gatherMs).then(() => {
      this.gathering = null
    })
    return this.gathering
  }

  /**
   * Actions stand in a topic of their own, and those of before an erasure must be forgotten by it too: they were committed before it or
   * with it, so they are there by now.
   */
  private async handActionsBefore(partition: number, isOver: () => boolean): Promise<void> {
    const at = { topic: TOPICS.fraudActions.name, partition }
    const actions = this.progress.get(this.sourceOf(at))!
    const { endOffset } = await this.sources.log.bounds(at)
    while (actions.handed < endOffset && !isOver()) {
      await new Promise<void>((resolve) => {
        actions.onHanded = resolve
      })
    }
  }

  private async write(group: readonly ReadEntry[]): Promise<void> {
    const { deadLetters, clock } = this.sources
    const malformed = group.flatMap((read) => read.malformed ?? [])
    if (malformed.length > 0) await deadLetters.append(malformed)
    const begunMs = clock.nowMs()
    await this.store.write(group.map(({ entry }) => entry))
    for (const { entry } of group) {
      const progress = this.progress.get(entry.source)!
      progress.held = entry.offset
      progress.next = entry.offset + 1
    }
    this.room.free(group.length)
    this.events.onWritten(group, clock.nowMs() - begunMs)
  }

  /** Asks the store even when nothing is to be written, so that its state is known and an emptied one noticed. */
  private async keepUp(): Promise<void> {
    await this.store.sweep()
    const before = [...this.progress.values()].map(({ source, held }) => ({ source, held }))
    const positions = await this.store.positions()
    const lost = before.find(({ source, held }) => (positions.get(source) ?? -1) < held)
    if (lost !== undefined) {
      const what = `the alert store has lost what was written of ${lost.source}; what can still be live is written again`
      throw new StreamsError('ALERTS_LOST', 'retry', what)
    }
    this.events.onAnswered()
    await this.commit()
  }

  /** All at once: so the log syncs them together. */
  private async commit(): Promise<void> {
    const moved = [...this.progress.values()].filter(({ next, committed }) => next !== committed)
    await Promise.all(
      moved.map(async (progress) => {
        const { at, next } = progress
        await this.sources.group.commit(at, { offset: next, metadata: '' })
        progress.committed = next
      }),
    )
  }
}

/** The entries in stretches, each erasure at the beginning of one. */
function beforeErasures(entries: readonly ReadEntry[]): readonly (readonly ReadEntry[])[] {
  const starts = entries.flatMap(({ entry }, index) => (index === 0 || entry.kind === 'erasure' ? [index] : []))
  return starts.map((start, index) => entries.slice(start, starts[index + 1]))
}

const ALERTS = partitionsOf(TOPICS.fraudAlerts)
const ACTIONS = partitionsOf(TOPICS.fraudActions)

function partitionsOf({ name: topic, partitions }: (typeof TOPICS)[keyof typeof TOPICS]): readonly TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
}
