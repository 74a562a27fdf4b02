import type { StreamTime } from '../stream-time.ts'
import type { EntryTable } from './entry-table.ts'
import { misuse } from './topic.ts'

/** One partition's instance of a store: what the task drives, and what processors use. */
export interface StoreInstance<S> {
  readonly table: EntryTable
  readonly handle: S
  /** Frees what committed stream time has made unreachable: some of it, or all. */
  readonly expire: (all: boolean) => void
}

/** A declared store; each partition has one of its own. `S` is what `context.store` answers. */
export interface StoreDeclaration<S> {
  readonly name: string
  /** What a task makes of it; not for callers. */
  readonly create: (streamTime: StreamTime) => StoreInstance<S>
}

/** A store's name stands in checkpoints. */
const NAME = /^[A-Za-z0-9._-]{1,64}$/

/** Checks the name, and the settings by making one instance. */
export function defineStore<S>(
  name: string,
  create: (streamTime: StreamTime) => StoreInstance<S>,
): StoreDeclaration<S> {
  if (!NAME.test(name)) throw misuse(`a store's name has 1 to 64 of A-Z a-z 0-9 . _ -, and ${name} is none`)
  return { name, create }
}
