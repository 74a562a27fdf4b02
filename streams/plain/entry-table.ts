import { setImmediate } from 'node:timers/promises'
import { invariant, StreamsError } from '../errors.ts'
import type { TransactionalStore } from '../state/overlay.ts'
import { type CheckpointedStore, type SectionReader, type SectionSnapshot, SLICE_BYTES } from '../state/section.ts'

/** Bytes of key and value together, unless a declaration says otherwise. */
const ENTRY_BYTES_MAX = 65_536
const ENTRIES_BOUND = 2 ** 24
/** Two lengths before each entry. */
const LENGTHS_BYTES = 8
const LOADED_TOGETHER = 10_000

/** How much a table may hold: `entriesMax` entries of at most `entryBytesMax` bytes each (default 64 KiB). */
export interface TableBounds {
  readonly entriesMax: number
  readonly entryBytesMax?: number
}

/**
 * Encoded entries by encoded key, taken back with their task's other stores. A key is a string of one character a byte.
 * The bytes are never changed in place, so an overlay keeps references as old images, and a snapshot is a list of them.
 */
export class EntryTable implements TransactionalStore, CheckpointedStore {
  readonly name: string
  readonly layout = 'entries/1'
  private readonly bounds: Required<TableBounds>
  private entries = new Map<string, Uint8Array>()
  /** By overlay, oldest first: what stood under each key before its first write; undefined for nothing. */
  private readonly before: Map<string, Uint8Array | undefined>[] = []

  constructor(name: string, { entriesMax, entryBytesMax = ENTRY_BYTES_MAX }: TableBounds) {
    const inRange = Number.isInteger(entriesMax) && entriesMax >= 1 && entriesMax <= ENTRIES_BOUND
    if (!inRange) throw storeError('STORE_SETTING', `entriesMax of store ${name} is 1 to ${ENTRIES_BOUND}`)
    this.name = name
    this.bounds = { entriesMax, entryBytesMax }
  }

  get size(): number {
    return this.entries.size
  }

  /** Every key, for whoever keeps an index of them. */
  keys(): IterableIterator<string> {
    return this.entries.keys()
  }

  get(key: string): Uint8Array | undefined {
    return this.entries.get(key)
  }

  /** @throws StreamsError STORE_FULL or ENTRY_TOO_LARGE (stop), with nothing changed. */
  set(key: string, value: Uint8Array): void {
    const { entriesMax, entryBytesMax } = this.bounds
    const entryBytes = key.length + value.length
    if (entryBytes > entryBytesMax) {
      const what = `an entry of ${entryBytes} bytes in store ${this.name}, whose entryBytesMax is ${entryBytesMax}`
      throw storeError('ENTRY_TOO_LARGE', `${what}; nothing is lost: raise it, or store less, and start again`)
    }
    if (this.full && !this.entries.has(key)) {
      const what = `store ${this.name} holds ${entriesMax} entries, and that is its entriesMax`
      throw storeError('STORE_FULL', `${what}; nothing is lost: raise it and start again`)
    }
    this.remember(key)
    this.entries.set(key, value)
  }

  get full(): boolean {
    return this.entries.size >= this.bounds.entriesMax
  }

  delete(key: string): void {
    if (!this.entries.has(key)) return
    this.remember(key)
    this.entries.delete(key)
  }

  /** Deletes for good, whatever becomes of the open overlays: for what nobody can ask for again, were they dropped. */
  purge(key: string): void {
    this.entries.delete(key)
    for (const images of this.before) images.delete(key)
  }

  private remember(key: string): void {
    const youngest = this.before.at(-1)
    if (youngest !== undefined && !youngest.has(key)) youngest.set(key, this.entries.get(key))
  }

  openOverlay(): void {
    this.before.push(new Map())
  }

  mergeOldest(): void {
    invariant(this.before.shift() !== undefined, 'no overlay to merge')
  }

  dropYoungest(): void {
    const images = this.before.pop()
    invariant(images !== undefined, 'no overlay to drop')
    for (const [key, value] of images) {
      if (value === undefined) this.entries.delete(key)
      else this.entries.set(key, value)
    }
  }

  snapshot(): SectionSnapshot {
    invariant(this.before.length === 0, 'a snapshot begins within an overlay')
    return new TableSnapshot([...this.entries])
  }

  async restore(reader: SectionReader): Promise<void> {
    invariant(this.entries.size === 0, 'a snapshot is loaded into a store in use')
    const bytes = Buffer.alloc(reader.byteLength)
    await reader.read(bytes)
    for (let at = 0, loaded = 0; at < bytes.length; loaded++) {
      const valueAt = at + LENGTHS_BYTES + bytes.readUInt32LE(at)
      const end = valueAt + bytes.readUInt32LE(at + 4)
      // A copy of its own, so that one small entry does not keep the whole section in memory.
      const value = new Uint8Array(bytes.subarray(valueAt, end))
      this.entries.set(bytes.toString('latin1', at + LENGTHS_BYTES, valueAt), value)
      at = end
      if (loaded % LOADED_TOGETHER === LOADED_TOGETHER - 1) await setImmediate()
    }
  }
}

/** A frozen list of entries, given out in slices. */
class TableSnapshot implements SectionSnapshot {
  readonly byteLength: number
  private entries: readonly (readonly [string, Uint8Array])[]
  private position = 0

  constructor(entries: readonly (readonly [string, Uint8Array])[]) {
    this.entries = entries
    this.byteLength = entries.reduce((sum, entry) => sum + encodedBytes(entry), 0)
  }

  next(): Uint8Array | null {
    const { entries } = this
    const from = this.position
    let size = 0
    while (this.position < entries.length && size < SLICE_BYTES) size += encodedBytes(entries[this.position++]!)
    if (size === 0) return null
    const slice = Buffer.allocUnsafe(size)
    let at = 0
    for (const [key, value] of entries.slice(from, this.position)) {
      slice.writeUInt32LE(key.length, at)
      slice.writeUInt32LE(value.length, at + 4)
      slice.write(key, at + LENGTHS_BYTES, 'latin1')
      slice.set(value, at + LENGTHS_BYTES + key.length)
      at += LENGTHS_BYTES + key.length + value.length
    }
    return slice
  }

  release(): void {
    this.entries = []
  }
}

function encodedBytes([key, value]: readonly [string, Uint8Array]): number {
  return LENGTHS_BYTES + key.length + value.length
}

/** The encoded form of a key as a table's key: one character a byte. */
export function tableKey(encoded: Uint8Array): string {
  return Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength).toString('latin1')
}

function storeError(code: string, what: string): StreamsError {
  return new StreamsError(code, 'stop', what)
}
