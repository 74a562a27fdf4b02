import { DECIDED, DISPOSITIONS, PENDING } from '../disposition.ts'
import { invariant } from '../errors.ts'
import type { RecordDraft } from '../record-draft.ts'
import type { AnyRecordType, Sink, Stage, ValueReader } from '../topology.ts'
import type { Rewrite } from './schema-version.ts'
import type { TaskOutputs } from './task-outputs.ts'

/** Records of one run at most: their flyweights, and the code of one stage after the other, stay in the inner caches. */
const RUN_RECORDS_MAX = 128

/** What leaves for one topic, by the ordinal of a record's disposition. */
interface TopicSinks<S> {
  readonly topic: string
  readonly byDisposition: readonly (readonly Sink<ValueReader, RecordDraft, S>[])[]
}

interface Slot {
  readonly reader: ValueReader
  readonly draft: RecordDraft
}

/**
 * The slots of one record type, reused run after run by every task of the thread, and the three loops over them:
 * prepare, decide, write. Nothing here allocates once the pool has grown to the longest run.
 */
export class RunPool<S> {
  readonly type: AnyRecordType<S>
  /** What a value goes through before the type's reader takes it; null where it is read as it stands. */
  readonly rewrite: Rewrite | null
  private readonly slots: Slot[] = []
  /** Those of `slots`. */
  private readonly drafts: RecordDraft[] = []
  private readonly topics: readonly TopicSinks<S>[]
  private count = 0

  constructor(type: AnyRecordType<S>, rewrite: Rewrite | null = null) {
    this.type = type
    this.rewrite = rewrite
    const sinks = DISPOSITIONS.map((name) => type.sinks[name] ?? [])
    const topics = new Set(sinks.flat().map(({ topic }) => topic))
    this.topics = [...topics].map((topic) => ({
      topic,
      byDisposition: sinks.map((list) => list.filter((sink) => sink.topic === topic)),
    }))
  }

  get length(): number {
    return this.count
  }

  get full(): boolean {
    return this.count === RUN_RECORDS_MAX
  }

  /** The slot that the next record may take; `take` makes it part of the run. */
  next(): Slot {
    const slot = this.slots[this.count]
    if (slot !== undefined) return slot
    const grown = { reader: this.type.reader(), draft: this.type.draft() }
    grown.draft.schemaId = this.type.schemaId
    this.slots.push(grown)
    this.drafts.push(grown.draft)
    return grown
  }

  take(): void {
    this.count++
  }

  /** First loop. */
  prepare(stores: S): void {
    const { slots, count, type } = this
    for (const stage of type.prepare) {
      for (let i = 0; i < count; i++) {
        const { reader, draft } = slots[i] as Slot
        if (draft.disposition === PENDING) stage(reader, draft, stores)
      }
    }
    type.touch?.(this.drafts, count, stores)
  }

  /** Second loop, over one record; a stage that throws leaves the record without a disposition. */
  decide(index: number, stores: S): void {
    const { reader, draft } = this.slots[index] as Slot
    if (draft.disposition === PENDING) runStages(this.type.stages, reader, draft, stores)
    invariant(draft.disposition !== PENDING, `${this.type.name} left the stages without a disposition`, {
      partition: draft.partition,
      offset: draft.offset,
    })
  }

  /** Third loop, over the first `count` records of the run, a topic after the other: each in the order of the input. */
  write(count: number, stores: S, outputs: TaskOutputs): void {
    const { slots, topics, type } = this
    type.writing?.(stores)
    for (let i = 0; i < count; i++) {
      const { draft } = slots[i] as Slot
      outputs.counters.dispositions[draft.disposition]! += 1
      if (draft.disposition !== DECIDED) outputs.countReason(draft)
    }
    for (const { topic, byDisposition } of topics) {
      const writer = outputs.writer(topic)
      for (let i = 0; i < count; i++) {
        const { reader, draft } = slots[i] as Slot
        const list = byDisposition[draft.disposition] as readonly Sink<ValueReader, RecordDraft, S>[]
        for (let k = 0; k < list.length; k++) {
          const sink = list[k] as Sink<ValueReader, RecordDraft, S>
          sink.write(reader, draft, stores, writer)
        }
      }
    }
    type.written?.(stores)
  }

  draft(index: number): RecordDraft {
    return (this.slots[index] as Slot).draft
  }

  clear(): void {
    this.count = 0
  }
}

function runStages<S>(
  stages: readonly Stage<ValueReader, RecordDraft, S>[],
  reader: ValueReader,
  draft: RecordDraft,
  stores: S,
): void {
  for (let i = 0; i < stages.length && draft.disposition === PENDING; i++) {
    const stage = stages[i] as Stage<ValueReader, RecordDraft, S>
    stage(reader, draft, stores)
  }
}
