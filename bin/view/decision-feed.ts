import { filter, mergeMap, Observable } from 'rxjs'
import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import type { Decision } from '../../schemas/generated/decision.ts'
import { OUTCOME_SYMBOLS } from '../../schemas/generated/enums.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { Log, LogReader, TopicPartition } from '../../streams/log/log.ts'
import { visitBatches } from '../../streams/record/visit-batches.ts'
import { decisionEnds, lastDecisions } from '../runtime/decision-search.ts'
import { OutputValues } from '../runtime/record-values.ts'
import type { Session } from '../runtime/session.ts'

const FETCH_BYTES = 256 * 1024
const FETCH_WAIT_MS = 1_000

/** What became visible at once in one partition. */
export interface SeenDecisions {
  /** By outcome, in the order of its symbols. */
  readonly outcomes: readonly number[]
  /** ms from a payment's event time until a reader saw its decision; payments that came out of order are left out. */
  readonly latenciesMs: readonly number[]
  /** The last one, and the last one that was not approved. */
  readonly last: Decision | null
  readonly lastStopped: Decision | null
  /** Decisions that went by unread because the feed was behind. */
  readonly skipped: number
}

/** The decisions of all partitions from now on, as an outside reader sees them. A feed that falls behind skips. */
export function decisionFeed(log: Log, ids: SchemaIds, nowMs: () => number): Observable<SeenDecisions> {
  return tails(log, null, (reader, at) => {
    const tail = { at, values: new OutputValues(ids), highestEventMs: Number.NEGATIVE_INFINITY }
    return () => nextDecisions(reader, tail, nowMs)
  })
}

/** The last decisions, oldest first, and those that come after them, in the order of each partition. */
export interface LastAndLater {
  readonly last: readonly Decision[]
  readonly later: Observable<Decision>
}

/** Reads the last `limit` decisions that `wanted` takes. None falls between them and `later`, however long the reading takes. */
export async function lastAndLater(
  session: Session<Log>,
  limit: number,
  wanted: ((decision: Decision) => boolean) | null,
): Promise<LastAndLater> {
  const ends = await decisionEnds(session.log)
  const last = limit > 0 ? await lastDecisions(session, ends, limit, wanted) : []
  const every = followDecisions(session.log, session.ids, ends).pipe(mergeMap((decisions) => decisions))
  return { last, later: wanted === null ? every : every.pipe(filter(wanted)) }
}

/** Every decision from an offset of each partition on, in the order of the partition; nothing is skipped. */
function followDecisions(log: Log, ids: SchemaIds, starts: readonly number[]): Observable<readonly Decision[]> {
  return tails(log, starts, (reader, at) => {
    const values = new OutputValues(ids)
    return async () => {
      const { bytes } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      const decisions: Decision[] = []
      visitBatches(bytes, at, starts[at.partition] ?? 0, Number.POSITIVE_INFINITY, (record, view) => {
        const decision = values.decisionOf(record, view)
        if (decision !== null) decisions.push(decision.toObject())
      })
      return decisions.length === 0 ? null : decisions
    }
  })
}

/**
 * What the function that `reading` makes gives again and again for each partition of the decisions, from `starts` on;
 * null is where they end at subscription.
 */
function tails<T>(
  log: Log,
  starts: readonly number[] | null,
  reading: (reader: LogReader, at: TopicPartition) => () => Promise<T | null>,
): Observable<T> {
  return new Observable((subscriber) => {
    const { name, partitions } = TOPICS.paymentsDecided
    const follow = async (partition: number) => {
      const at = { topic: name, partition }
      const reader = log.openReader(at, starts?.[partition] ?? (await log.bounds(at)).endOffset)
      subscriber.add(() => reader.close())
      const next = reading(reader, at)
      while (!subscriber.closed) {
        const seen = await next()
        if (seen !== null) subscriber.next(seen)
      }
    }
    for (let partition = 0; partition < partitions; partition++) {
      follow(partition).catch((error: unknown) => {
        // A log that closes ends the feed; anything else is the reader's to know.
        if (error instanceof StreamsError && error.code === 'LOG_CLOSED') subscriber.complete()
        else subscriber.error(error)
      })
    }
  })
}

async function nextDecisions(
  reader: LogReader,
  tail: { readonly at: TopicPartition; readonly values: OutputValues; highestEventMs: number },
  nowMs: () => number,
): Promise<SeenDecisions | null> {
  const { bytes, nextOffset, endOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
  if (bytes.length === 0) return null
  const seenMs = nowMs()
  const outcomes = OUTCOME_SYMBOLS.map(() => 0)
  const latenciesMs: number[] = []
  let last: Decision | null = null
  let lastStopped: Decision | null = null
  visitBatches(bytes, tail.at, 0, Number.POSITIVE_INFINITY, (record, view) => {
    const decision = tail.values.decisionOf(record, view)
    if (decision === null) return
    outcomes[decision.outcome]! += 1
    const { eventTime } = decision
    // A sender that hands a payment in behind its others, or with a clock ahead of ours, says nothing of our delay.
    if (eventTime >= tail.highestEventMs && eventTime <= seenMs) {
      tail.highestEventMs = eventTime
      latenciesMs.push(seenMs - eventTime)
    }
    if (decision.outcome !== 0) lastStopped = decision.toObject()
    if (record.offset === nextOffset - 1) last = decision.toObject()
  })
  if (endOffset > nextOffset) reader.seek(endOffset)
  return { outcomes, latenciesMs, last, lastStopped, skipped: endOffset - nextOffset }
}
