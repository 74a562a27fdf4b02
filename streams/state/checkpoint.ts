import { setImmediate } from 'node:timers/promises'
import { crc32c } from '@node-rs/crc32'
import { invariant, StreamsError } from '../errors.ts'
import {
  type CheckpointHeader,
  type CheckpointIdentity,
  type CheckpointPosition,
  encodeHeader,
  Refusal,
  writeCrc,
} from './checkpoint-header.ts'
import { restoreStores, verifyCheckpoint } from './checkpoint-reader.ts'
import { type CheckpointStore, type CheckpointTarget, checkpointName } from './checkpoint-store.ts'
import type { CheckpointedStore, SectionSnapshot } from './section.ts'

/** A checkpoint that was not believed. */
export interface RefusedCheckpoint {
  readonly name: string
  readonly reason: string
}

/** `header` is null when no checkpoint was believed: fold the log from its beginning, if it is all there. */
export interface LoadedCheckpoint {
  readonly header: CheckpointHeader | null
  readonly refused: readonly RefusedCheckpoint[]
}

/** A state that is frozen and not written yet. */
export interface PendingCheckpoint {
  readonly header: CheckpointHeader
  /**
   * Writes it slice by slice while the task goes on; resolves when it is durable and older ones are pruned.
   * @throws StreamsError CHECKPOINT_FAILED; the state and the earlier checkpoints are untouched.
   */
  write(): Promise<void>
  /** Gives the frozen state up instead. */
  discard(): void
}

/** The checkpoints of one task: one file each, the newest two kept. */
export class Checkpoints {
  readonly #files: CheckpointStore
  readonly #identity: CheckpointIdentity
  readonly #stores: readonly CheckpointedStore[]
  /** The newest that this process has written or verified; null in a task that goes on from a standby's state. */
  #believed: string | null = null
  #refused: RefusedCheckpoint[] = []
  #pending = false

  constructor(files: CheckpointStore, identity: CheckpointIdentity, stores: readonly CheckpointedStore[]) {
    this.#files = files
    this.#identity = identity
    this.#stores = stores
  }

  /** Freezes the committed state at this position; synchronous, at a moment when no overlay is open. */
  begin({ nextOffset, streamTimeMs }: CheckpointPosition): PendingCheckpoint {
    invariant(!this.#pending, 'a checkpoint begins while the one before is still being written', this.#place)
    const snapshots: SectionSnapshot[] = []
    const release = () => {
      for (const snapshot of snapshots) snapshot.release()
      this.#pending = false
    }
    try {
      for (const store of this.#stores) snapshots.push(store.snapshot())
    } catch (error) {
      release()
      throw error
    }
    this.#pending = true
    const sections = this.#stores.map(({ name, layout }, number) => {
      return { name, layout, byteLength: snapshots[number]!.byteLength }
    })
    const header: CheckpointHeader = { ...this.#identity, nextOffset, streamTimeMs, sections }
    return { header, write: () => this.#write(header, snapshots).finally(release), discard: release }
  }

  async #write(header: CheckpointHeader, snapshots: readonly SectionSnapshot[]): Promise<void> {
    const name = checkpointName(header.topic, header.partition, header.nextOffset)
    try {
      const target = await this.#files.create(name)
      try {
        await writeSections(target, header, snapshots)
      } catch (error) {
        await target.abort()
        throw error
      }
      await target.commit()
      await this.#prune(name, header.nextOffset)
    } catch (error) {
      if (error instanceof StreamsError) throw error
      throw this.#failed(name, error)
    }
  }

  #failed(name: string, error: unknown): StreamsError {
    const { code, message } = error as NodeJS.ErrnoException
    // After EIO nothing is known about what the disk holds; everything else may pass.
    const next = code === 'EIO' ? 'stop' : 'retry'
    const what = `checkpoint ${name} was not written: ${message}; the earlier ones stand`
    return new StreamsError('CHECKPOINT_FAILED', next, what, this.#place, error)
  }

  async #prune(newest: string, nextOffset: number): Promise<void> {
    const before = this.#believed
    this.#believed = newest
    const listed = await this.#files.list(this.#identity.topic, this.#identity.partition)
    const older = listed.filter((entry) => entry.nextOffset < nextOffset)
    // One that nobody here has looked at, the predecessor's, is better than none beside the newest.
    const refused = new Set(this.#refused.map(({ name }) => name).filter((name) => name !== newest))
    const second = older.find(({ name }) => name === before) ?? older.find(({ name }) => !refused.has(name))
    for (const entry of older) {
      // A refused one is left to the operator until two newer ones stand: by then the log that it would be folded with is let go of.
      const isLeft = refused.has(entry.name) && entry.nextOffset > (second?.nextOffset ?? -1)
      if (entry !== second && !isLeft) await this.#files.remove(entry.name)
    }
  }

  /** Fills the stores, which must be new, from the newest checkpoint that can be believed. */
  async load(): Promise<LoadedCheckpoint> {
    this.#refused = []
    for (const { name, nextOffset } of await this.#files.list(this.#identity.topic, this.#identity.partition)) {
      const header = await this.#tryLoad(name, nextOffset)
      if (header === null) continue
      this.#believed = name
      return { header, refused: this.#refused }
    }
    return { header: null, refused: this.#refused }
  }

  async #tryLoad(name: string, nextOffset: number): Promise<CheckpointHeader | null> {
    let restoring = false
    try {
      const source = await this.#files.open(name)
      try {
        const verified = await verifyCheckpoint(source, this.#identity, this.#stores)
        const inside = verified.header.nextOffset
        if (inside !== nextOffset) throw new Refusal(`its name says offset ${nextOffset}, its header ${inside}`)
        restoring = true
        await restoreStores(source, verified, this.#stores)
        return verified.header
      } finally {
        await source.close()
      }
    } catch (error) {
      const reason = (error as Error).message
      // A store that cannot take what was verified says what happens next. Its invariants do not hold of bytes that have changed since.
      if (restoring && error instanceof StreamsError && error.code !== 'INVARIANT') throw error
      // The stores are half filled now, so no other checkpoint can be tried.
      if (restoring) throw new StreamsError('CHECKPOINT_CHANGED', 'abort', `${name}: ${reason}`, this.#place, error)
      if (error instanceof Refusal) this.#refused.push({ name, reason })
      else this.#refused.push({ name, reason: `it cannot be read: ${reason}` })
      return null
    }
  }

  get #place() {
    return { topic: this.#identity.topic, partition: this.#identity.partition }
  }
}

async function writeSections(
  target: CheckpointTarget,
  header: CheckpointHeader,
  snapshots: readonly SectionSnapshot[],
): Promise<void> {
  const head = encodeHeader(header)
  let whole = crc32c(head)
  await target.write(head)
  for (const snapshot of snapshots) {
    let crc = 0
    for (let slice = snapshot.next(); slice !== null; slice = snapshot.next()) {
      crc = crc32c(slice, crc)
      whole = crc32c(slice, whole)
      await target.write(slice)
      // A store of checkpoints that answers at once must not keep the task from its next batch.
      await setImmediate()
    }
    const end = writeCrc(crc)
    whole = crc32c(end, whole)
    await target.write(end)
  }
  await target.write(writeCrc(whole))
}
