import type { Decision, DecisionReader } from '../../schemas/generated/decision.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Log } from '../../streams/log/log.ts'
import type { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'
import { scanPartition } from './partition-scan.ts'
import { type Coordinates, coordinatesOf } from './record-coordinates.ts'
import { OutputValues } from './record-values.ts'
import type { Session } from './session.ts'

const { name: TOPIC, partitions: DECIDED_PARTITIONS } = TOPICS.paymentsDecided

/** A decision as it stands in the log. */
export interface RecordedDecision {
  readonly decision: Decision
  /** Its own place on `payments.decided`. */
  readonly outputOffset: number
  readonly value: Uint8Array
}

/**
 * Every retained decision on a transaction id (one per sender that used it), and the one of a decision id `<partition>-<offset>`: an id
 * may be both, of two payments.
 */
export async function findDecisions(session: Session<Log>, id: string): Promise<RecordedDecision[]> {
  const named = coordinatesOf(id)
  const wanted = new TextEncoder().encode(id)
  const found: RecordedDecision[] = []
  for (let partition = 0; partition < DECIDED_PARTITIONS; partition++) {
    const inPartition = await decisionsWhere(session, partition, ({ bytes }, decision) => {
      if (named?.partition === partition && named.offset === decision.inputOffset) return true
      return isText(bytes, decision.transactionIdAt, decision.transactionIdLength, wanted)
    })
    found.push(...inPartition)
  }
  return found
}

/** The retained decision on one record of the input. */
export async function decisionAt(
  session: Session<Log>,
  { partition, offset }: Coordinates,
): Promise<RecordedDecision | null> {
  const [found] = await decisionsWhere(session, partition, (_record, decision) => decision.inputOffset === offset)
  return found ?? null
}

async function decisionsWhere(
  session: Session<Log>,
  partition: number,
  isWanted: (record: RecordBatchReader, decision: DecisionReader) => boolean,
): Promise<RecordedDecision[]> {
  const values = new OutputValues(session.ids)
  const at = { topic: TOPIC, partition }
  const { startOffset, endOffset } = await session.log.bounds(at)
  const found: RecordedDecision[] = []
  await scanPartition(session.log, at, startOffset, endOffset, (record, view) => {
    const decision = values.decisionOf(record, view)
    if (decision !== null && isWanted(record, decision)) found.push(recorded(record, decision.toObject()))
  })
  return found
}

/** One past the newest decision of each partition. */
export function decisionEnds(log: Log): Promise<number[]> {
  const ends = Array.from({ length: DECIDED_PARTITIONS }, async (_, partition) => {
    return (await log.bounds({ topic: TOPIC, partition })).endOffset
  })
  return Promise.all(ends)
}

/** The last `limit` decisions before `ends` that `wanted` takes, oldest first by append time. */
export async function lastDecisions(
  session: Session<Log>,
  ends: readonly number[],
  limit: number,
  wanted: ((decision: Decision) => boolean) | null,
): Promise<Decision[]> {
  const decisions: Decision[] = []
  for (const [partition, endOffset] of ends.entries()) {
    decisions.push(...(await lastOfPartition(session, partition, endOffset, limit, wanted)))
  }
  return decisions.sort((a, b) => a.appendTime - b.appendTime).slice(-limit)
}

async function lastOfPartition(
  session: Session<Log>,
  partition: number,
  endOffset: number,
  limit: number,
  wanted: ((decision: Decision) => boolean) | null,
): Promise<Decision[]> {
  const values = new OutputValues(session.ids)
  const at = { topic: TOPIC, partition }
  const { startOffset } = await session.log.bounds(at)
  // Offsets are no count: a cluster's markers of commits have some, and not every record is wanted.
  for (let reach = 2 * limit; ; reach *= 4) {
    const from = Math.max(startOffset, endOffset - reach)
    const found: Decision[] = []
    await scanPartition(session.log, at, from, endOffset, (record, view) => {
      const decision = values.decisionOf(record, view)?.toObject()
      if (decision !== undefined && (wanted === null || wanted(decision))) found.push(decision)
      if (found.length > 2 * limit) found.splice(0, found.length - limit)
    })
    if (found.length >= limit || from === startOffset) return found.slice(-limit)
  }
}

function recorded(record: RecordBatchReader, decision: Decision): RecordedDecision {
  const { offset, valueAt, valueLength } = record
  return { decision, outputOffset: offset, value: record.bytes.slice(valueAt, valueAt + valueLength) }
}

function isText(bytes: Uint8Array, at: number, length: number, text: Uint8Array): boolean {
  if (length !== text.length) return false
  for (let i = 0; i < length; i++) if (bytes[at + i] !== text[i]) return false
  return true
}
