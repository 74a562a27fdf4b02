import type { Action } from '../../schemas/generated/enums.ts'
import type { HookDelivery } from '../../schemas/generated/hook-delivery.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { GroupOffsets, Log, TopicPartition } from '../../streams/log/log.ts'
import { EntryRoom } from '../entry-room.ts'
import { ActionProgress } from './action-progress.ts'
import { DeliveryDecoder } from './delivery-decoder.ts'
import { DeliveryLog } from './delivery-log.ts'
import type { Dispatcher, Waiting } from './dispatcher.ts'
import { ActionDecoder, type ActionPlace, actionAt, type HookAction } from './hook-action.ts'
import { failed, type HookTarget, type TryResult } from './hook-target.ts'
import { Standings } from './standings.ts'
import { WakeUp } from './wake-up.ts'

/** Actions of one hook in memory: waiting or under way. Past it nothing more is read for this hook. */
export const ACTIONS_HELD_MAX = 2_000
const FETCH_BYTES = 64 * 1024
const FETCH_WAIT_MS = 250
const UPKEEP_MS = 1_000
/** Brokers forget offsets that nobody renews for a week, and a hook without one would begin at the end. */
const RENEW_MS = 3_600_000
/** A timer cannot be longer. */
const SLEEP_MAX_MS = 3_600_000

/** What a hook reads from and writes to; the same for every session. */
export interface HookSources {
  readonly log: Log
  readonly group: GroupOffsets
  readonly schemaIds: { readonly action: number; readonly hookDelivery: number }
  readonly clock: { nowMs(): number; sleep(delayMs: number, signal: AbortSignal): Promise<void> }
}

/** What a session tells as it happens. */
export interface SessionEvents {
  /** What came before is known, and actions are being read. */
  readonly onLive: () => void
  /** One record of `hooks.deliveries` is written. */
  readonly onRecorded: (delivery: HookDelivery) => void
  /** A record of `fraud.actions` is no action. */
  readonly onMalformed: (at: TopicPartition, offset: number) => void
  /** Retention has taken records that the hook never had. */
  readonly onLost: (at: TopicPartition, offsets: number) => void
}

/** What a session works on. */
export interface SessionParts {
  readonly hook: string
  /** The actions that the hook is told. */
  readonly actions: readonly Action[]
  readonly target: HookTarget
  readonly dispatcher: Dispatcher
}

/** Brings actions from the log to one receiver, until it is asked to end or the log fails. */
export class HookSession {
  private readonly sources: HookSources
  private readonly parts: SessionParts
  private readonly events: SessionEvents
  private readonly room = new EntryRoom(ACTIONS_HELD_MAX)
  private readonly standings = new Standings()
  private readonly progress = new Map<number, ActionProgress>()
  /** The next record of each partition of `hooks.deliveries`. */
  private readonly followed = new Map<number, number>()
  /** From where on the group has them needed. */
  private readonly neededFrom = new Map<number, number>()
  private renewAtMs = 0
  private readonly deliveries: DeliveryLog
  private readonly actionDecoder: ActionDecoder
  private readonly underWay = new Set<Promise<void>>()
  private readonly wakeUp = new WakeUp()

  constructor(sources: HookSources, parts: SessionParts, events: SessionEvents) {
    this.sources = sources
    this.parts = parts
    this.events = events
    this.deliveries = new DeliveryLog(sources.log, sources.schemaIds.hookDelivery)
    this.actionDecoder = new ActionDecoder(sources.schemaIds.action)
  }

  /** Resolves once `signal` has asked for the end and what was under way is on record. @throws StreamsError */
  async run(signal: AbortSignal): Promise<void> {
    const broken = new AbortController()
    const ended = AbortSignal.any([signal, broken.signal])
    try {
      await Promise.all(ACTION_PARTITIONS.map((at) => this.begin(at)))
      await Promise.all(DELIVERY_PARTITIONS.map((at) => this.fold(at)))
      for (const [partition, { committed }] of this.progress) this.standings.release(partition, committed)
      this.events.onLive()
      const loops = [
        this.resume(),
        ...ACTION_PARTITIONS.map((at) => this.readActions(at, ended)),
        ...DELIVERY_PARTITIONS.map((at) => this.followReplays(at, ended)),
        this.dispatch(ended),
        this.keepUp(ended),
      ]
      // The first that fails ends the others, which are awaited all the same.
      for (const loop of loops) loop.catch(() => broken.abort())
      ended.addEventListener('abort', () => this.stopWaiting(), { once: true })
      if (ended.aborted) this.stopWaiting()
      const outcomes = await Promise.allSettled(loops)
      const failure = outcomes.find(({ status }) => status === 'rejected')
      if (failure?.status === 'rejected') throw failure.reason
      await this.commit()
    } finally {
      await this.deliveries.close()
    }
  }

