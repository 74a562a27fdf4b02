import { FRAME_BYTES } from '../../schemas/avro/framing.ts'
import { ApiClaimReader } from '../../schemas/generated/api-claim.ts'
import { ClaimRefusalReader } from '../../schemas/generated/claim-refusal.ts'
import { DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { DuplicateReader } from '../../schemas/generated/duplicate.ts'
import type { DeadLetterReason } from '../../schemas/generated/enums.ts'
import { ResolutionReader } from '../../schemas/generated/resolution.ts'
import { TOPICS, type Topic } from '../../schemas/topics.ts'
import { firstAppendedSince } from '../../streams/log/first-appended.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import type { VisitRecord } from '../../streams/record/visit-batches.ts'
import { isClaimId, KEY_LIFE_MS } from './claim.ts'
import type { ClaimView } from './claim-view.ts'
import { type Followed, type FollowerEvents, LogFollower } from './log-follower.ts'
import type { ViewStore } from './view-store.ts'

/** What is read behind a view that is new: a day, and an hour for clocks and slow chains. */
const READ_BACK_MS = KEY_LIFE_MS + 3_600_000
/** Repeats and dead letters of the last moments: they may be read before the acknowledgement of their payment has come back. */
const DISPOSITIONS_MAX = 65_536
const EXPIRE_MS = 1_000

/** The registry's ids of the records that are followed. */
export interface FollowedSchemaIds {
  readonly claim: number
  readonly claimRefusal: number
  readonly decision: number
  readonly resolution: number
  readonly duplicate: number
  readonly deadLetter: number
}

/** What the chain made of an input record that has no decision. */
export type Undecided =
  | { readonly kind: 'repeat'; readonly firstDecisionId: string }
  | { readonly kind: 'refused'; readonly reason: DeadLetterReason }

export interface ReadBackOptions {
  readonly log: Log
  readonly schemaIds: FollowedSchemaIds
  readonly view: ClaimView
  readonly store: ViewStore
  readonly clock: { nowMs(): number; sleep(delayMs: number, signal: AbortSignal): Promise<void> }
  readonly events: FollowerEvents
}

/**
 * Reads back what is committed (SPEC C3): claims and decisions into the view, from where it stands on; repeats and dead letters from
 * now on, for those who wait for them.
 */
export class ReadBack {
  private readonly options: ReadBackOptions
  private readonly positions = new Map<string, number>()
  /** What is not applied yet of what was committed when the following began; null while nothing is followed. */
  private goals: Map<string, number> | null = null
  private readonly reaching = new Map<string, Set<{ readonly offset: number; readonly resolve: () => void }>>()
  private readonly undecided = new Map<string, Undecided>()
  private readonly asking = new Map<string, (undecided: Undecided) => void>()

  constructor(options: ReadBackOptions) {
    this.options = options
  }

  /** True once everything is applied that was committed when the following began, and until it ends. */
  get caughtUp(): boolean {
    if (this.goals === null) return false
    // Asked by every call: what was reached once need not be looked at again.
    for (const [name, goal] of this.goals) {
      if ((this.positions.get(name) ?? 0) < goal) return false
      this.goals.delete(name)
    }
    return true
  }

  /** Resolves once `signal` has asked for the end. @throws StreamsError what only a person can set right. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, clock, events } = this.options
    const goals = new Map<string, number>()
    const followed = await Promise.all([
      ...this.kept(TOPICS.apiClaims, this.claims(), goals),
      ...this.kept(TOPICS.paymentsDecided, this.decisions(), goals),
      ...this.passing(TOPICS.paymentsDuplicates, this.repeats()),
      ...this.passing(TOPICS.paymentsDlq, this.deadLetters()),
    ])
    this.goals = goals
    const over = new AbortController()
    const ending = AbortSignal.any([signal, over.signal])
    const end = () => {
      // Nothing new is seen from here on, so nothing new is taken either.
      this.goals = null
      over.abort()
    }
    const following = new LogFollower(log, clock, events).run(followed, ending)
    await Promise.all([following.finally(end), this.expire(ending).finally(end)])
  }

  /** Resolves when the partition's records up to `offset`, itself included, are applied. */
  reached({ topic, partition }: TopicPartition, offset: number): Promise<void> {
    const name = `${topic}-${partition}`
    if ((this.positions.get(name) ?? 0) > offset) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = this.reaching.get(name) ?? new Set()
      this.reaching.set(name, waiting)
      waiting.add({ offset, resolve })
    })
  }

  /** Resolves when everything is applied that the partition holds now. */
  async reachedEnd(at: TopicPartition): Promise<void> {
    const { endOffset } = await this.options.log.bounds(at)
    await this.reached(at, endOffset - 1)
  }

  /** Calls `told` when the input record at that place turns out to have no decision of its own; answers how to stop that. */
  ask(partition: number, offset: number, told: (undecided: Undecided) => void): () => void {
    const id = `${partition}-${offset}`
    const known = this.undecided.get(id)
    if (known !== undefined) {
      told(known)
      return () => {}
    }
    this.asking.set(id, told)
    return () => this.asking.delete(id)
  }

  /** Partitions that the view keeps: from its own place on, or from a day ago. */
  private kept(topic: Topic, visit: VisitRecord, goals: Map<string, number>): Promise<Followed>[] {
    const { log, store, clock } = this.options
    return partitionsOf(topic).map(async (at) => {
      const name = `${at.topic}-${at.partition}`
      const { startOffset, endOffset } = await log.bounds(at)
      const held = store.get<number>(`p:${name}`)
      const isHeld = held !== undefined && held >= startOffset && held <= endOffset
      const from = isHeld ? held : await firstAppendedSince(log, at, clock.nowMs() - READ_BACK_MS)
      goals.set(name, endOffset)
      this.moved(name, from)
      const moved = (offset: number) => {
        store.put(`p:${name}`, offset)
        this.moved(name, offset)
      }
      return { at, from, visit, moved }
    })
  }

  private passing(topic: Topic, visit: VisitRecord): Promise<Followed>[] {
    return partitionsOf(topic).map(async (at) => {
      const { endOffset: from } = await this.options.log.bounds(at)
      return { at, from, visit, moved: () => {} }
    })
  }

  private moved(name: string, offset: number): void {
    this.positions.set(name, offset)
    const waiting = this.reaching.get(name)
    if (waiting === undefined) return
    for (const one of waiting) {
      if (one.offset >= offset) continue
      waiting.delete(one)
      one.resolve()
    }
  }

  private claims(): VisitRecord {
    const { view, schemaIds } = this.options
    const claim = new ApiClaimReader()
    const refusal = new ClaimRefusalReader()
    return (record, bytes) => {
      if (wrapped(claim, schemaIds.claim, record, bytes)) {
        view.applyClaim(claim.toObject(), record.timestampMs)
      } else if (wrapped(refusal, schemaIds.claimRefusal, record, bytes)) {
        view.applyRefusal(refusal.claimId, refusal.reason, record.timestampMs)
      }
    }
  }

  private decisions(): VisitRecord {
    const { view, schemaIds } = this.options
    const decision = new DecisionReader()
    const resolution = new ResolutionReader()
    return (record, bytes) => {
      if (wrapped(decision, schemaIds.decision, record, bytes)) {
        const { idempotencyKey } = decision
        if (idempotencyKey === null || !isClaimId(idempotencyKey)) return
        const { decisionId, outcomeSymbol: outcome, fraudScore } = decision
        view.applyDecision(idempotencyKey, { decisionId, outcome, fraudScore }, record.timestampMs)
      } else if (wrapped(resolution, schemaIds.resolution, record, bytes)) {
        view.applyResolution(resolution.decisionId, resolution.outcomeSymbol, record.timestampMs)
      }
    }
  }

  private repeats(): VisitRecord {
    const reader = new DuplicateReader()
    return (record, bytes) => {
      if (!wrapped(reader, this.options.schemaIds.duplicate, record, bytes)) return
      const { inputPartition, inputOffset, firstOffset } = reader
      this.tell(`${inputPartition}-${inputOffset}`, {
        kind: 'repeat',
        firstDecisionId: `${inputPartition}-${firstOffset}`,
      })
    }
  }

  private deadLetters(): VisitRecord {
    const reader = new DeadLetterReader()
    return (record, bytes) => {
      if (!wrapped(reader, this.options.schemaIds.deadLetter, record, bytes)) return
      const { inputTopic, inputPartition, inputOffset, reasonSymbol: reason } = reader
      if (inputTopic !== TOPICS.paymentsSubmitted.name) return
      this.tell(`${inputPartition}-${inputOffset}`, { kind: 'refused', reason })
    }
  }

  private tell(id: string, undecided: Undecided): void {
    const asking = this.asking.get(id)
    this.asking.delete(id)
    if (asking !== undefined) asking(undecided)
    this.undecided.set(id, undecided)
    if (this.undecided.size <= DISPOSITIONS_MAX) return
    for (const oldest of this.undecided.keys()) {
      this.undecided.delete(oldest)
      break
    }
  }

  private async expire(signal: AbortSignal): Promise<void> {
    const { view, clock } = this.options
    while (!signal.aborted) {
      const more = await view.expire(clock.nowMs())
      await clock.sleep(more ? EXPIRE_MS / 10 : EXPIRE_MS, signal)
    }
  }
}

interface ValueReader {
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): number
}

/** Whether the record's value is of that schema; then the reader stands on it. Anything else is somebody else's. */
function wrapped(reader: ValueReader, schemaId: number, ...[record, view]: Parameters<VisitRecord>): boolean {
  const { bytes, valueAt, valueLength } = record
  if (valueLength < FRAME_BYTES || view.getInt32(valueAt + 1) !== schemaId) return false
  return reader.wrap(bytes, view, valueAt + FRAME_BYTES, valueAt + valueLength) === 0
}

function partitionsOf({ name: topic, partitions }: Topic): TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
}
