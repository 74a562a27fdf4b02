import { CONFLICT, CONTROL_REFUSED, DEAD_LETTER } from '../disposition.ts'
import type { OutputBatch } from '../log/log.ts'
import { RecordBatchWriter } from '../record/record-batch-writer.ts'
import type { EncodedHeaders } from '../record/record-headers.ts'
import type { RecordDraft } from '../record-draft.ts'
import { TaskCounters } from './task-counters.ts'

/** A topic's first buffer; it doubles when it must. Most topics of a task see few records, and there are many tasks. */
const FIRST_BYTES = 1 << 16

/** What one transaction of a task writes: an open batch a topic, and the counts that go with it. */
export class TaskOutputs {
  readonly counters: TaskCounters = new TaskCounters()
  private readonly partition: number
  private readonly writers = new Map<string, RecordBatchWriter>()
  /** Open batches of topics that the task writes to by key, by output partition. */
  private readonly spread = new Map<string, Map<number, RecordBatchWriter>>()
  private headers: EncodedHeaders | null = null

  constructor(partition: number) {
    this.partition = partition
  }

  /** The open batch of a topic. A task writes to the output partition of its own number. */
  writer(topic: string): RecordBatchWriter {
    const writer = this.writers.get(topic)
    if (writer !== undefined) return writer
    const opened = this.openWriter()
    this.writers.set(topic, opened)
    return opened
  }

  /** The open batch of any output partition: for records that change their key. */
  writerOf(topic: string, partition: number): RecordBatchWriter {
    let partitions = this.spread.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.spread.set(topic, partitions)
    }
    const writer = partitions.get(partition)
    if (writer !== undefined) return writer
    const opened = this.openWriter()
    partitions.set(partition, opened)
    return opened
  }

  private openWriter(): RecordBatchWriter {
    const opened = new RecordBatchWriter(FIRST_BYTES)
    opened.headers = this.headers
    return opened
  }

  /** Forgets the former transaction's bytes and counts. `headers` go behind every record until the next `open`. */
  open(headers: EncodedHeaders): void {
    for (const { writer } of this.placed()) {
      writer.open()
      writer.headers = headers
    }
    this.headers = headers
    this.counters.dispositions.fill(0)
    this.counters.deadLetters.fill(0)
    this.counters.produced.clear()
  }

  /** Counts the reason of a record that is dead-lettered; any other keeps that of an earlier record in its slot. */
  countReason({ disposition, reason }: RecordDraft): void {
    const refused = disposition === DEAD_LETTER || disposition === CONFLICT || disposition === CONTROL_REFUSED
    if (refused) this.counters.deadLetters[reason]! += 1
  }

  /** Closes every batch; the bytes stay until the next `open`. */
  finish(): OutputBatch[] {
    const { produced } = this.counters
    const batches: OutputBatch[] = []
    for (const { topic, partition, writer } of this.placed()) {
      for (const { bytes, recordCount } of writer.finish()) {
        batches.push({ topic, partition, bytes, recordCount })
        produced.set(topic, (produced.get(topic) ?? 0) + recordCount)
      }
    }
    return batches
  }

  private *placed(): Generator<{ topic: string; partition: number; writer: RecordBatchWriter }> {
    for (const [topic, writer] of this.writers) yield { topic, partition: this.partition, writer }
    for (const [topic, partitions] of this.spread) {
      for (const [partition, writer] of partitions) yield { topic, partition, writer }
    }
  }
}
