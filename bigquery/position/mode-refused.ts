import { StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'

/** How rows go to BigQuery (docs/adr/0050). */
export type WriteMode = 'stream' | 'load'

/** What the other mode has left under way: only that one can tell which of its rows arrived. Ends the archiver, nothing is read. */
export function modeRefused(wanted: WriteMode, at: TopicPartition, offset: number | null): StreamsError {
  const other = wanted === 'stream' ? 'load' : 'stream'
  const what =
    `rows are under way by SLUICE_BIGQUERY_MODE=${other}; start the archiver so, end it with Ctrl-C (it completes them), ` +
    `then start it with ${wanted}`
  return new StreamsError('ARCHIVE_MODE', 'stop', what, { ...at, ...(offset !== null && { offset }) })
}
