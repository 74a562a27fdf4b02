import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { FindKey } from './token-check.ts'

/** How often the file is looked at, at most. */
const LOOK_MS = 1_000

export interface Rereading {
  readonly nowMs: () => number
  /** Told once of each file that cannot be read in the place of a good one; what was read before stays good. */
  readonly onUnread: (path: string, error: Error) => void
}

/**
 * The public keys of a JWKS file. A file that is put in its place later holds from its next second on: a key is added before the first
 * token is signed with it, and removed after the last has expired. One that cannot be read changes nothing until it can.
 */
export async function keysOfFile(path: string, rereading: Rereading): Promise<FindKey> {
  const read = async () => createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet)
  const current = await rereadFile(path, read, rereading)
  return async (header) => (await current())(header)
}

/** What `read` makes of a file, made again when another has been put in its place. @throws what the first reading throws */
export async function rereadFile<T>(
  path: string,
  read: () => Promise<T>,
  { nowMs, onUnread }: Rereading,
): Promise<() => Promise<T>> {
  let stamp = stampOf(path)
  let value = await read()
  let lookedMs = nowMs()
  let toldOf: string | null = null
  return async () => {
    if (nowMs() - lookedMs < LOOK_MS) return value
    lookedMs = nowMs()
    const newest = stampOf(path)
    if (newest === stamp) {
      toldOf = null
      return value
    }
    try {
      value = await read()
      // Not before: rights that are set right leave the stamp as it is, and the file would never be read.
      stamp = newest
    } catch (error) {
      // Half-written, or gone for a moment: the keys that were good stay good.
      if (newest !== toldOf) onUnread(path, error as Error)
      toldOf = newest
    }
    return value
  }
}

/** Tells a file from the one before it; empty when it cannot even be looked at, which reading it says better. */
function stampOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path)
    return `${ino}/${mtimeMs}/${size}`
  } catch {
    return ''
  }
}
