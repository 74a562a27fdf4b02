import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { DISPOSITIONS } from '../../streams/disposition.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { type OutputRecord, recompute, stateWithin } from './recomputation.ts'
import { RecordedTopic } from './recorded-topic.ts'
import { INPUT_TOPIC, type Session } from './session.ts'
import { OUTPUT_TOPICS } from './topic-settings.ts'

const SNAPSHOT_TRIES = 10_000
/** Where each look takes its time. */
const SNAPSHOT_WITHIN_MS = 20_000

/** What was found in one partition. */
export interface PartitionVerdict {
  readonly partition: number
  /** Input offsets that were recomputed, the records there, and offsets that a task has not reached. */
  readonly from: number
  readonly until: number
  readonly inputs: number
  readonly waiting: number
  readonly dispositions: Readonly<Record<string, number>>
  /** Output records that were compared, and recomputed ones whose originals retention has taken. */
  readonly compared: number
  readonly notRetained: number
  /** Where the log differs from what its input gives; empty when nothing does. At most a few a topic. */
  readonly differences: readonly string[]
}

/** Recomputes a partition from its retained input and compares every retained output byte for byte: keys, values, order. */
export async function verifyPartition(
  session: Session<Log>,
  processor: BatchProcessor<PaymentStores>,
  partition: number,
  onProgress: (records: number) => void,
): Promise<PartitionVerdict> {
  const { until, ends, endOffset } = await snapshot(session, partition)
  const state = await stateWithin(session, processor, partition, until, 'oldest')
  const topics = new Map<string, RecordedTopic>()
  for (const topic of OUTPUT_TOPICS) {
    topics.set(topic, await RecordedTopic.open(session, { topic, partition }, state.offset, ends.get(topic) ?? 0))
  }
  const dispositions = new Float64Array(DISPOSITIONS.length)
  const differences: string[] = []
  let inputs = 0
  try {
    const { offset: from } = state
    for await (const stretch of recompute(session, processor, partition, state, until)) {
      stretch.dispositions.forEach((count, number) => {
        dispositions[number]! += count
      })
      await compareStretch(topics, stretch.outputs)
      inputs += stretch.records
      onProgress(stretch.records)
    }
    for (const recorded of topics.values()) await recorded.expectEnd()
    const disposed = dispositions.reduce((sum, count) => sum + count, 0)
    if (disposed !== inputs) differences.push(`${inputs} inputs got ${disposed} dispositions`)
    const recorded = [...topics.values()]
    return {
      partition,
      from,
      until,
      inputs,
      waiting: endOffset - until,
      dispositions: Object.fromEntries(DISPOSITIONS.map((name, number) => [name, dispositions[number] ?? 0]).slice(1)),
      compared: recorded.reduce((sum, { compared }) => sum + compared, 0),
      notRetained: recorded.reduce((sum, { notRetained }) => sum + notRetained, 0),
      differences: [...differences, ...recorded.flatMap((topic) => topic.differences)],
    }
  } finally {
    for (const recorded of topics.values()) recorded.close()
  }
}

async function compareStretch(
  topics: ReadonlyMap<string, RecordedTopic>,
  outputs: readonly OutputRecord[],
): Promise<void> {
  const byTopic = Map.groupBy(outputs, ({ topic }) => topic)
  for (const [topic, expected] of byTopic) {
    await topics.get(topic)?.expect(expected)
  }
}

/** The committed input offset and the outputs' ends that belong together, though tasks go on. */
async function snapshot({ log, committed, visibleWithinMs }: Session<Log>, partition: number) {
  const input = { topic: INPUT_TOPIC, partition }
  const untilNow = async () => (await committed(input))?.offset ?? 0
  const endsNow = async () => {
    const ends = new Map<string, number>()
    for (const topic of OUTPUT_TOPICS) ends.set(topic, (await log.bounds({ topic, partition })).endOffset)
    return ends
  }
  const tries = visibleWithinMs === 0 ? SNAPSHOT_TRIES : Math.ceil(SNAPSHOT_WITHIN_MS / visibleWithinMs)
  for (let i = 0; i < tries; i++) {
    const before = await endsNow()
    const until = await untilNow()
    if (visibleWithinMs > 0) await machineTime.wait(visibleWithinMs)
    const ends = await endsNow()
    const again = await untilNow()
    const { endOffset } = await log.bounds(input)
    if (until === again && [...ends].every(([topic, end]) => before.get(topic) === end))
      return { until, ends, endOffset }
  }
  throw new StreamsError('BUSY', 'retry', 'the task commits faster than its ends can be read; try again', input)
}
