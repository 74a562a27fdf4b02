import type { StreamRecord } from './read-record.ts'
import type { StoreDeclaration } from './store.ts'
import { type AnyTopic, misuse, type Topic } from './topic.ts'

/** What a processor may do besides computing. Its functions hold for the record at hand and need no `this`. */
export interface ProcessorContext {
  /** One of the processor's declared stores: this partition's instance. */
  readonly store: <S>(declaration: StoreDeclaration<S>) => S
  /** Writes a record to one of the processor's `to` topics, in the partition of its key; a null key stays where it is. */
  readonly forward: <K, V>(topic: Topic<K, V>, key: NoInfer<K>, value: NoInfer<V>) => void
  /** The highest event time of this partition so far, this record's included. */
  readonly streamTimeMs: number
}

/**
 * One processor: what it reads, keeps and writes. Each partition of `from` is a task with its own stores.
 *
 * `process` must be synchronous and a pure function of the record and its stores: no clock, no chance, no client. The
 * state is recomputed from the log after a crash, and must come out the same. What it throws stops the task.
 */
export interface ProcessorSettings<K, V> {
  readonly from: Topic<K, V>
  readonly stores?: readonly StoreDeclaration<unknown>[]
  readonly to?: readonly AnyTopic[]
  /** The event time of a record, epoch ms. Left out: the time at which the log took it. */
  readonly eventTimeMs?: (record: { readonly key: K; readonly value: V }) => number
  readonly process: (record: StreamRecord<K, V>, context: ProcessorContext) => void
}

/** A processor whose kinds are its own business; the builder has checked that they fit together. */
export type AnyProcessor = Required<Omit<ProcessorSettings<unknown, unknown>, 'eventTimeMs'>> &
  Pick<ProcessorSettings<unknown, unknown>, 'eventTimeMs'>

/** A record that could not be read, by its coordinates: the record itself stays where it is. */
export interface DeadLetter {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly reason: string
}

/** What `topology` begins: a name, a version, processors. */
export class ProcessorTopology {
  readonly name: string
  readonly version: number
  readonly processors: AnyProcessor[] = []
  deadLetterTopic: Topic<Uint8Array | null, DeadLetter> | null = null

  constructor(name: string, version: number) {
    this.name = name
    this.version = version
  }

  /** Adds a processor. A topic is read by one processor; a store belongs to one. */
  processor<K, V>(settings: ProcessorSettings<K, V>): this {
    const { from, stores = [], to = [] } = settings
    if (this.processors.some((other) => other.from.name === from.name)) {
      throw misuse(`topology ${this.name}: two processors read ${from.name}`)
    }
    const names = stores.map((store) => store.name)
    const taken = names.find((name, at) => names.indexOf(name) !== at || this.storeNames.has(name))
    if (taken !== undefined) throw misuse(`topology ${this.name}: two stores are called ${taken}`)
    this.processors.push({ ...settings, stores, to } as unknown as AnyProcessor)
    return this
  }

  /** Where records go that cannot be read, by their coordinates. Without it such a record stops its task. */
  deadLetters(topic: Topic<Uint8Array | null, DeadLetter>): this {
    this.deadLetterTopic = topic
    return this
  }

  /** Every topic that is read or written, each once. @throws StreamsError MISUSE when one is declared in two ways. */
  get topics(): readonly AnyTopic[] {
    const byName = new Map<string, AnyTopic>()
    const dead = this.deadLetterTopic === null ? [] : [this.deadLetterTopic]
    for (const topic of [...this.processors.flatMap(({ from, to }) => [from, ...to]), ...dead]) {
      const known = byName.get(topic.name) ?? topic
      if (known !== topic) throw misuse(`topology ${this.name}: topic ${topic.name} is declared twice; share one`)
      byName.set(topic.name, topic)
    }
    return [...byName.values()]
  }

  /** Whether tasks write the topic, and not producers alone. */
  isWritten(topic: AnyTopic): boolean {
    return topic === this.deadLetterTopic || this.processors.some(({ to }) => to.includes(topic))
  }

  private get storeNames(): Set<string> {
    return new Set(this.processors.flatMap(({ stores }) => stores.map(({ name }) => name)))
  }
}

/** As a store's name: it stands in the names of files and transactions. */
const NAME = /^[A-Za-z0-9._-]{1,64}$/

/**
 * Begins a topology. `version` (a whole number) is raised with every change that could alter a result: checkpoints of another
 * version are refused, and the state is computed anew from the log.
 *
 * @example topology('word-count', 1).processor({ from: lines, to: [words], process: (record, context) => {} })
 */
export function topology(name: string, version: number): ProcessorTopology {
  if (!NAME.test(name)) throw misuse(`a topology's name has 1 to 64 of A-Z a-z 0-9 . _ -, and ${name} is none`)
  if (!Number.isInteger(version)) throw misuse(`topology ${name}: version ${version} is no whole number`)
  return new ProcessorTopology(name, version)
}
