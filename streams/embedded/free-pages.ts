import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type EnvironmentName, pageSizeOf, type Store, usedBytes } from './environment.ts'
import type { Environment } from './environments.ts'
import { fillerKey, fillerKeys } from './log-keys.ts'
import type { WriteAnswer, WriteRequest } from './write-request.ts'

/** What lmdb puts before the bytes of a page that holds one value. */
const PAGE_HEADER_BYTES = 24
/** Pages that one transaction fills or empties, so that no commit waits long for it. */
const PAGES_AT_ONCE = 1_024
/** The most of its bound that an environment is filled to meanwhile: appends must find room. */
const FILLED_MAX = 0.9

/**
 * Overwrites what dropped batches leave: LMDB frees their pages and leaves the bytes. Values of one page each take every free page, and are
 * then removed. Pages that a reader may still look at are not free yet, so what was dropped in the last moments needs another call.
 * Returns how many pages were overwritten.
 */
export async function overwriteFreePages(
  directory: string,
  { name, store, writer, bytesMax }: Environment,
): Promise<number> {
  // What a process that died in the middle of this has left.
  await empty(writer)
  store.resetReadTxn()
  const pageSize = pageSizeOf(store)
  const used = Math.ceil(usedBytes(store) / pageSize)
  const bound = Math.floor((bytesMax * FILLED_MAX) / pageSize)
  const pages = Math.min(filePages(directory, name, pageSize), bound) - used
  for (let from = 0; from < pages; from += PAGES_AT_ONCE) {
    await writer.write<'fill-pages'>({
      kind: 'fill-pages',
      from,
      pages: Math.min(PAGES_AT_ONCE, pages - from),
      valueBytes: pageSize - PAGE_HEADER_BYTES,
    })
  }
  await empty(writer)
  return Math.max(0, pages)
}

async function empty(writer: Environment['writer']): Promise<void> {
  for (let more = true; more; ) {
    more = (await writer.write<'empty-pages'>({ kind: 'empty-pages', pagesMax: PAGES_AT_ONCE })).more
  }
}

function filePages(directory: string, name: EnvironmentName, pageSize: number): number {
  return Math.floor((statSync(join(directory, name, 'data.mdb'), { throwIfNoEntry: false })?.size ?? 0) / pageSize)
}

export function fillPages(store: Store, { from, pages, valueBytes }: WriteRequest<'fill-pages'>): null {
  const zeros = new Uint8Array(valueBytes)
  for (let page = from; page < from + pages; page++) store.putSync(fillerKey(page), zeros)
  return null
}

export function emptyPages(store: Store, { pagesMax }: WriteRequest<'empty-pages'>): WriteAnswer<'empty-pages'> {
  const keys = [...store.getKeys({ ...fillerKeys, limit: pagesMax })]
  for (const key of keys) store.removeSync(key)
  return { more: keys.length === pagesMax }
}
