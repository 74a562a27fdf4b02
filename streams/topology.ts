import type { DISPOSITIONS } from './disposition.ts'
import type { Punctuation, PunctuationType } from './punctuation.ts'
import type { RecordBatchWriter } from './record/record-batch-writer.ts'
import type { RecordDraft } from './record-draft.ts'
import type { TaskStores } from './state/task-stores.ts'

/**
 * A processor: one step of one record. Pure and synchronous: it reads the record, writes the draft and the stores, and
 * knows no clock, no client and no other record. Setting `draft.disposition` ends the record's way.
 */
export type Stage<R, D, S> = (record: R, draft: D, stores: S) => void

/** Where something leaves the topology. `write` puts none, one or several records into the open batch of `topic`. */
export interface Sink<R, D, S> {
  readonly topic: string
  readonly write: (record: R, draft: D, stores: S, out: RecordBatchWriter) => void
}

/** A flyweight over one record's value; `wrap` answers 0 or one of `DecodeCode`. */
export interface ValueReader {
  wrap(buffer: Uint8Array, view: DataView, start: number, end: number): number
}

type SinkTable<R, D, S> = Partial<Record<(typeof DISPOSITIONS)[number], readonly Sink<R, D, S>[]>>

/**
 * One record type of the source. A stretch of records of one type is a *run*: every record is prepared, then every record
 * goes through the stages in offset order, then every record is written by the sinks of its disposition. So `prepare` must not
 * look at what the stages of the same type change. Between the three there is work for the whole run:
 * - `touch` only reads the state that the stages will need for the first `count` drafts, so that far memory is waited for once and not
 *   record by record (ADR 0058).
 * - `writing` makes what only outputs need and what is cheaper by the batch; a fold, which writes nothing, leaves it out.
 * - `written` ends the run, in a fold too.
 */
export interface RecordType<R extends ValueReader, D extends RecordDraft, S> {
  readonly name: string
  readonly schemaId: number
  readonly reader: () => R
  readonly draft: () => D
  readonly prepare: readonly Stage<R, D, S>[]
  readonly stages: readonly Stage<R, D, S>[]
  readonly sinks: SinkTable<R, D, S>
  readonly touch?: (drafts: readonly D[], count: number, stores: S) => void
  readonly writing?: (stores: S) => void
  readonly written?: (stores: S) => void
}

/** Why a value could not be read at all; the topology says which reason each is. */
export interface PoisonReasons {
  readonly nullValue: number
  readonly tooLarge: number
  readonly badMagic: number
  readonly unknownSchema: number
  /** Index = decode code of `ValueReader.wrap`. */
  readonly decode: readonly number[]
}

/** What a task needs to know of a chain of processors. */
export interface Topology<S extends TaskStores> {
  readonly name: string
  /** Raised by every change that could alter a decision; checkpoints of another version are refused. */
  readonly semanticsVersion: number
  readonly source: string
  readonly recordTypes: readonly AnyRecordType<S>[]
  readonly valueBytesMax: number
  readonly poison: PoisonReasons
  /** Takes what no record type could read. */
  readonly deadLetters: Sink<ValueReader, RecordDraft, S>
  readonly punctuations: readonly Punctuation<S>[]
  readonly createStores: (partition: number) => S
}

/** A record type whose reader and draft are its own business; the builder has checked that they fit together. */
export type AnyRecordType<S> = RecordType<ValueReader, RecordDraft, S>

/**
 * Begins a topology in the vocabulary of Kafka Streams; `build` checks that it is whole.
 *
 * @example topology('payments', 1).stores(...).source('payments.submitted').on({...}).deadLetters(...).build()
 */
export function topology<S extends TaskStores>(name: string, semanticsVersion: number): TopologyBuilder<S> {
  return new TopologyBuilder<S>(name, semanticsVersion)
}

class TopologyBuilder<S extends TaskStores> {
  private readonly name: string
  private readonly semanticsVersion: number
  private readonly recordTypes: AnyRecordType<S>[] = []
  private readonly punctuations: Punctuation<S>[] = []
  private sourceTopic: string | undefined
  private storesOf: ((partition: number) => S) | undefined
  private poisonPath: Pick<Topology<S>, 'poison' | 'deadLetters' | 'valueBytesMax'> | undefined

  constructor(name: string, semanticsVersion: number) {
    this.name = name
    this.semanticsVersion = semanticsVersion
  }

  /** The state of one partition. */
  stores(create: (partition: number) => S): this {
    this.storesOf = create
    return this
  }

  /** The topic whose partitions are the tasks. */
  source(topic: string): this {
    this.sourceTopic = topic
    return this
  }

  /** What happens to the records of one schema. */
  on<R extends ValueReader, D extends RecordDraft>(type: RecordType<R, D, S>): this {
    if (this.recordTypes.some(({ schemaId }) => schemaId === type.schemaId)) {
      throw new Error(`topology ${this.name}: two record types have schema id ${type.schemaId}`)
    }
    this.recordTypes.push(type as unknown as AnyRecordType<S>)
    return this
  }

  /** Where values go that nothing can read, and how large a value may be. */
  deadLetters(sink: Sink<ValueReader, RecordDraft, S>, poison: PoisonReasons, valueBytesMax: number): this {
    this.poisonPath = { deadLetters: sink, poison, valueBytesMax }
    return this
  }

  /** Work that is due by time: see `PunctuationType` for what each may do. */
  punctuate(type: PunctuationType, intervalMs: number, run: (stores: S, timeMs: number) => void): this {
    if (!(intervalMs >= 1)) throw new Error(`topology ${this.name}: a punctuation every ${intervalMs} ms`)
    this.punctuations.push({ type, intervalMs, run })
    return this
  }

  /** @throws Error naming the part that was not given. */
  build(): Topology<S> {
    const { name, semanticsVersion, sourceTopic, storesOf, poisonPath, recordTypes, punctuations } = this
    if (sourceTopic === undefined) throw new Error(`topology ${name} has no source`)
    if (storesOf === undefined) throw new Error(`topology ${name} has no stores`)
    if (poisonPath === undefined) throw new Error(`topology ${name} says nothing of dead letters`)
    if (recordTypes.length === 0) throw new Error(`topology ${name} has no record type`)
    const stores = { createStores: storesOf, punctuations }
    return { name, semanticsVersion, source: sourceTopic, recordTypes, ...stores, ...poisonPath }
  }
}
