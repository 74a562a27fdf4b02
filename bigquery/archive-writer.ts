import type { TopicPartition } from '../streams/log/log.ts'
import type { TableRow } from './schema/tables.ts'

/** The rows of a stretch of one partition, complete and in order: what a writer takes as one. */
export interface RowBatch extends TopicPartition {
  /** The first offset of the stretch: the `next` of the batch before it. */
  readonly from: number
  /** One past its last offset. A stretch may have no rows: control records, dead letters. */
  readonly next: number
  /** By offset, and within a record in the order of its tables. The same stretch always gives the same rows but for `ingest_time`. */
  readonly rows: readonly TableRow[]
}

/**
 * An archive under one writer (SPEC B2). Rows arrive exactly once: a writer keeps its position with the rows, or beside them
 * in a way that tells after a crash which of them arrived, and passes those over when they come again. After any rejection
 * the writer is dead: close it, open another, ask `begin` again. Not safe for overlapping calls. Errors are StreamsError:
 * `retry` for the world, `fenced` when another writer has a partition, `stop` for what a person must set right.
 */
export interface ArchiveWriter {
  /**
   * Takes a partition, and fences whoever wrote it before. Where reading goes on: rows before that offset are in the archive;
   * null when the archive knows nothing of the partition.
   */
  begin(at: TopicPartition): Promise<number | null>
  /**
   * Takes one batch behind the last of its partition; resolves when the writer wants the next. Durable only after `flush`, but where
   * the writer had to end a stretch by itself: then it gives the offset before which everything stands, and null otherwise.
   */
  append(batch: RowBatch): Promise<number | null>
  /**
   * Resolves when everything appended is durable and can be read, and its positions are kept. A stretch that a crash has left
   * under way is so with its end, not before.
   */
  flush(): Promise<void>
  /** Ends it without a flush: what was not flushed comes again. */
  close(): Promise<void>
}
