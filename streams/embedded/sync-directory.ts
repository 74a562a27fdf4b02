import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Brings a directory's entries to the disk: a new or renamed file may else be gone after a power cut. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
