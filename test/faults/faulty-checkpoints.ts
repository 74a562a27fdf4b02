import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type {
  CheckpointEntry,
  CheckpointSource,
  CheckpointStore,
  CheckpointTarget,
} from '../../streams/state/checkpoint-store.ts'
import type { Failpoint } from './failpoint.ts'

/** Parts of a checkpoint that are written before it is half written: its head and a few of its sections' slices. */
const HALF_OF_THE_WRITES = 4

/** A store of checkpoints whose user can be killed while it writes and reads them. */
export class FaultyCheckpoints implements CheckpointStore {
  private readonly files: CheckpointStore
  private readonly failpoint: Failpoint
  private readonly opened: (name: string) => void

  /** `opened` hears the name of each checkpoint that is read. */
  constructor(files: CheckpointStore, failpoint: Failpoint, opened: (name: string) => void) {
    this.files = files
    this.failpoint = failpoint
    this.opened = opened
  }

  list(topic: string, partition: number): Promise<readonly CheckpointEntry[]> {
    return this.files.list(topic, partition)
  }

  async open(name: string): Promise<CheckpointSource> {
    const source = await this.files.open(name)
    this.opened(name)
    return {
      byteLength: source.byteLength,
      read: async (position, target) => {
        await source.read(position, target)
        this.failpoint.reached('checkpoint-read')
      },
      close: () => source.close(),
    }
  }

  async create(name: string): Promise<CheckpointTarget> {
    this.failpoint.reached('snapshot-begun')
    const target = await this.files.create(name)
    let writes = 0
    return {
      write: async (bytes) => {
        await target.write(bytes)
        if (++writes === HALF_OF_THE_WRITES) this.failpoint.reached('half-written')
      },
      commit: () => target.commit(),
      abort: () => target.abort(),
    }
  }

  remove(name: string): Promise<void> {
    return this.files.remove(name)
  }
}

/** Puts the failpoint around the rename of a checkpoint: no interface of ours shows that step. */
export function failAroundRename(failpoint: Failpoint): void {
  const { rename } = promises
  promises.rename = async (from, to) => {
    failpoint.reached('before-rename')
    await rename(from, to)
    failpoint.reached('before-directory-sync')
  }
  syncBuiltinESMExports()
}
