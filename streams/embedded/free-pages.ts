import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type EnvironmentName, pageSizeOf, usedBytes } from './environment.ts'
import type { Environment } from './environments.ts'

/** What lmdb puts before the bytes of a page that holds one value. */
export const PAGE_HEADER_BYTES = 24
/** Pages that one transaction fills or empties, so that no commit waits long for it. */
const PAGES_AT_ONCE = 1_024
/** Values that one transaction looks at to renew the pages that hold them. */
const VALUES_AT_ONCE = 64
export const FIRST_KEY: Uint8Array = Uint8Array.of(0)

/** The most of its bound that an environment is filled to meanwhile: appends must find room. */
const FILLED_MAX = 0.9

/**
 * Overwrites what dropped batches leave. LMDB frees their pages and leaves the bytes: values of one page each take every free page, and are
 * then removed. It also leaves bytes in the unused middle of pages that are still used: each is written anew, which copies what it holds
 * alone, and the pages before it are overwritten as well. What was dropped in the last moments needs another call, since a reader may
 * still look at it. Returns how many pages were overwritten.
 */
export async function overwriteFreePages(directory: string, environment: Environment): Promise<number> {
  const { writer } = environment
  // What a process that died in the middle of this has left.
  await empty(writer)
  // From here on the writing thread's spare memory is zeros, so that is what the middle of a new page is.
  const before = await fill(directory, environment)
  for (let from: Uint8Array | null = FIRST_KEY; from !== null; ) {
    from = (await writer.write<'renew-pages'>({ kind: 'renew-pages', from, valuesMax: VALUES_AT_ONCE })).next
  }
  return before + (await fill(directory, environment))
}

async function fill(directory: string, { name, store, writer, bytesMax }: Environment): Promise<number> {
  store.resetReadTxn()
  const pageSize = pageSizeOf(store)
  const used = Math.ceil(usedBytes(store) / pageSize)
  const bound = Math.floor((bytesMax * FILLED_MAX) / pageSize)
  const pages = Math.max(0, Math.min(filePages(directory, name, pageSize), bound) - used)
  const valueBytes = pageSize - PAGE_HEADER_BYTES
  for (let from = 0; from < pages; from += PAGES_AT_ONCE) {
    const count = Math.min(PAGES_AT_ONCE, pages - from)
    await writer.write<'fill-pages'>({ kind: 'fill-pages', from, pages: count, valueBytes })
  }
  await empty(writer)
  return pages
}

async function empty(writer: Environment['writer']): Promise<void> {
  for (let more = true; more; ) {
    more = (await writer.write<'empty-pages'>({ kind: 'empty-pages', pagesMax: PAGES_AT_ONCE })).more
  }
}

function filePages(directory: string, name: EnvironmentName, pageSize: number): number {
  return Math.floor((statSync(join(directory, name, 'data.mdb'), { throwIfNoEntry: false })?.size ?? 0) / pageSize)
}
