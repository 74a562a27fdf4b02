import { statfsSync } from 'node:fs'
import { StreamsError } from '../errors.ts'

const ENOSPC = 28
const EIO = 5

/**
 * What a failed write or sync means: the log stops, whatever it was. A second sync that succeeds proves nothing, for
 * the kernel may have dropped the pages of the first; only a restart reads what the disk really has.
 */
export function storageStopped(directory: string, error: unknown): StreamsError {
  const code = (error as { code?: unknown }).code
  const free = freeBytes(directory)
  const detail = error instanceof Error ? error.message : String(error)
  // A write that a full disk cuts short is reported as an I/O error.
  if (code === ENOSPC || (code === EIO && free !== null && free < 1 << 20)) {
    return new StreamsError(
      'DISK_FULL',
      'stop',
      `the disk under ${directory} is full (${free ?? 'unknown'} bytes free): free some space, then start again; ` +
        'nothing acknowledged is lost',
      {},
      error,
    )
  }
  return new StreamsError(
    'STORAGE_FAILED',
    'stop',
    `the log in ${directory} could not be written (${detail}): check the disk, then start again; ` +
      'nothing acknowledged is lost',
    {},
    error,
  )
}

function freeBytes(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return null // The folder itself is gone; the caller's message names it.
  }
}
