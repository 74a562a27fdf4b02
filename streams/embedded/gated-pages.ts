import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, RootDatabase } from 'lmdb'
import { FIRST_KEY, PAGE_HEADER_BYTES } from './free-pages.ts'
import type { GatedStore } from './gated-store.ts'
import { emptyPages, fillPages, renewPages } from './page-fillers.ts'

/** Pages and values that one transaction writes: others wait for the gate meanwhile, and this process for the disk. */
const PAGES_AT_ONCE = 256
const VALUES_AT_ONCE = 64

/** What a database keeps of itself, which the package's types leave out. */
interface DatabaseStats {
  readonly pageSize: number
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

export interface GatedPages {
  readonly store: GatedStore<unknown, string>
  /** The folder of its file. */
  readonly path: string
  /** Every database in it, each made before. */
  readonly names: readonly string[]
  /** One of them, in which nothing else stands. */
  readonly fillers: string
}

/**
 * Overwrites what was removed from an environment that any number of processes write; free-pages.ts says how and why. Twice, since pages that
 * were freed by the first are free to be filled from the second on. Gives the turn back between its transactions.
 */
export async function overwriteGatedPages({ store, path, names, fillers }: GatedPages): Promise<void> {
  const databases = names.map((name) => bytesOf(store.root, name))
  const spare = bytesOf(store.root, fillers)
  for (let round = 0; round < 2; round++) {
    // What a process that died in the middle of this has left.
    await empty(store, spare)
    await fill(store, spare, freePages(store.root, databases, path))
    for (const database of databases) await renew(store, database)
    await fill(store, spare, freePages(store.root, databases, path))
  }
}

function bytesOf(root: RootDatabase<unknown, string>, name: string): Database<Uint8Array, Uint8Array> {
  return root.openDB<Uint8Array, Uint8Array>({ name, keyEncoding: 'binary', encoding: 'binary' })
}

/** Pages of the file that hold nothing, and of which LMDB needs none for itself. */
function freePages(root: RootDatabase<unknown, string>, databases: readonly Database[], path: string): number {
  root.resetReadTxn()
  let used = 0
  let pageSize = 0
  for (const database of [root, ...databases]) {
    const stats = database.getStats() as DatabaseStats
    pageSize = stats.pageSize
    used += stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages
  }
  return Math.max(0, Math.floor(statSync(join(path, 'data.mdb')).size / pageSize) - used)
}

async function fill(
  { root, write }: GatedStore<unknown, string>,
  spare: Database<Uint8Array, Uint8Array>,
  pages: number,
): Promise<void> {
  const valueBytes = (root.getStats() as DatabaseStats).pageSize - PAGE_HEADER_BYTES
  for (let from = 0; from < pages; from += PAGES_AT_ONCE) {
    write(() => fillPages(spare, { from, pages: Math.min(PAGES_AT_ONCE, pages - from), valueBytes }))
    await turn()
  }
  await empty({ root, write }, spare)
}

async function empty(
  { write }: Pick<GatedStore<unknown, string>, 'root' | 'write'>,
  spare: Database<Uint8Array, Uint8Array>,
): Promise<void> {
  while (write(() => emptyPages(spare, { pagesMax: PAGES_AT_ONCE })).more) await turn()
}

async function renew(
  { write }: GatedStore<unknown, string>,
  database: Database<Uint8Array, Uint8Array>,
): Promise<void> {
  for (let from: Uint8Array | null = FIRST_KEY; from !== null; await turn()) {
    const start: Uint8Array = from
    from = write(() => renewPages(database, { from: start, valuesMax: VALUES_AT_ONCE })).next
  }
}

/** Lets others of this process have theirs. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
