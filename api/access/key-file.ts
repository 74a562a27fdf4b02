import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import type { FindKey } from './token-check.ts'

/** How often the file is looked at, at most. */
const LOOK_MS = 1_000

/**
 * The public keys of a JWKS file. A file that is put in its place later holds from its next second on: a key is added before the first
 * token is signed with it, and removed after the last has expired. One that cannot be read changes nothing.
 */
export async function keysOfFile(path: string, nowMs: () => number): Promise<FindKey> {
  let stamp = stampOf(path)
  let keys = await read(path)
  let lookedMs = nowMs()
  return async (header, token) => {
    if (nowMs() - lookedMs >= LOOK_MS) {
      lookedMs = nowMs()
      const newest = stampOf(path)
      if (newest !== stamp) {
        // Half-written, or gone for a moment: the keys that were good stay good.
        keys = await read(path).catch(() => keys)
        stamp = newest
      }
    }
    return keys(header, token)
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino}/${stat.mtimeMs}/${stat.size}`
}

async function read(path: string): Promise<LocalJWKSet> {
  return createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet)
}
