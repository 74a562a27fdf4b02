import { type NextStep, StreamsError } from '../../streams/errors.ts'

type Next = Extract<NextStep, 'retry' | 'stop'>

/** By a part of what DuckDB says; the first that is found counts. `retry` reopens the file after a pause, with its offsets. */
const ROWS: readonly (readonly [part: RegExp, code: string, next: Next, what: string])[] = [
  [
    /Could not set lock on file/,
    'ARCHIVE_LOCKED',
    'retry',
    'another process has the archive file open; end it; rows wait in the log',
  ],
  [
    /No space left on device|quota exceeded|File too large/i,
    'ARCHIVE_DISK_FULL',
    'retry',
    'the disk of the archive is full; make room; rows wait in the log',
  ],
  [
    /Permission denied|Read-only file system/i,
    'ARCHIVE_DENIED',
    'retry',
    'the archive file may not be written; correct its owner or mode; rows wait in the log',
  ],
  [/Out of Memory Error/, 'ARCHIVE_MEMORY', 'retry', 'the archive needs more than SLUICE_ARCHIVE_MEMORY_MB'],
  [
    /not a valid DuckDB database file|with version number|Serialization Error|checksum/i,
    'ARCHIVE_DAMAGED',
    'stop',
    'the archive file cannot be read; move it away, and it is made again from what the log retains',
  ],
  [
    /FATAL Error|has been invalidated|INTERNAL Error/,
    'ARCHIVE_INVALIDATED',
    'retry',
    'DuckDB gave the file up; it is opened again',
  ],
  [
    /IO Error|Connection Error/,
    'ARCHIVE_IO',
    'retry',
    'the archive file could not be read or written; rows wait in the log',
  ],
]

/** What an error of DuckDB means for the archiver: the one table of it. What no row names stops it. */
export function duckdbError(error: unknown): StreamsError {
  if (error instanceof StreamsError) return error
  const message = (error as Error).message.split('\n', 1)[0] ?? ''
  const row = ROWS.find(([part]) => part.test((error as Error).message))
  if (row === undefined)
    return new StreamsError('ARCHIVE_UNKNOWN', 'stop', `DuckDB refused what the archiver asked: ${message}`)
  return new StreamsError(row[1], row[2], `${row[3]}: ${message}`)
}
