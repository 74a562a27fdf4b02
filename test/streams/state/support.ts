import type { CheckpointIdentity } from '../../../streams/state/checkpoint-header.ts'
import {
  type CheckpointSource,
  type CheckpointStore,
  type CheckpointTarget,
  parseCheckpointName,
} from '../../../streams/state/checkpoint-store.ts'
import { DedupTable } from '../../../streams/state/dedup-table.ts'

export const HOUR_MS = 3_600_000
export const SETTING = 'dedup.maxIdsPerPartition'
export const PLACE = { topic: 'payments.submitted', partition: 3 }

export const IDENTITY: CheckpointIdentity = {
  topology: 'payments',
  semanticsVersion: 1,
  topic: PLACE.topic,
  partition: PLACE.partition,
  stateKeyId: 'k1',
  createdBy: 'test',
}

export function dedupTable(maxIds = 1_000_000): DedupTable {
  return new DedupTable({ horizonMs: HOUR_MS, maxIds, setting: SETTING, place: PLACE })
}

export type Hash = readonly [h0: number, h1: number, h2: number, h3: number]

/** A uniform hash, as a keyed hash would give. */
export function hashOf(id: number): Hash {
  const words = [0, 0, 0, 0].map((_, word) => {
    let x = Math.imul(id + 1, 0x9e3779b1) ^ Math.imul(word + 1, 0x85ebca6b)
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
    return x ^ (x >>> 16)
  })
  return words as unknown as Hash
}

/** Hashes that agree in segment, tag and place for many ids: the index alone cannot tell them apart. */
export function collidingHashOf(id: number): Hash {
  return [id % 2, -(id % 3), id, 7]
}

/** Checkpoints in memory: the port's contract without a disk. `files` may be damaged by a test. */
export class MemoryCheckpoints implements CheckpointStore {
  readonly files = new Map<string, Uint8Array>()

  list(topic: string, partition: number) {
    const entries = [...this.files.keys()].flatMap((name) => parseCheckpointName(name, topic, partition) ?? [])
    return Promise.resolve(entries.sort((a, b) => b.nextOffset - a.nextOffset))
  }

  open(name: string): Promise<CheckpointSource> {
    const bytes = this.files.get(name)
    if (bytes === undefined) return Promise.reject(new Error(`no ${name}`))
    const read = (position: number, target: Uint8Array) => {
      target.set(bytes.subarray(position, position + target.length))
      return Promise.resolve()
    }
    return Promise.resolve({ byteLength: bytes.length, read, close: () => Promise.resolve() })
  }

  create(name: string): Promise<CheckpointTarget> {
    const slices: Uint8Array[] = []
    return Promise.resolve({
      write: (bytes) => Promise.resolve(void slices.push(bytes.slice())),
      commit: () => Promise.resolve(void this.files.set(name, new Uint8Array(Buffer.concat(slices)))),
      abort: () => Promise.resolve(),
    })
  }

  remove(name: string): Promise<void> {
    this.files.delete(name)
    return Promise.resolve()
  }
}
