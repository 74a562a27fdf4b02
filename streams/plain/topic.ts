import { StreamsError } from '../errors.ts'
import { partitionOf } from '../record/partitioner.ts'
import type { Serde } from './serde.ts'

/** A topic: its name, what its keys and values are, and how many partitions it has. Made by `topic`. */
export interface Topic<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly partitions: number
}

/** A topic whose kinds are its own business. */
export type AnyTopic = Pick<Topic<unknown, unknown>, 'name' | 'partitions'>

/** What Kafka allows as a topic's name. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/
const PARTITIONS_MAX = 1_024

/**
 * Declares a topic. `partitions` (default 1) is how far its work can be spread and cannot be changed later: the
 * partition of a key follows from it.
 */
export function topic<K, V>(
  name: string,
  { key, value, partitions = 1 }: { readonly key: Serde<K>; readonly value: Serde<V>; readonly partitions?: number },
): Topic<K, V> {
  if (!NAME.test(name)) throw misuse(`a topic's name has 1 to 249 of A-Z a-z 0-9 . _ -, and ${name} is none`)
  const countable = Number.isInteger(partitions) && partitions >= 1 && partitions <= PARTITIONS_MAX
  if (!countable) throw misuse(`topic ${name} has 1 to ${PARTITIONS_MAX} partitions, not ${partitions}`)
  return { name, key, value, partitions }
}

/**
 * The partition of a record: by its key as every Kafka producer chooses it; without a key the one that the caller is at.
 */
export function partitionOfKey({ partitions }: AnyTopic, key: Uint8Array | null, without: number): number {
  return key === null ? without % partitions : partitionOf(key, 0, key.length, partitions)
}

/** What a caller of this library has done wrong. */
export function misuse(what: string): StreamsError {
  return new StreamsError('MISUSE', 'stop', what)
}
