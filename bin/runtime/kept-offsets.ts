import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { GroupOffsets, Log, TopicPartition } from '../../streams/log/log.ts'
import { holdsRecords, scanPartition } from './partition-scan.ts'
import { OutputValues } from './record-values.ts'
import { APPLICATION_ID, INPUT_TOPIC, PARTITIONS } from './session.ts'

/** Whatever becomes of a payment stands in one of these, in the order of the input. */
const VERDICTS = [TOPICS.paymentsDecided.name, TOPICS.paymentsDuplicates.name, TOPICS.paymentsDlq.name]
/** Offsets of a topic that are looked at first; four times as many where nothing is among them. */
const FIRST_OFFSETS = 1_000
const WIDER = 4

type Asked = Pick<GroupOffsets, 'committed'>

/** An input partition that goes on at `offset`. */
export interface FoundOffset extends TopicPartition {
  readonly offset: number
}

/**
 * Brokers forget the offsets of a group that had no member for `offsets.retention.minutes` (7 days by default). A task would begin at
 * the start of its partition and decide every payment once more.
 * @throws StreamsError OFFSETS_LOST (stop) for the first partition that has decisions and no committed offset.
 */
export async function requireKeptOffsets(log: Log, group: Asked): Promise<void> {
  const [input] = await withoutOffset(log, group)
  if (input === undefined) return
  const what = `decisions stand in ${TOPICS.paymentsDecided.name}, but the group ${APPLICATION_ID} has no committed offset any more`
  const remedy = 'so all would be decided again; `sluice topics --kafka --offsets` finds the offsets in the outputs'
  throw new StreamsError('OFFSETS_LOST', 'stop', `${what}, ${remedy}`, input)
}

/**
 * Commits, for each partition that has decisions and no offset, the one behind the last input that an output tells of. Outputs and
 * offsets were committed together, so no input before it is without an output that it owes, and none from it on has one.
 * @throws StreamsError while a worker is a member of the group, or when no verdict is retained.
 */
export async function restoreOffsets(log: Log, group: GroupOffsets, ids: SchemaIds): Promise<FoundOffset[]> {
  const found: FoundOffset[] = []
  for (const input of await withoutOffset(log, group)) {
    const last = Math.max(...(await Promise.all(VERDICTS.map((topic) => lastInput(log, ids, topic, input.partition)))))
    if (last < 0) {
      const what =
        'no output is retained that would tell how far the tasks were; set the offset with kafka-consumer-groups'
      throw new StreamsError('OFFSETS_LOST', 'stop', what, input)
    }
    await group.commit(input, { offset: last + 1, metadata: '' })
    found.push({ ...input, offset: last + 1 })
  }
  return found
}

/** The partitions with decisions in whose name nothing is committed. */
async function withoutOffset(log: Log, group: Asked): Promise<TopicPartition[]> {
  const inputs = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: INPUT_TOPIC, partition }))
  const lost = await Promise.all(
    inputs.map(async (input) => {
      // In this order: who decides the first payment of a partition meanwhile has committed its offset by the time it is asked for.
      const decided = { topic: TOPICS.paymentsDecided.name, partition: input.partition }
      const { endOffset } = await log.bounds(decided)
      if (endOffset === 0 || (await group.committed(input)) !== null) return []
      return (await holdsAny(log, decided, endOffset)) ? [input] : []
    }),
  )
  return lost.flat()
}

/** Whether a record stands before `endOffset`: a worker that was killed in its first transaction leaves offsets, and no decision. */
async function holdsAny(log: Log, at: TopicPartition, endOffset: number): Promise<boolean> {
  let { startOffset: from } = await log.bounds(at)
  for (let width = FIRST_OFFSETS; from < endOffset; width *= WIDER) {
    const to = Math.min(from + width, endOffset)
    if (await holdsRecords(log, at, from, to)) return true
    from = to
  }
  return false
}

/** The highest input offset that the retained records of an output partition tell of; -1 when there is none. */
async function lastInput(log: Log, ids: SchemaIds, topic: string, partition: number): Promise<number> {
  const at = { topic, partition }
  const values = new OutputValues(ids)
  const { startOffset, endOffset } = await log.bounds(at)
  let last = -1
  let until = endOffset
  for (let width = FIRST_OFFSETS; last < 0 && until > startOffset; width *= WIDER) {
    const from = Math.max(startOffset, until - width)
    await scanPartition(log, at, from, until, (record, view) => {
      last = Math.max(last, values.inputOffsetIn(record, view, { topic: INPUT_TOPIC, partition }))
    })
    until = from
  }
  return last
}
