import { TOPICS } from '../schemas/topics.ts'
import { StreamsError } from '../streams/errors.ts'
import { firstAppendedSince } from '../streams/log/first-appended.ts'
import type { GroupOffsets, Log, TopicPartition } from '../streams/log/log.ts'
import { ACTION_LIFE_MS, COUNT_LIFE_MS } from './lives.ts'

/** Where reading goes on, and what the store holds before that. */
export interface Resumption {
  readonly offset: number
  /** -1 when the store knows nothing of the partition. */
  readonly previousOffset: number
  /** Offsets that retention has taken before the store had them. */
  readonly lostOffsets: number
}

/**
 * The store's own offset is where it stands, since a script writes it with the entry. Where the store has none, it is new or
 * was emptied: then everything comes again that nobody has had yet (by the group's offset), or that can still be live.
 */
export async function resume(
  log: Log,
  group: GroupOffsets,
  at: TopicPartition,
  held: number | undefined,
  nowMs: number,
): Promise<Resumption> {
  const { startOffset, endOffset } = await log.bounds(at)
  if (held !== undefined) {
    if (held >= endOffset) throw ahead(at, held, endOffset)
    return goOn(held + 1, held, startOffset)
  }
  const committed = (await group.committed(at))?.offset ?? Number.POSITIVE_INFINITY
  const lifeMs = at.topic === TOPICS.fraudActions.name ? ACTION_LIFE_MS : COUNT_LIFE_MS
  const live = await firstAppendedSince(log, at, nowMs - lifeMs)
  return goOn(Math.min(committed, live), -1, startOffset)
}

function goOn(offset: number, previousOffset: number, startOffset: number): Resumption {
  const lostOffsets = Math.max(0, startOffset - offset)
  return { offset: offset + lostOffsets, previousOffset, lostOffsets }
}

function ahead(at: TopicPartition, held: number, endOffset: number): StreamsError {
  const what =
    `the alert store has offset ${held} but the log ends at ${endOffset}, so the log has lost records; ` +
    'restore it, or delete the key fraud:offsets to write again what can still be live'
  return new StreamsError('ALERTS_AHEAD_OF_LOG', 'stop', what, at)
}
