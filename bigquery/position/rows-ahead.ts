import { StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import type { StandingTable } from '../schema/table-resource.ts'
import type { StreamPosition } from './write-position.ts'

/** What is asked of BigQuery to find out what a former owner has written past its last commit. */
export interface ArchiveEvidence {
  /** Closes a stream for everybody; its rows, or null when it is unknown. */
  finalizeStream(table: string, streamId: string): Promise<number | null>
  table(name: string): Promise<StandingTable | null>
  rowsFrom(table: string, at: TopicPartition, offset: number): Promise<number>
}

/** A stream that nobody can write any more. */
export interface ClosedStream {
  /** Rows past the committed offset that are in the table: they come again, and are passed over. */
  readonly ahead: number
  /** The rows of the stream; null when BigQuery no longer knows it. */
  readonly rows: number | null
}

/**
 * Closes the stream of the last owner, so that no append of a zombie can come after the count, and counts what is ahead of the
 * commit. Where the stream is gone or the table is younger than it, the table itself is asked, since each row has its coordinates.
 */
export async function rowsAhead(
  evidence: ArchiveEvidence,
  table: string,
  { streamId, row, madeMs }: StreamPosition,
  at: TopicPartition,
  offset: number,
): Promise<ClosedStream> {
  const rows = await evidence.finalizeStream(table, streamId)
  const standing = await evidence.table(table)
  if (standing === null) throw tableMissing(table)
  if (rows === null || standing.createdMs > madeMs) {
    return { ahead: await evidence.rowsFrom(table, at, offset), rows: null }
  }
  if (rows < row) {
    const what = `a stream of ${table} has ${rows} rows, ${row} were committed; the table was set back. Archive into another dataset, or restore it`
    throw new StreamsError('BIGQUERY_ROWS_LOST', 'stop', what, { ...at, offset })
  }
  return { ahead: rows - row, rows }
}

export function tableMissing(table: string): StreamsError {
  const what = `the table ${table} is not there; \`sluice archive init --bigquery\` makes it, and rows go on from the committed offset`
  return new StreamsError('BIGQUERY_TABLE_MISSING', 'stop', what)
}
