import { Consumer, FetchIsolationLevels, Producer } from '@platformatic/kafka'
import { Kafka, type Transaction as KafkaJsTransaction, logLevel } from 'kafkajs'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import { transactionalIdOf } from '../../../streams/kafka/task-session.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'

/** What a case is played on. */
export interface Stage {
  readonly bootstrap: readonly string[]
  readonly input: TopicPartition
  readonly output: TopicPartition
  /** The group whose offsets are sent, and the application of the transactional ids. */
  readonly group: string
}

/** The transactions of one transactional id, step by step, as one client does them. */
export interface ClientTransactions {
  begin(): Promise<void>
  send(texts: readonly string[]): Promise<void>
  sendOffset(offset: number): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
  /** Ends the connections and leaves a transaction that is open to whoever comes next. */
  die(): Promise<void>
}

export interface ClientUnderTest {
  /** Takes over the transactional id of a partition of the input. */
  open(stage: Stage, partition: number, timeoutMs: number): Promise<ClientTransactions>
  /** Reads the output at read_committed up to the record `last`, in fetches of about `maxBytes`. */
  readUntil(stage: Stage, last: string, maxBytes: number): Promise<string[]>
}

const clientId = 'conformance'

/** The same for all clients, so that a case can ask for it. */
export function idOf({ group, input }: Stage, partition: number): string {
  return transactionalIdOf(group, { ...input, partition })
}

/** The log port on Kafka. */
const OURS: ClientUnderTest = {
  async open({ bootstrap, input, output, group }, partition, transactionTimeoutMs) {
    const log = new KafkaLog({ kafka: { bootstrapServers: bootstrap, clientId }, transactionTimeoutMs })
    const session = await log.openTask(group, { ...input, partition })
    return {
      begin: async () => session.begin(),
      send: (texts) => session.append([batchOf(output, texts)]),
      sendOffset: (offset) => session.sendOffset({ offset, metadata: '' }),
      commit: () => session.end(),
      abort: () => session.abort(),
      die: () => log.close(),
    }
  },
  async readUntil({ bootstrap, output }, last, maxBytes) {
    const log = new KafkaLog({ kafka: { bootstrapServers: bootstrap, clientId } })
    const reader = log.openReader(output, 0)
    const texts: string[] = []
    while (!texts.includes(last)) {
      texts.push(...recordsIn((await reader.fetch(maxBytes, 500)).bytes).map(({ text }) => text))
    }
    await log.close()
    return texts
  },
}

/** kafkajs as its documentation has it for transactions. */
const KAFKAJS: ClientUnderTest = {
  async open(stage, partition, transactionTimeout) {
    const { input, output, group } = stage
    const transactionalId = idOf(stage, partition)
    const options = { transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout }
    const producer = kafkaJs(stage).producer(options)
    await producer.connect()
    let transaction: KafkaJsTransaction
    return {
      begin: async () => {
        transaction = await producer.transaction()
      },
      send: async (texts) => {
        const messages = texts.map((value) => ({ value, partition: output.partition }))
        await transaction.send({ topic: output.topic, messages })
      },
      sendOffset: async (offset) => {
        const topics = [{ topic: input.topic, partitions: [{ partition, offset: String(offset) }] }]
        await transaction.sendOffsets({ consumerGroupId: group, topics })
      },
      commit: () => transaction.commit(),
      abort: () => transaction.abort(),
      die: () => producer.disconnect(),
    }
  },
  async readUntil(stage, last, maxBytes) {
    const sizes = { maxBytes, maxBytesPerPartition: maxBytes }
    const consumer = kafkaJs(stage).consumer({ groupId: `${stage.group}-reader`, readUncommitted: false, ...sizes })
    const texts: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    await consumer.connect()
    await consumer.subscribe({ topic: stage.output.topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        texts.push(String(message.value))
        if (texts.at(-1) === last) resolve()
      },
    })
    await promise
    await consumer.disconnect()
    return texts
  },
}

function kafkaJs({ bootstrap }: Stage): Kafka {
  return new Kafka({ brokers: [...bootstrap], clientId, logLevel: logLevel.NOTHING })
}

/** The high-level producer and consumer of `@platformatic/kafka`. Its offsets are of a message; this one says what it must. */
const PLATFORMATIC: ClientUnderTest = {
  async open(stage, partition, timeout) {
    const { bootstrap, input, output, group } = stage
    const transactionalId = idOf(stage, partition)
    // A second between two tries is its default.
    const producer = new Producer({
      retryDelay: 50,
      clientId,
      bootstrapBrokers: [...bootstrap],
      idempotent: true,
      transactionalId,
      timeout,
    })
    let transaction: Awaited<ReturnType<Producer['beginTransaction']>>
    const consumer = { groupId: group, generationId: -1, memberId: '', coordinatorId: 1 }
    return {
      begin: async () => {
        transaction = await producer.beginTransaction()
      },
      send: async (texts) => {
        const at = { topic: output.topic, partition: output.partition }
        await transaction.send({ messages: texts.map((text) => ({ ...at, value: Buffer.from(text) })) })
      },
      sendOffset: async (offset) => {
        await transaction.addConsumer(consumer as unknown as Consumer)
        const message = { topic: input.topic, partition, offset: BigInt(offset - 1), metadata: { consumer } }
        await transaction.addOffset(message as unknown as Parameters<typeof transaction.addOffset>[0])
      },
      commit: () => transaction.commit(),
      abort: () => transaction.abort(),
      die: () => producer.close(true),
    }
  },
  async readUntil({ bootstrap, output, group }, last, maxBytes) {
    const groupId = `${group}-reader`
    const isolationLevel = FetchIsolationLevels.READ_COMMITTED
    const consumer = new Consumer({ clientId, groupId, bootstrapBrokers: [...bootstrap], isolationLevel })
    const stream = await consumer.consume({ topics: [output.topic], mode: 'earliest', autocommit: false, maxBytes })
    const texts: string[] = []
    for await (const { value } of stream) {
      texts.push(value.toString())
      if (texts.at(-1) === last) break
    }
    await consumer.close(true)
    return texts
  },
}

export const CLIENTS = { ours: OURS, kafkajs: KAFKAJS, platformatic: PLATFORMATIC } as const
export type ClientName = keyof typeof CLIENTS
