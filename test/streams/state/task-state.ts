import { Checkpoints } from '../../../streams/state/checkpoint.ts'
import type { CheckpointIdentity } from '../../../streams/state/checkpoint-header.ts'
import type { CheckpointStore } from '../../../streams/state/checkpoint-store.ts'
import { DedupSection } from '../../../streams/state/dedup-section.ts'
import type { DedupTable } from '../../../streams/state/dedup-table.ts'
import { JsonSection } from '../../../streams/state/json-section.ts'
import { StoreSet } from '../../../streams/state/overlay.ts'
import { RowSection } from '../../../streams/state/row-section.ts'
import { RowStore } from '../../../streams/state/row-store.ts'
import { ValueStore } from '../../../streams/state/value-store.ts'
import { dedupTable, hashOf, IDENTITY, PLACE } from './support.ts'

/** A task's state in small: ids, a counter for each of a few senders, and one register. */
export class TaskState {
  readonly dedup: DedupTable
  readonly senders = new RowStore({
    name: 'senders',
    rowBytes: 200,
    keyed: true,
    maxRows: 100_000,
    setting: 'velocity.maxSenders',
    place: PLACE,
  })
  readonly rules = new ValueStore<{ version: number }>({ version: 0 })
  readonly set: StoreSet
  readonly checkpoints: Checkpoints

  constructor(files: CheckpointStore, identity: CheckpointIdentity = IDENTITY, maxIds = 1_000_000) {
    this.dedup = dedupTable(maxIds)
    this.set = new StoreSet([this.dedup, this.senders, this.rules])
    const globals = {
      read: () => this.rules.get(),
      write: (value: unknown) => {
        this.rules.set(value as { version: number })
      },
    }
    this.checkpoints = new Checkpoints(files, identity, [
      new DedupSection('dedup', this.dedup),
      new RowSection(this.senders),
      new JsonSection('globals', globals),
    ])
  }

  /** Folds the records [from, to): each id is new, and counts for one of `senders` senders. */
  fold(from: number, to: number, senders = 500): void {
    for (let id = from; id < to; id++) {
      this.dedup.insert(...hashOf(id), id, id * 10, id)
      const key = hashOf(1_000_000 + (id % senders))
      const known = this.senders.find(...key)
      const row = known < 0 ? this.senders.insert(...key) : known
      this.senders.writable(row)
      this.senders.words(row)[this.senders.base(row)]!++
    }
    this.rules.set({ version: to })
  }

  /** Equal states have equal digests. */
  digest(streamTimeMs: number): string {
    const senders = this.senders.digest((row, digest) => {
      digest.int(this.senders.words(row)[this.senders.base(row)]!)
    })
    return `${this.dedup.digest(streamTimeMs)} ${senders} ${this.rules.get().version}`
  }
}

/** The digest of a state that has folded the first `records` records and nothing else. */
export function digestAfter(records: number, files: CheckpointStore, streamTimeMs = records * 10): string {
  const state = new TaskState(files)
  state.fold(0, records)
  return state.digest(streamTimeMs)
}
