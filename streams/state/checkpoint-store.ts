/** A checkpoint as it is listed. */
export interface CheckpointEntry {
  readonly name: string
  /** The input offset at which the fold goes on from it. */
  readonly nextOffset: number
}

/** An open checkpoint. */
export interface CheckpointSource {
  readonly byteLength: number
  /** Fills the whole target from `position` on. */
  read(position: number, target: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** A checkpoint being written; nobody sees it before `commit` has settled. */
export interface CheckpointTarget {
  /** The bytes may change after the promise has settled. */
  write(bytes: Uint8Array): Promise<void>
  /** Makes it durable, then visible under its name, in one step. */
  commit(): Promise<void>
  abort(): Promise<void>
}

/** Where checkpoints live: a folder, object storage or a topic. One owner of a partition at a time uses it. */
export interface CheckpointStore {
  /** The checkpoints of a partition, newest (highest offset) first. */
  list(topic: string, partition: number): Promise<readonly CheckpointEntry[]>
  open(name: string): Promise<CheckpointSource>
  create(name: string): Promise<CheckpointTarget>
  remove(name: string): Promise<void>
}

const OFFSET_DIGITS = 16

/** The name of a partition's checkpoint at an offset; names sort by offset. */
export function checkpointName(topic: string, partition: number, nextOffset: number): string {
  return `${topic}-${partition}-${String(nextOffset).padStart(OFFSET_DIGITS, '0')}.checkpoint`
}

/** The entry that a name stands for if it is a checkpoint of this partition. */
export function parseCheckpointName(name: string, topic: string, partition: number): CheckpointEntry | null {
  const digits = name.slice(`${topic}-${partition}-`.length, -'.checkpoint'.length)
  if (!/^\d+$/.test(digits) || name !== checkpointName(topic, partition, Number(digits))) return null
  return { name, nextOffset: Number(digits) }
}
