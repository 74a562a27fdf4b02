import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { AlertReader } from '../../schemas/generated/alert.ts'
import { DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { DuplicateReader } from '../../schemas/generated/duplicate.ts'
import { FraudActionReader } from '../../schemas/generated/fraud-action.ts'
import { ResolutionReader } from '../../schemas/generated/resolution.ts'
import { type ShadowVerdict, ShadowVerdictReader } from '../../schemas/generated/shadow-verdict.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import type { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'

/** What any output record says of the input record that it is about. */
interface OutputReader {
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): number
  readonly inputPartition: number
  readonly inputOffset: number
}

/** Reads output records by their schema ids. One instance serves record after record. */
export class OutputValues {
  private readonly readers: ReadonlyMap<number, OutputReader>
  private readonly decision = new DecisionReader()
  private readonly deadLetter = new DeadLetterReader()
  private readonly resolution = new ResolutionReader()
  private readonly shadowVerdict = new ShadowVerdictReader()
  private readonly ids: SchemaIds

  constructor(ids: SchemaIds) {
    this.ids = ids
    this.readers = new Map<number, OutputReader>([
      [ids.decision, this.decision],
      [ids.deadLetter, this.deadLetter],
      [ids.resolution, this.resolution],
      [ids.alert, new AlertReader()],
      [ids.action, new FraudActionReader()],
      [ids.duplicate, new DuplicateReader()],
      [ids.shadowVerdict, this.shadowVerdict],
    ])
  }

  /** The input offset that an output value is about, or null when it is none of ours. */
  inputOffsetOf(value: Uint8Array | null): number | null {
    if (value === null) return null
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    return this.wrap(value, view, 0, value.length)?.inputOffset ?? null
  }

  /** The offset of `input` that an output record is about; -1 when it is about none. A sink's dead letters are about other topics. */
  inputOffsetIn(record: RecordBatchReader, view: DataView, { topic, partition }: TopicPartition): number {
    const reader = this.wrap(record.bytes, view, record.valueAt, record.valueAt + record.valueLength)
    if (reader === null || reader.inputPartition !== partition) return -1
    if (reader === this.deadLetter && this.deadLetter.inputTopic !== topic) return -1
    return reader.inputOffset
  }

  /** What signals in shadow would have done, or null when the value is of another kind. */
  shadowVerdictIn(value: Uint8Array): ShadowVerdict | null {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    return this.wrap(value, view, 0, value.length) === this.shadowVerdict ? this.shadowVerdict.toObject() : null
  }

  private wrap(bytes: Uint8Array, view: DataView, at: number, end: number): OutputReader | null {
    if (end - at < FRAME_BYTES) return null
    const reader = this.readers.get(readFrame(view, at, end))
    if (reader === undefined || reader.wrap(bytes, view, at + FRAME_BYTES, end) !== 0) return null
    return reader
  }

  /** The decision, or null when the record is none. */
  decisionOf(record: RecordBatchReader, view: DataView): DecisionReader | null {
    if (!this.is(record, view, this.ids.decision)) return null
    return this.wrap(record.bytes, view, record.valueAt, record.valueAt + record.valueLength) === this.decision
      ? this.decision
      : null
  }

  /** The dead letter, or null when the record is none. */
  deadLetterOf(record: RecordBatchReader, view: DataView): DeadLetterReader | null {
    if (!this.is(record, view, this.ids.deadLetter)) return null
    return this.wrap(record.bytes, view, record.valueAt, record.valueAt + record.valueLength) === this.deadLetter
      ? this.deadLetter
      : null
  }

  /** The end of a challenge or a review, or null when the record is none. */
  resolutionOf(record: RecordBatchReader, view: DataView): ResolutionReader | null {
    if (!this.is(record, view, this.ids.resolution)) return null
    return this.wrap(record.bytes, view, record.valueAt, record.valueAt + record.valueLength) === this.resolution
      ? this.resolution
      : null
  }

  /** What signals in shadow would have done, or null when the record is of another kind. */
  shadowVerdictOf(record: RecordBatchReader, view: DataView): ShadowVerdictReader | null {
    if (!this.is(record, view, this.ids.shadowVerdict)) return null
    return this.wrap(record.bytes, view, record.valueAt, record.valueAt + record.valueLength) === this.shadowVerdict
      ? this.shadowVerdict
      : null
  }

  private is(record: RecordBatchReader, view: DataView, id: number): boolean {
    return record.valueLength >= FRAME_BYTES && view.getInt32(record.valueAt + 1) === id
  }
}
