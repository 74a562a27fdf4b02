import type { AlertStore } from './alert-store.ts'

/** How entries get into Redis: on one server each whole by a script, on a cluster in one step a slot. Errors are Redis's own. */
export type EntryWriter = Pick<AlertStore, 'positions' | 'write' | 'sweep' | 'lastErasure'>

/** What a hash of offsets holds, as Redis tells it. */
export function offsetsOf(held: Readonly<Record<string, string>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(held).map(([source, offset]) => [source, Number(offset)]))
}
