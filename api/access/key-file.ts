import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { FindKey } from './token-check.ts'

/** How often the file is looked at, at most. */
const LOOK_MS = 1_000

/**
 * The public keys of a JWKS file. A file that is put in its place later holds from its next second on: a key is added before the first
 * token is signed with it, and removed after the last has expired. One that cannot be read changes nothing.
 */
export async function keysOfFile(path: string, nowMs: () => number): Promise<FindKey> {
  const read = async () => createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet)
  const current = await rereadFile(path, read, nowMs)
  return async (header) => (await current())(header)
}

/** What `read` makes of a file, made again when another has been put in its place. @throws what the first reading throws */
export async function rereadFile<T>(
  path: string,
  read: () => Promise<T>,
  nowMs: () => number,
): Promise<() => Promise<T>> {
  let stamp = stampOf(path)
  let value = await read()
  let lookedMs = nowMs()
  return async () => {
    if (nowMs() - lookedMs < LOOK_MS) return value
    lookedMs = nowMs()
    const newest = stampOf(path)
    if (newest !== stamp) {
      // Half-written, or gone for a moment: the keys that were good stay good.
      value = await read().catch(() => value)
      stamp = newest
    }
    return value
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino}/${stat.mtimeMs}/${stat.size}`
}
