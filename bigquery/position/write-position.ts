import { StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'

/** Where one table's rows of a partition go, as it stands at the committed offset. */
export interface StreamPosition {
  /** The write stream's id in its table. */
  readonly streamId: string
  /**
   * The row of the stream that the first row past the committed offset is, or would be. Below zero when rows past that offset
   * stand in the table already, from a stream before this one: so many are passed over.
   */
  readonly row: number
  /** When the stream was made, epoch ms: a younger table is not the one that it wrote to. */
  readonly madeMs: number
}

/** A stretch of offsets on its way as load jobs. It begins at the committed offset. */
export interface LoadPlan {
  /** One past its last offset: committed before the first job, so that whoever comes next makes the same jobs. */
  readonly next: number
  /** How many jobs of a table have failed; the number is part of the next one's id. Tables of none are left out. */
  readonly failed: ReadonlyMap<string, number>
}

/**
 * What is committed beside a partition's offset. Kafka offsets say nothing of rows (a record has none or several), so the
 * metadata do: with the count of a closed stream they tell how many rows past the offset are in the table (docs/adr/0041).
 */
export interface WritePosition {
  readonly streams: ReadonlyMap<string, StreamPosition>
  /** Offsets at or past the committed one whose row a table has refused; they are dead-lettered, and passed over when they come again. */
  readonly refused: ReadonlyMap<string, readonly number[]>
  /** What is under way as load jobs; null when nothing is. */
  readonly plan: LoadPlan | null
}

export const NO_POSITION: WritePosition = { streams: new Map(), refused: new Map(), plan: null }

/** What a broker takes by default (offset.metadata.max.bytes). */
const BYTES_MAX = 4_096
const VERSION = 1
/** With a plan: a build that knows of none would write its rows a second time. */
const VERSION_PLANNED = 2

/** The metadata as they are committed. `offset` is the committed one: refused offsets are written by their distance. */
export function writePosition(position: WritePosition, offset: number, at: TopicPartition): string {
  const { plan } = position
  const text = JSON.stringify({
    v: plan === null ? VERSION : VERSION_PLANNED,
    s: [...position.streams].map(([table, { streamId, row, madeMs }]) => [table, streamId, row, madeMs]),
    x: [...position.refused].map(([table, offsets]) => [table, offsets.map((refused) => refused - offset)]),
    ...(plan !== null && { p: [plan.next - offset, [...plan.failed]] }),
  })
  if (Buffer.byteLength(text) > BYTES_MAX) {
    const what = `the position takes more than ${BYTES_MAX} bytes of metadata, so too much was refused at once`
    throw new StreamsError('BIGQUERY_POSITION', 'stop', what, { ...at, offset })
  }
  return text
}

/** Reads them back. @throws StreamsError BIGQUERY_POSITION (stop) for what this build has not written. */
export function readPosition(text: string, offset: number, at: TopicPartition): WritePosition {
  const { v, s, x, p } = parsed(text)
  const isKnown = v === VERSION || (v === VERSION_PLANNED && Array.isArray(p))
  if (!isKnown || !Array.isArray(s) || !Array.isArray(x)) {
    const what =
      'the committed metadata are none of this build’s; a newer Sluice wrote them, or something else commits here'
    throw new StreamsError('BIGQUERY_POSITION', 'stop', what, { ...at, offset })
  }
  const streams = s as readonly (readonly [string, string, number, number])[]
  const refused = x as readonly (readonly [string, readonly number[]])[]
  return {
    streams: new Map(streams.map(([table, streamId, row, madeMs]) => [table, { streamId, row, madeMs }])),
    refused: new Map(refused.map(([table, distances]) => [table, distances.map((distance) => offset + distance)])),
    plan: v === VERSION_PLANNED ? planOf(p as PlanText, offset) : null,
  }
}

type PlanText = readonly [distance: number, failed: readonly (readonly [table: string, jobs: number])[]]

function planOf([distance, failed]: PlanText, offset: number): LoadPlan {
  return { next: offset + distance, failed: new Map(failed) }
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
