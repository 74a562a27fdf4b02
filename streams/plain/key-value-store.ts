import { EntryTable, type TableBounds, tableKey } from './entry-table.ts'
import type { Serde } from './serde.ts'
import { defineStore, type StoreDeclaration } from './store.ts'
import { misuse } from './topic.ts'

/** What a store's keys and values are, and how much it may hold in each partition. */
export interface KeyValueSettings<K, V> extends TableBounds {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * The latest value of each key, of one partition. Values go through their serde at once: what is read is a copy, and
 * changing it changes nothing until it is `set`.
 */
export interface KeyValueStore<K, V> {
  /** How many keys have a value. */
  readonly size: number
  get(key: K): V | undefined
  /** @throws StreamsError STORE_FULL or ENTRY_TOO_LARGE (stop) at the store's bounds. */
  set(key: K, value: V): void
  delete(key: K): void
}

/** Declares a store of values by key. Its state is what the input makes of it, on every start the same. */
export function keyValueStore<K, V>(
  name: string,
  settings: KeyValueSettings<K, V>,
): StoreDeclaration<KeyValueStore<K, V>> {
  return defineStore(name, () => {
    const table = new EntryTable(name, settings)
    return { table, handle: new TableStore(table, settings), expire: () => {} }
  })
}

class TableStore<K, V> implements KeyValueStore<K, V> {
  private readonly table: EntryTable
  private readonly settings: KeyValueSettings<K, V>

  constructor(table: EntryTable, settings: KeyValueSettings<K, V>) {
    this.table = table
    this.settings = settings
  }

  get size(): number {
    return this.table.size
  }

  get(key: K): V | undefined {
    const encoded = this.table.get(this.encodeKey(key))
    return encoded === undefined ? undefined : this.settings.value.decode(encoded)
  }

  set(key: K, value: V): void {
    this.table.set(this.encodeKey(key), requireBytes(this.table.name, this.settings.value.encode(value)))
  }

  delete(key: K): void {
    this.table.delete(this.encodeKey(key))
  }

  private encodeKey(key: K): string {
    return tableKey(requireBytes(this.table.name, this.settings.key.encode(key)))
  }
}

/** A store holds no null: what is absent is deleted. */
export function requireBytes(store: string, encoded: Uint8Array | null): Uint8Array {
  if (encoded === null) throw misuse(`store ${store} takes no null; delete the entry instead`)
  return encoded
}
