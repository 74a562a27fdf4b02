/**
 * The keys of the embedded log: one byte of kind, then big-endian numbers or text, so that a partition's batches stand
 * in offset order.
 */
const KIND = {
  identity: 0x01,
  counter: 0x02,
  topic: 0x03,
  batch: 0x10,
  partition: 0x11,
  version: 0x12,
  filler: 0x13,
} as const
const NAMED = { task: 0x20, owner: 0x21, group: 0x22, producer: 0x23, producerEpoch: 0x24, sequences: 0x25 } as const

export const identityKey: Uint8Array = Uint8Array.of(KIND.identity)

/** Counts the transactions that appended something: readers that wait look at this one value. */
export const versionKey: Uint8Array = Uint8Array.of(KIND.version)

/** A value that takes a page and says nothing: free pages are overwritten by it. */
export function fillerKey(number: number): Uint8Array {
  const key = Buffer.alloc(5)
  key[0] = KIND.filler
  key.writeUInt32BE(number, 1)
  return key
}

/** The bounds of all fillers' keys. */
export const fillerKeys: { readonly start: Uint8Array; readonly end: Uint8Array } = {
  start: Uint8Array.of(KIND.filler),
  end: Uint8Array.of(KIND.filler + 1),
}

/** A number that only grows: ids of topics and producers. */
export function counterKey(name: 'topic' | 'producer'): Uint8Array {
  return Buffer.concat([Buffer.of(KIND.counter), Buffer.from(name)])
}

export function topicKey(topic: string): Uint8Array {
  return Buffer.concat([Buffer.of(KIND.topic), Buffer.from(topic)])
}

/** The bounds of all topics' keys. */
export const topicKeys: { readonly start: Uint8Array; readonly end: Uint8Array } = {
  start: Uint8Array.of(KIND.topic),
  end: Uint8Array.of(KIND.topic + 1),
}

export function partitionKey(topicId: number, partition: number): Uint8Array {
  return partitionPrefix(KIND.partition, topicId, partition, 5)
}

const BATCH_KEY_BYTES = 13

export function batchKey(topicId: number, partition: number, baseOffset: number): Uint8Array {
  const key = partitionPrefix(KIND.batch, topicId, partition, BATCH_KEY_BYTES)
  setKeyOffset(key, baseOffset)
  return key
}

/** Points a batch key at another offset of the same partition. */
export function setKeyOffset(key: Uint8Array, offset: number): void {
  let rest = offset
  for (let at = BATCH_KEY_BYTES - 1; at >= 5; at--) {
    key[at] = rest & 0xff
    rest = Math.floor(rest / 256)
  }
}

export function keyOffset(key: Uint8Array): number {
  let offset = 0
  for (let at = 5; at < BATCH_KEY_BYTES; at++) offset = offset * 256 + (key[at] as number)
  return offset
}

/** What belongs to a name and a partition: a task's offset and owner, a group's offset. */
export function namedPartitionKey(
  kind: 'task' | 'owner' | 'group',
  name: string,
  topicId: number,
  partition: number,
): Uint8Array {
  return Buffer.concat([partitionPrefix(NAMED[kind], topicId, partition, 5), Buffer.from(name)])
}

export function producerKey(name: string): Uint8Array {
  return Buffer.concat([Buffer.of(NAMED.producer), Buffer.from(name)])
}

export function producerEpochKey(producerId: number): Uint8Array {
  const key = Buffer.alloc(9)
  key[0] = NAMED.producerEpoch
  key.writeUIntBE(producerId, 3, 6)
  return key
}

export function sequencesKey(producerId: number, topicId: number, partition: number): Uint8Array {
  const key = Buffer.alloc(11)
  key.set(partitionPrefix(NAMED.sequences, topicId, partition, 5))
  key.writeUIntBE(producerId, 5, 6)
  return key
}

function partitionPrefix(kind: number, topicId: number, partition: number, size: number): Buffer {
  const key = Buffer.alloc(size)
  key[0] = kind
  key.writeUInt16BE(topicId, 1)
  key.writeUInt16BE(partition, 3)
  return key
}
