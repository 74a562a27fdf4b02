import { StreamsError } from '../../streams/errors.ts'
import type { Log, LogReader, TopicPartition } from '../../streams/log/log.ts'
import { visitBatches } from '../../streams/record/visit-batches.ts'
import type { OutputRecord } from './recomputation.ts'
import { OutputValues } from './record-values.ts'
import { INPUT_TOPIC, type Session } from './session.ts'

const FETCH_BYTES = 1 << 19
const FETCH_WAIT_MS = 1_000
const DIFFERENCES_MAX = 3

/** Output records of one topic as the chain gives them for a stretch of input, in order. */
export type RecordedStretch = readonly OutputRecord[]

interface Recorded {
  readonly offset: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/**
 * What stands on one partition of an output topic, compared record by record with what is expected. After a difference
 * it finds its way again when one record is missing or one too many.
 */
export class RecordedTopic {
  compared = 0
  notRetained = 0
  readonly differences: string[] = []
  private readonly at: TopicPartition
  private readonly reader: LogReader
  private readonly values: OutputValues
  private readonly end: number
  /** Recomputed records about input before this offset stand here no more. */
  private firstInput = 0
  private position: number
  private readonly buffered: Recorded[] = []

  private constructor(session: Session<Log>, at: TopicPartition, position: number, end: number) {
    this.at = at
    this.values = new OutputValues(session.ids)
    this.reader = session.log.openReader(at, position)
    this.position = position
    this.end = end
  }

  /** Stands before the first record that input from `fromInput` on has written, up to offset `end`. */
  static async open(session: Session<Log>, at: TopicPartition, fromInput: number, end: number): Promise<RecordedTopic> {
    const { startOffset } = await session.log.bounds(at)
    const recorded = new RecordedTopic(session, at, startOffset, end)
    recorded.firstInput = fromInput
    if (startOffset > 0) {
      const first = await recorded.peek()
      // What the oldest input left may have been cut by retention, so its records are not looked at.
      const oldest = first === undefined ? Number.POSITIVE_INFINITY : recorded.inputOffset(first) + 1
      recorded.firstInput = Math.max(fromInput, oldest)
    }
    await recorded.skipBefore(recorded.firstInput)
    return recorded
  }

  async expect(stretch: RecordedStretch): Promise<void> {
    for (let i = 0; i < stretch.length; i++) {
      const expected = stretch[i] as OutputRecord
      if (this.firstInput > 0 && this.inputOffset(expected) < this.firstInput) {
        this.notRetained++
        continue
      }
      this.compared++
      await this.match(expected, stretch[i + 1])
    }
  }

  /** Whatever still stands here was written for no input, or twice. */
  async expectEnd(): Promise<void> {
    for (let actual = await this.peek(); actual !== undefined; actual = await this.peek()) {
      this.differ(`output offset ${actual.offset}: one too many, ${describe(this.inputOffset(actual))}`)
      this.buffered.shift()
    }
  }

  close(): void {
    this.reader.close()
  }

  private async match(expected: OutputRecord, next: OutputRecord | undefined): Promise<void> {
    const about = this.inputOffset(expected)
    const input = describe(about)
    for (let actual = await this.peek(); actual !== undefined; actual = await this.peek()) {
      if (same(expected, actual)) {
        this.buffered.shift()
        return
      }
      const actualAbout = this.inputOffset(actual)
      const isMissing = actualAbout > about || (next !== undefined && same(next, actual))
      if (isMissing) return this.differ(`${input}: missing before output offset ${actual.offset}`)
      const after = await this.peek(1)
      const isTooMany = (actualAbout >= 0 && actualAbout < about) || (after !== undefined && same(expected, after))
      this.buffered.shift()
      if (!isTooMany) return this.differ(`output offset ${actual.offset}: other bytes than ${input}`)
      this.differ(`output offset ${actual.offset}: one too many before ${input}`)
    }
    this.differ(`${input}: missing at the end`)
  }

  private differ(what: string): void {
    if (this.differences.length < DIFFERENCES_MAX) {
      this.differences.push(`${this.at.topic}-${this.at.partition} ${what}`)
    }
  }

  private async skipBefore(input: number): Promise<void> {
    if (input <= 0) return
    for (let first = await this.peek(); first !== undefined; first = await this.peek()) {
      if (this.inputOffset(first) >= input) return
      this.buffered.shift()
    }
  }

  /** The record `ahead` places on, or undefined at the end. */
  private async peek(ahead = 0): Promise<Recorded | undefined> {
    while (this.buffered.length <= ahead && this.position < this.end) {
      const { bytes, nextOffset } = await this.reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      visitBatches(bytes, this.at, this.position, this.end, (record, view) => {
        // What a sink has dead-lettered is no output of the chain.
        if ((this.values.deadLetterOf(record, view)?.inputTopic ?? INPUT_TOPIC) !== INPUT_TOPIC) return
        const { offset, keyAt, keyLength, valueAt, valueLength } = record
        const key = keyLength < 0 ? null : bytes.slice(keyAt, keyAt + keyLength)
        const value = valueLength < 0 ? null : bytes.slice(valueAt, valueAt + valueLength)
        this.buffered.push({ offset, key, value })
      })
      if (nextOffset === this.position) {
        throw new StreamsError('LOG_CORRUPT', 'stop', 'the log ends before its own bounds', this.at)
      }
      this.position = nextOffset
    }
    return this.buffered[ahead]
  }

  /** The input offset that a record says it is about; -1 when it cannot be read. */
  private inputOffset({ value }: { readonly value: Uint8Array | null }): number {
    return this.values.inputOffsetOf(value) ?? -1
  }
}

function describe(inputOffset: number): string {
  return inputOffset < 0 ? 'a record that cannot be read' : `the output of input offset ${inputOffset}`
}

function same(a: OutputRecord, b: Recorded): boolean {
  return sameBytes(a.key, b.key) && sameBytes(a.value, b.value)
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return Buffer.compare(a, b) === 0
}
