import type { CommittedOffset } from '../log/log.ts'
import type { Store } from './environment.ts'
import { counterKey, namedPartitionKey, producerKey, topicKey, topicKeys } from './log-keys.ts'
import { decodeJson, encodeJson } from './log-values.ts'
import { Refused } from './refusal.ts'
import type { StoredPartition, StoredTopic, WriteAnswer, WriteRequest } from './write-request.ts'

/** The producer epoch is an int16 in a batch; past its end the name gets a new id. */
const PRODUCER_EPOCH_MAX = 0x7fff

/** Creates what is missing and takes over changed retention. A changed partition count would move keys: refused. */
export function createTopics(store: Store, { topics }: WriteRequest<'create-topics'>): null {
  for (const settings of topics) {
    const known = readTopic(store, settings.topic)
    if (known !== null && known.partitions !== settings.partitions) {
      throw new Refused(
        'PARTITIONS_DIFFER',
        'stop',
        `topic has ${known.partitions} partitions, asked for ${settings.partitions}: keys would move to other ` +
          'partitions; keep the number, or start a new data folder',
        { topic: settings.topic },
      )
    }
    if (known !== null && known.writtenBy !== settings.writtenBy) {
      throw new Refused(
        'WRITER_DIFFERS',
        'stop',
        `topic is written by ${known.writtenBy}, asked for ${settings.writtenBy}: keep it, or start a new data folder`,
        { topic: settings.topic },
      )
    }
  }
  for (const settings of topics) {
    const topicId = readTopic(store, settings.topic)?.topicId ?? nextId(store, 'topic')
    store.putSync(topicKey(settings.topic), encodeJson({ ...settings, topicId }))
  }
  return null
}

export function readTopic(store: Store, topic: string): StoredTopic | null {
  return decodeJson<StoredTopic>(store.getBinary(topicKey(topic)))
}

export function readTopics(store: Store): readonly StoredTopic[] {
  const topics: StoredTopic[] = []
  for (const { value } of store.getRange(topicKeys)) {
    const topic = decodeJson<StoredTopic>(value)
    if (topic !== null) topics.push(topic)
  }
  return topics
}

/** A new identity, or the next epoch of a known name. */
export function openProducer(store: Store, { name }: WriteRequest<'open-producer'>): WriteAnswer<'open-producer'> {
  if (name === null) return { producerId: nextId(store, 'producer'), producerEpoch: 0 }
  const known = decodeJson<WriteAnswer<'open-producer'>>(store.getBinary(producerKey(name)))
  const producer =
    known === null || known.producerEpoch >= PRODUCER_EPOCH_MAX
      ? { producerId: nextId(store, 'producer'), producerEpoch: 0 }
      : { producerId: known.producerId, producerEpoch: known.producerEpoch + 1 }
  store.putSync(producerKey(name), encodeJson(producer))
  return producer
}

export function commitGroup(store: Store, { groupId, at, next }: WriteRequest<'commit-group'>): null {
  store.putSync(namedPartitionKey('group', groupId, at.topicId, at.partition), encodeJson(next))
  return null
}

export function readGroupOffset(store: Store, groupId: string, at: StoredPartition): CommittedOffset | null {
  return decodeJson<CommittedOffset>(store.getBinary(namedPartitionKey('group', groupId, at.topicId, at.partition)))
}

/** Ids begin at 1: a zero in a key would be a bug's. */
function nextId(store: Store, name: 'topic' | 'producer'): number {
  const key = counterKey(name)
  const id = (decodeJson<number>(store.getBinary(key)) ?? 0) + 1
  store.putSync(key, encodeJson(id))
  return id
}
