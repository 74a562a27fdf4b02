import { StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
import {
  type CheckpointEntry,
  type CheckpointSource,
  type CheckpointStore,
  type CheckpointTarget,
  parseCheckpointName,
} from '../state/checkpoint-store.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** A disk of checkpoints in memory: what is committed outlives the processes that write to it. */
export class MemoryCheckpoints {
  /** By name; a test may damage the bytes. */
  readonly files: Map<string, Uint8Array> = new Map()

  /** The disk as one process sees it, with that process' faults. */
  of(process: SimulatedProcess): CheckpointStore {
    return new ProcessCheckpoints(this.files, process)
  }
}

/** Checkpoints belong to a disk and not to a partition of the log, so their errors name none. */
const DISK: TopicPartition = { topic: 'checkpoints', partition: 0 }

class ProcessCheckpoints implements CheckpointStore {
  private readonly files: Map<string, Uint8Array>
  private readonly process: SimulatedProcess

  constructor(files: Map<string, Uint8Array>, process: SimulatedProcess) {
    this.files = files
    this.process = process
  }

  list(topic: string, partition: number): Promise<readonly CheckpointEntry[]> {
    return this.process.request('read-checkpoint', DISK, () =>
      [...this.files.keys()]
        .flatMap((name) => parseCheckpointName(name, topic, partition) ?? [])
        .sort((a, b) => b.nextOffset - a.nextOffset),
    )
  }

  async open(name: string): Promise<CheckpointSource> {
    const { process } = this
    const bytes = await process.request('read-checkpoint', DISK, () => this.files.get(name))
    if (bytes === undefined) throw new StreamsError('NO_FILE', 'stop', `there is no checkpoint ${name}`)
    return {
      byteLength: bytes.length,
      read: (position, target) =>
        process.request('read-checkpoint', DISK, () => target.set(bytes.subarray(position, position + target.length))),
      close: async () => {},
    }
  }

  async create(name: string): Promise<CheckpointTarget> {
    const { process, files } = this
    const slices: Uint8Array[] = []
    return {
      write: (bytes) => process.request('write-checkpoint', DISK, () => void slices.push(bytes.slice())),
      commit: () => process.request('commit-checkpoint', DISK, () => void files.set(name, Buffer.concat(slices))),
      abort: async () => {},
    }
  }

  remove(name: string): Promise<void> {
    return this.process.request('write-checkpoint', DISK, () => void this.files.delete(name))
  }
}
