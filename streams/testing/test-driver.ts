import { PlainProcessor } from '../plain/plain-processor.ts'
import type { PlainStores } from '../plain/plain-stores.ts'
import type { ProcessorTopology } from '../plain/processor-topology.ts'
import type { StreamRecord } from '../plain/read-record.ts'
import type { StoreDeclaration } from '../plain/store.ts'
import { type AnyTopic, misuse, partitionOfKey, type Topic } from '../plain/topic.ts'
import { type OutputRecord, TopologyTestDriver } from './topology-test-driver.ts'

/** When and where a piped record is said to have been taken. */
export interface PipedAt {
  /** Epoch ms; default: 0. */
  readonly appendTimeMs?: number
  /** Default: the one of the key, and 0 for a null key. */
  readonly partition?: number
}

/**
 * Runs a topology without a log, after Kafka's TopologyTestDriver: when `pipeInput` returns, the record has gone through every
 * processor that it leads to, and what came out can be read.
 *
 * @example
 * const driver = new TestDriver(wordCount)
 * driver.pipeInput(lines, null, 'to be or not to be')
 * driver.readOutputs(counts).map(({ key, value }) => `${key} ${value}`)
 */
export class TestDriver {
  private readonly topology: ProcessorTopology
  private readonly drivers: ReadonlyMap<string, TopologyTestDriver<PlainStores>>
  private readonly unread = new Map<string, OutputRecord[]>()

  constructor(topology: ProcessorTopology) {
    this.topology = topology
    this.drivers = new Map(
      topology.processors.map((processor) => [
        processor.from.name,
        new TopologyTestDriver(new PlainProcessor(processor, topology.deadLetterTopic)),
      ]),
    )
  }

  /**
   * Pipes one record in.
   * @throws what would stop the task; the driver is of no use after that.
   */
  pipeInput<K, V>(topic: Topic<K, V>, key: NoInfer<K>, value: NoInfer<V>, at: PipedAt = {}): void {
    this.pipeBytes(topic, topic.key.encode(key), topic.value.encode(value), at)
  }

  /** Pipes bytes in, which may be none of the topic's kinds. */
  pipeBytes(
    topic: AnyTopic,
    key: Uint8Array | null,
    value: Uint8Array | null,
    { appendTimeMs = 0, partition = partitionOfKey(topic, key, 0) }: PipedAt = {},
  ): void {
    const driver = this.drivers.get(topic.name)
    if (driver === undefined) throw misuse(`no processor of ${this.topology.name} reads ${topic.name}`)
    driver.pipeInput(topic.name, key, value, { partition, appendTimeMs })
    for (const written of this.topology.topics) {
      for (const record of driver.readOutputs(written.name)) {
        const records = this.unread.get(written.name) ?? []
        this.unread.set(written.name, [...records, record])
        if (!this.drivers.has(written.name)) continue
        const inner = { partition: record.partition, appendTimeMs }
        this.pipeBytes(written, record.key, record.value, inner)
      }
    }
  }

  /** The records of a topic that were not read yet, in the order in which they were written. */
  readOutputs<K, V>(topic: Topic<K, V>): StreamRecord<K, V>[] {
    const records = this.unread.get(topic.name) ?? []
    this.unread.delete(topic.name)
    return records.map(({ key, value, timestampMs, partition, offset }) => ({
      key: topic.key.decode(key),
      value: topic.value.decode(value),
      timestampMs,
      partition,
      offset,
    }))
  }

  /** A partition's instance of a store, to look into. */
  store<S>(declaration: StoreDeclaration<S>, partition = 0): S {
    const owner = this.topology.processors.find(({ stores }) => stores.includes(declaration))
    const driver = owner === undefined ? undefined : this.drivers.get(owner.from.name)
    if (driver === undefined) throw misuse(`no processor of ${this.topology.name} has store ${declaration.name}`)
    return driver.stores(partition).handle(declaration)
  }
}
