import { DEAD_LETTER, DECIDED } from '../disposition.ts'
import { StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import { putRecord } from '../record/put-record.ts'
import { RecordBatchReader } from '../record/record-batch-reader.ts'
import type { TaskOutputs } from '../task/task-outputs.ts'
import type { Progress, TaskProcessor, TaskTopology } from '../task/task-processor.ts'
import { PlainStores } from './plain-stores.ts'
import type { AnyProcessor, DeadLetter, ProcessorContext } from './processor-topology.ts'
import { messageOf, readRecord, type StreamRecord } from './read-record.ts'
import { type AnyTopic, misuse, partitionOfKey, type Topic } from './topic.ts'

type DeadLetterTopic = Topic<Uint8Array | null, DeadLetter>

/** One call of `process`: `outputs` is null while folding. */
interface Pass {
  readonly stores: PlainStores
  readonly outputs: TaskOutputs | null
  readonly at: TopicPartition
  readonly context: ProcessorContext
  /** False once the call is over: a processor that kept the context must not write into another one's transaction. */
  open: boolean
}

/**
 * Runs one processor of a `ProcessorTopology` over fetched batches, record by record: reads key and value into objects,
 * moves stream time, calls `process`, and encodes what it forwards straight into output batches.
 */
export class PlainProcessor implements TaskProcessor<PlainStores> {
  readonly topology: TaskTopology<PlainStores>
  private readonly processor: AnyProcessor
  private readonly deadLetters: DeadLetterTopic | null
  private readonly batch = new RecordBatchReader()

  constructor(processor: AnyProcessor, deadLetters: DeadLetterTopic | null) {
    this.processor = processor
    this.deadLetters = deadLetters
    const createStores = () => new PlainStores(processor.stores)
    this.topology = { source: processor.from.name, punctuations: [], createStores }
  }

  /**
   * @throws StreamsError (stop) when the bytes are no batches, when `process` throws or a store is at its bound, and for a
   * record that cannot be read where there is no topic for dead letters. Nothing of the pass is kept then.
   */
  process(
    stores: PlainStores,
    outputs: TaskOutputs | null,
    at: TopicPartition,
    bytes: Uint8Array,
    position: number,
    limit: number,
  ): Progress {
    const pass = this.openPass(stores, outputs, at)
    try {
      return this.run(pass, bytes, position, limit)
    } finally {
      pass.open = false
    }
  }

  private run(pass: Pass, bytes: Uint8Array, position: number, limit: number): Progress {
    const { batch } = this
    const { at } = pass
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let next = position
    let records = 0
    for (let from = 0; from < bytes.length && next < limit; from = batch.end) {
      const status = batch.open(bytes, view, from, bytes.length)
      if (status !== 'ok' && status !== 'control') throw corrupt(status, at, next)
      while (batch.next() && batch.offset < limit) {
        if (batch.offset < position) continue
        this.take(pass)
        records++
      }
      if (batch.malformed) throw corrupt('malformed', at, next)
      next = Math.max(next, Math.min(batch.nextOffset, limit))
    }
    return { nextOffset: next, records, blockedBy: null, awaits: null }
  }

  private take(pass: Pass): void {
    const place = { ...pass.at, offset: this.batch.offset }
    let record: StreamRecord<unknown, unknown>
    try {
      record = this.read(pass.at.partition)
    } catch (cause) {
      this.refuse(pass, place, messageOf(cause))
      return
    }
    pass.stores.streamTime.advance(record.timestampMs)
    try {
      const answer: unknown = this.processor.process(record, pass.context)
      if (answer instanceof Promise) throw misuse('`process` answered a promise, and must be synchronous')
    } catch (cause) {
      throw stopped(cause, place)
    }
    count(pass.outputs, DECIDED)
  }

  /** The record under the cursor, at its event time. Throws what its serdes and `eventTimeMs` throw. */
  private read(partition: number): StreamRecord<unknown, unknown> {
    const { batch, processor } = this
    const record = readRecord(batch, processor.from, partition)
    const timestampMs = processor.eventTimeMs?.(record) ?? record.timestampMs
    if (!(Number.isFinite(timestampMs) && timestampMs >= 0)) throw new Error(`its event time is ${timestampMs}`)
    return { ...record, timestampMs }
  }

  private openPass(stores: PlainStores, outputs: TaskOutputs | null, at: TopicPartition): Pass {
    const { batch, processor } = this
    const context: ProcessorContext = {
      store: (declaration) => stores.handle(declaration),
      forward: (topic, key, value) => {
        if (!pass.open) throw misuse('`forward` was called after `process` had returned')
        if (!processor.to.includes(topic)) throw misuse(`${topic.name} is not among the processor's \`to\` topics`)
        if (outputs === null) return
        write(outputs, topic, topic.key.encode(key), topic.value.encode(value), batch.timestampMs, at)
      },
      get streamTimeMs() {
        return stores.streamTimeMs
      },
    }
    const pass: Pass = { stores, outputs, at, context, open: true }
    return pass
  }

  private refuse({ outputs, at }: Pass, place: TopicPartition & { readonly offset: number }, reason: string): void {
    const { deadLetters, batch } = this
    if (deadLetters === null) {
      const what = `a record cannot be read: ${reason}; declare deadLetters to go on without such records`
      throw new StreamsError('UNREADABLE_RECORD', 'stop', what, place)
    }
    count(outputs, DEAD_LETTER)
    if (outputs === null) return
    const key = batch.keyLength < 0 ? null : batch.bytes.slice(batch.keyAt, batch.keyAt + batch.keyLength)
    const { topic, partition, offset } = place
    const letter = deadLetters.value.encode({ topic, partition, offset, reason })
    write(outputs, deadLetters, deadLetters.key.encode(key), letter, batch.timestampMs, at)
  }
}

/** Puts one record into the open batch of its partition. */
function write(
  outputs: TaskOutputs,
  topic: AnyTopic,
  key: Uint8Array | null,
  value: Uint8Array | null,
  timestampMs: number,
  at: TopicPartition,
): void {
  putRecord(outputs.writerOf(topic.name, partitionOfKey(topic, key, at.partition)), timestampMs, key, value)
}

function count(outputs: TaskOutputs | null, disposition: number): void {
  if (outputs !== null) outputs.counters.dispositions[disposition]! += 1
}

/** What a processor threw, with the place of the record. */
function stopped(cause: unknown, place: TopicPartition & { readonly offset: number }): StreamsError {
  if (cause instanceof StreamsError) return new StreamsError(cause.code, 'stop', cause.message, place, cause)
  const what = `the processor threw: ${messageOf(cause)}; nothing of this record is stored, correct it and start again`
  return new StreamsError('PROCESSOR_THREW', 'stop', what, place, cause)
}

function corrupt(status: string, { topic, partition }: TopicPartition, offset: number): StreamsError {
  const what = `the log returned a record batch that is ${status}; the partition stops here, restore the log's files`
  return new StreamsError('CORRUPT_BATCH', 'stop', what, { topic, partition, offset })
}