  private stopWaiting(): void {
    this.room.close()
    this.wakeUp.wake()
  }

  private async begin(at: TopicPartition): Promise<void> {
    const { log, group } = this.sources
    const committed = await joinPartition(log, group, at)
    const { startOffset } = await log.bounds(at)
    if (committed < startOffset) this.events.onLost(at, startOffset - committed)
    this.progress.set(at.partition, new ActionProgress(Math.max(committed, startOffset)))
  }

  /** Learns from the records of former sessions what is open. */
  private async fold(at: TopicPartition): Promise<void> {
    const { log, group } = this.sources
    const { startOffset, endOffset } = await log.bounds(at)
    const committed = (await group.committed(at))?.offset ?? startOffset
    const from = Math.max(committed, startOffset)
    await this.readDeliveries(at, from, endOffset, new AbortController().signal, async (delivery, offset) => {
      this.standings.apply(delivery, { partition: at.partition, offset })
    })
    this.neededFrom.set(at.partition, committed)
    this.followed.set(at.partition, endOffset)
  }

  /** Hears of replays that are asked for from now on. */
  private followReplays(at: TopicPartition, ended: AbortSignal): Promise<void> {
    const { partition } = at
    const from = this.followed.get(partition) as number
    return this.readDeliveries(at, from, Number.POSITIVE_INFINITY, ended, async (delivery, offset) => {
      // All other records are of this session, which knows them.
      if (delivery.outcome !== 'REPLAY_ASKED') return
      this.standings.apply(delivery, { partition, offset })
      await this.goOn(delivery)
    })
  }

  /** Visits this hook's records of a partition in [`from`, `to`), until `ended`. */
  private async readDeliveries(
    at: TopicPartition,
    from: number,
    to: number,
    ended: AbortSignal,
    visit: (delivery: HookDelivery, offset: number) => Promise<void>,
  ): Promise<void> {
    const decoder = new DeliveryDecoder(this.sources.schemaIds.hookDelivery)
    const reader = this.sources.log.openReader(at, from)
    try {
      for (let position = from; position < to && !ended.aborted; ) {
        const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
        for (const { delivery, offset } of decoder.read(bytes, at, position, to)) {
          if (delivery.hook === this.parts.hook) await visit(delivery, offset)
        }
        position = nextOffset
        this.followed.set(at.partition, position)
      }
    } finally {
      reader.close()
    }
  }

  /** Takes up what former sessions have left open. */
  private async resume(): Promise<void> {
    for (const delivery of this.standings.open()) await this.goOn(delivery)
  }

  private async goOn(delivery: HookDelivery): Promise<void> {
    const { actionPartition: partition, actionOffset: offset, tries, nextTryAt } = delivery
    const action = await actionAt(this.sources.log, this.actionDecoder, { partition, offset })
    await this.room.take(1)
    const { actionId } = delivery
    if (action !== null) return this.add({ action, tries, dueMs: nextTryAt ?? this.sources.clock.nowMs() })
    const verdict = { outcome: 'DEAD', nextTryMs: null } as const
    await this.record({ actionId, partition, offset }, tries, failed('NO_LONGER_IN_LOG'), verdict, 0)
    this.room.free(1)
  }

  private async readActions(at: TopicPartition, ended: AbortSignal): Promise<void> {
    const progress = this.progress.get(at.partition) as ActionProgress
    const from = progress.committed
    const reader = this.sources.log.openReader(at, from)
    try {
      for (let position = from; !ended.aborted; ) {
        const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
        for (const read of this.actionDecoder.read(bytes, at, position, nextOffset)) {
          if (!this.isWanted(read, at)) continue
          await this.room.take(1)
          if (ended.aborted) return
          progress.await(read.offset)
          this.add({ action: read, tries: 0, dueMs: this.sources.clock.nowMs() })
        }
        progress.pass(nextOffset)
        position = nextOffset
      }
    } finally {
      reader.close()
    }
  }

  private isWanted(read: ReturnType<ActionDecoder['read']>[number], at: TopicPartition): read is HookAction {
    if (read.action === null) {
      this.events.onMalformed(at, read.offset)
      return false
    }
    return this.parts.actions.includes(read.action) && !this.standings.has(read)
  }

  private add(waiting: Waiting): void {
    this.parts.dispatcher.add(waiting)
    this.wakeUp.wake()
  }

