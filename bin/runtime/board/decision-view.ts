import type { DecisionView, ResolutionView } from '../../../dashboards/board/views.ts'
import type { Decision } from '../../../schemas/generated/decision.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Log, TopicPartition } from '../../../streams/log/log.ts'
import { visitBatches } from '../../../streams/record/visit-batches.ts'
import { schemaNamed } from '../../view/field-names.ts'
import { scanPartition } from '../partition-scan.ts'
import { coordinatesOf } from '../record-coordinates.ts'
import { OutputValues } from '../record-values.ts'
import type { Session } from '../session.ts'
import { paymentView } from './payment-view.ts'
import { processedAtOf } from './pipeline-figures.ts'
import type { EndOf } from './review-queue.ts'

/** Records behind a decision that are looked through for an end that the board does not remember, since it is old or has just come. */
const RESOLUTION_WITHIN = 50_000
/** Output records of one input that lie before it at most are found by reading on. */
const NEAR = 64

type LogSession = Pick<Session<Log>, 'log' | 'ids'>

interface Found {
  readonly decision: Decision
  readonly outputOffset: number
  readonly committedAt: number
  readonly processedAt: number | null
}

/**
 * The decision `<partition>-<offset>` and its end, or null when it is not retained. Outputs stand in the order of their inputs, so
 * it is found by halving, in a few reads of a log of any size.
 */
export async function decisionView(
  session: LogSession,
  decisionId: string,
  endOf: EndOf,
): Promise<DecisionView | null> {
  const named = coordinatesOf(decisionId)
  if (named === null) return null
  const at = { topic: TOPICS.paymentsDecided.name, partition: named.partition }
  const found = await decisionOf(session, at, named.offset)
  if (found === null) return null
  const { decision, outputOffset, committedAt, processedAt } = found
  const ends = decision.outcome === 'review' || decision.outcome === 'challenge'
  return {
    decision: schemaNamed('Decision', decision),
    payment: paymentView(decision),
    resolution: ends ? (endOf(decisionId) ?? (await resolutionBehind(session, at, outputOffset, decisionId))) : null,
    outputOffset,
    appendTime: decision.appendTime,
    processedAt,
    committedAt,
  }
}

async function decisionOf(session: LogSession, at: TopicPartition, inputOffset: number): Promise<Found | null> {
  const { log, ids } = session
  const { startOffset, endOffset } = await log.bounds(at)
  let low = startOffset
  let high = endOffset
  while (high - low > NEAR) {
    const middle = Math.floor((low + high) / 2)
    const about = await inputOffsetFrom(session, at, middle, high)
    if (about !== null && about < inputOffset) low = middle
    else high = middle
  }
  const values = new OutputValues(ids)
  let found: Found | null = null
  await scanPartition(log, at, low, Math.min(endOffset, high + NEAR), (record, view) => {
    const decision = values.decisionOf(record, view)
    if (decision?.inputOffset !== inputOffset) return
    const processedAt = processedAtOf(record)
    found = { decision: decision.toObject(), outputOffset: record.offset, committedAt: record.timestampMs, processedAt }
  })
  return found
}

/** The input offset that the first output from `offset` on is about; null when none stands before `end`. */
async function inputOffsetFrom(
  { log, ids }: LogSession,
  at: TopicPartition,
  offset: number,
  end: number,
): Promise<number | null> {
  const reader = log.openReader(at, offset)
  const values = new OutputValues(ids)
  let about: number | null = null
  try {
    for (let from = offset; from < end && about === null; ) {
      const { bytes, nextOffset } = await reader.fetch(1, 0)
      visitBatches(bytes, at, from, end, (record, view) => {
        about ??= (values.decisionOf(record, view) ?? values.resolutionOf(record, view))?.inputOffset ?? null
      })
      if (nextOffset === from) break
      from = nextOffset
    }
  } finally {
    reader.close()
  }
  return about
}

async function resolutionBehind(
  { log, ids }: LogSession,
  at: TopicPartition,
  offset: number,
  decisionId: string,
): Promise<ResolutionView | null> {
  const { endOffset } = await log.bounds(at)
  const values = new OutputValues(ids)
  let found: ResolutionView | null = null
  await scanPartition(log, at, offset, Math.min(endOffset, offset + RESOLUTION_WITHIN), (record, view) => {
    const resolution = values.resolutionOf(record, view)
    if (resolution?.decisionId !== decisionId) return
    found = { outcome: resolution.outcomeSymbol, actor: resolution.actor, eventTime: resolution.eventTime }
  })
  return found
}
