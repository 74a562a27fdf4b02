import type { Store } from './environment.ts'
import { fillerKey, fillerKeys } from './log-keys.ts'
import type { WriteAnswer, WriteRequest } from './write-request.ts'

/** A value up to this stands in the page of its key; a larger one in pages of its own. */
const INLINE_BYTES_MAX = 2_048
const ZERO = Uint8Array.of(0)

/** A database whose keys and values are bytes. */
type Pages = Pick<Store, 'getBinary' | 'getKeys' | 'putSync' | 'removeSync'>

type Asked<K extends 'fill-pages' | 'empty-pages' | 'renew-pages'> = Omit<WriteRequest<K>, 'kind'>

/** Takes free pages for values of zeros, each of a page. */
export function fillPages(store: Pages, { from, pages, valueBytes }: Asked<'fill-pages'>): null {
  const zeros = new Uint8Array(valueBytes)
  for (let page = from; page < from + pages; page++) store.putSync(fillerKey(page), zeros)
  return null
}

/** Gives some of them back; `more` while there are others. */
export function emptyPages(store: Pages, { pagesMax }: Asked<'empty-pages'>): WriteAnswer<'empty-pages'> {
  const keys = [...store.getKeys({ ...fillerKeys, limit: pagesMax })]
  for (const key of keys) store.removeSync(key)
  return { more: keys.length === pagesMax }
}

/** Writes the pages anew in which some values and their keys stand. */
export function renewPages(store: Pages, { from, valuesMax }: Asked<'renew-pages'>): WriteAnswer<'renew-pages'> {
  const keys = [...store.getKeys({ start: from, limit: valuesMax })]
  for (const key of keys) {
    const value = store.getBinary(key)
    if (value === undefined) continue
    if (value.length <= INLINE_BYTES_MAX) {
      store.putSync(key, value)
      continue
    }
    // The page of its key alone: the value's own are whole.
    const beside = after(key)
    store.putSync(beside, ZERO)
    store.removeSync(beside)
  }
  const last = keys.at(-1)
  return { next: last === undefined || keys.length < valuesMax ? null : after(last) }
}

/** The first key that can stand behind another. */
function after(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, ZERO])
}