  private async dispatch(ended: AbortSignal): Promise<void> {
    const { clock } = this.sources
    const { dispatcher } = this.parts
    let failure: unknown = null
    while (!ended.aborted && failure === null) {
      for (let next = dispatcher.take(clock.nowMs()); next !== null; next = dispatcher.take(clock.nowMs())) {
        const trying: Promise<void> = this.attempt(next)
          .catch((error: unknown) => {
            failure ??= error
          })
          .finally(() => {
            this.underWay.delete(trying)
            this.wakeUp.wake()
          })
        this.underWay.add(trying)
      }
      const delayMs = Math.min(Math.max(dispatcher.nextAtMs - clock.nowMs(), 0), SLEEP_MAX_MS)
      await this.wakeUp.sleep(clock, delayMs)
    }
    await Promise.all(this.underWay)
    if (failure !== null) throw failure
  }

  private async attempt(waiting: Waiting): Promise<void> {
    const { dispatcher, target } = this.parts
    const { clock } = this.sources
    const { action, tries } = waiting
    const begunMs = clock.nowMs()
    const result = await target.deliver(action)
    const verdict = dispatcher.judge(waiting, result, clock.nowMs())
    await this.record(action, tries + 1, result, verdict, clock.nowMs() - begunMs)
    // On record, it is this hook's to remember: the group's offset may pass it.
    this.progress.get(action.partition)?.settle(action.offset)
    if (verdict.outcome === 'FAILED') this.add({ action, tries: tries + 1, dueMs: verdict.nextTryMs })
    else this.room.free(1)
  }

  private async record(
    { actionId, partition, offset }: ActionPlace & { readonly actionId: string },
    tries: number,
    { status, detail }: TryResult,
    { outcome, nextTryMs }: ReturnType<Dispatcher['judge']>,
    latencyMs: number,
  ): Promise<void> {
    const delivery: HookDelivery = {
      hook: this.parts.hook,
      actionId,
      outcome,
      tries,
      status,
      detail,
      triedAt: this.sources.clock.nowMs() - latencyMs,
      latencyMs,
      nextTryAt: nextTryMs,
      actionPartition: partition,
      actionOffset: offset,
    }
    this.standings.apply(delivery, await this.deliveries.append(delivery))
    this.events.onRecorded(delivery)
  }

  private async keepUp(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await this.sources.clock.sleep(UPKEEP_MS, ended)
      if (!ended.aborted) await this.commit()
    }
  }

  /** First how far actions are settled, then which records are still needed: in this order a crash between loses nothing. */
  private async commit(): Promise<void> {
    const { group, clock } = this.sources
    const isAllDue = clock.nowMs() >= this.renewAtMs
    if (isAllDue) this.renewAtMs = clock.nowMs() + RENEW_MS
    for (const at of ACTION_PARTITIONS) {
      const progress = this.progress.get(at.partition) as ActionProgress
      const { settledTo } = progress
      if (settledTo !== progress.committed || isAllDue) await group.commit(at, { offset: settledTo, metadata: '' })
      progress.committed = settledTo
      this.standings.release(at.partition, settledTo)
    }
    for (const at of DELIVERY_PARTITIONS) {
      const neededFrom = this.standings.neededFrom(at.partition, this.followed.get(at.partition) as number)
      if (neededFrom === this.neededFrom.get(at.partition) && !isAllDue) continue
      await group.commit(at, { offset: neededFrom, metadata: '' })
      this.neededFrom.set(at.partition, neededFrom)
    }
  }
}

/** Makes a hook known to the log, which then keeps its place, also while it does not run: brokers for as long as they keep offsets of a group. */
export async function joinLog(log: Log, group: GroupOffsets): Promise<void> {
  await Promise.all(ACTION_PARTITIONS.map((at) => joinPartition(log, group, at)))
}

/** Where the hook stands. One that is new gets what comes from now on: actions of the past are not for it. */
async function joinPartition(log: Log, group: GroupOffsets, at: TopicPartition): Promise<number> {
  const committed = await group.committed(at)
  if (committed !== null) return committed.offset
  const { endOffset } = await log.bounds(at)
  await group.commit(at, { offset: endOffset, metadata: '' })
  return endOffset
}

function partitionsOf({ name: topic, partitions }: { readonly name: string; readonly partitions: number }) {
  return Array.from({ length: partitions }, (_, partition): TopicPartition => ({ topic, partition }))
}

export const ACTION_PARTITIONS: readonly TopicPartition[] = partitionsOf(TOPICS.fraudActions)
const DELIVERY_PARTITIONS: readonly TopicPartition[] = partitionsOf(TOPICS.hooksDeliveries)
