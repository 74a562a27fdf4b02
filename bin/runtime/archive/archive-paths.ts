import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What Linux and macOS take for the path of a Unix socket, less what they keep for themselves. */
const SOCKET_BYTES_MAX = 100

/** The embedded archive's offsets on the log are for who looks at lags; those that it goes on from stand with its rows. */
export const ARCHIVE_GROUP = 'sluice-archive'

/** The archive of a data folder. */
export const archivePath = (dataFolder: string): string => join(resolve(dataFolder), 'archive')

/** Where rows of a dataset of BigQuery wait for their load jobs. */
export function loadsPath(dataFolder: string, dataset: string): string {
  return join(resolve(dataFolder), 'loads', createHash('sha256').update(dataset).digest('hex').slice(0, 16))
}

/** Where its owner answers questions: beside it, or in the folder of temporary files where that path would be too long. */
export function archiveSocket(dataFolder: string): string {
  const beside = join(archivePath(dataFolder), 'query.sock')
  if (Buffer.byteLength(beside) <= SOCKET_BYTES_MAX) return beside
  const name = createHash('sha256').update(beside).digest('hex').slice(0, 16)
  return join(tmpdir(), `sluice-archive-${name}.sock`)
}
