import { describeTransactionsV0 } from '@platformatic/kafka'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import type { ClientTransactions, ClientUnderTest, Stage } from './transactional-clients.ts'
import { idOf } from './transactional-clients.ts'

/** `holds`, or in a few words what a client did instead. */
export type Outcome = string

/** Longer than anything takes that does not wait for a transaction which nobody ends. */
const PATIENCE_MS = 60_000
/** Nobody waits for the end of a transaction that is left open. */
const TRANSACTION_MS = 120_000
const FETCH_BYTES = 1 << 20

/** One case with one client, on partitions of its own. */
export class CasePlay {
  private readonly client: ClientUnderTest
  private readonly stage: Stage
  private readonly log: KafkaLog
  private readonly opened = new Map<ClientTransactions, number>()

  constructor(client: ClientUnderTest, stage: Stage) {
    this.client = client
    this.stage = stage
    this.log = new KafkaLog({ kafka: { bootstrapServers: stage.bootstrap, clientId: 'case' } })
  }

  async outcome(play: (on: CasePlay) => Promise<Outcome>): Promise<Outcome> {
    const { input, output } = this.stage
    const settings = { retentionMs: -1, retentionBytes: -1 }
    try {
      await this.log.createTopics([
        { ...settings, topic: input.topic, partitions: 3 },
        { ...settings, topic: output.topic, partitions: 1 },
      ])
      // The leader of a new partition may not know yet that it is, and not every client asks again.
      await this.log.bounds(output)
      return await play(this)
    } catch (error) {
      return `fails: ${reasonOf(error)}`
    } finally {
      for (const transactions of this.opened.keys()) await transactions.die().catch(() => {})
      await this.log.close()
    }
  }

  async open(partition = 0, timeoutMs = TRANSACTION_MS): Promise<ClientTransactions> {
    const transactions = await this.client.open(this.stage, partition, timeoutMs)
    this.opened.set(transactions, partition)
    return transactions
  }

  /** A whole transaction, and the wait for its markers, so that the next one is not back to back. */
  async transact(transactions: ClientTransactions, texts: readonly string[], offset: number): Promise<void> {
    await transactions.begin()
    await transactions.send(texts)
    await transactions.sendOffset(offset)
    await transactions.commit()
    await this.ended()
  }

  /** Resolves once no transaction of the case is about to end. */
  async ended(): Promise<void> {
    for (const partition of new Set(this.opened.values())) {
      while ((await this.state(partition)).startsWith('Prepare'));
    }
  }

  /** Resolves once the cluster itself has ended the transaction of partition 0. */
  async untilAborted(): Promise<void> {
    while ((await this.state(0)) !== 'CompleteAbort');
  }

  /** What a reader makes of the output, and where the group stands, held against what both should be. */
  async read(expected: readonly string[], offset: number | null = null, maxBytes = FETCH_BYTES): Promise<Outcome> {
    const { client, stage, log } = this
    const committed = await log.group(stage.group).committed(stage.input)
    if (offset !== null && committed?.offset !== offset) return 'loses the offset'
    const last = expected.at(-1) as string
    const texts = await within('readers wait', client.readUntil(stage, last, maxBytes))
    const kinds = new Set(texts.filter((text) => !expected.includes(text)).map((text) => text.split(' ')[0]))
    if (kinds.size > 0) return `gives out ${[...kinds].sort().join(' and ')} records`
    if (texts.length !== new Set(texts).size) return 'doubles records'
    if (texts.length < expected.length) return 'loses records'
    return texts.join() === expected.join() ? 'holds' : 'changes the order'
  }

  /** The coordinator's own word on a transactional id. */
  private async state(partition: number): Promise<string> {
    const { cluster } = this.log
    const id = idOf(this.stage, partition)
    const brokerId = await cluster.coordinator('transaction', id)
    const { transactionStates } = await cluster.call(brokerId, 'any', describeTransactionsV0.api, [id])
    return transactionStates[0]?.transactionState ?? ''
  }
}

async function within<T>(otherwise: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(otherwise)), PATIENCE_MS)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

interface Caused {
  readonly message?: string
  /** The protocol's name of what went wrong: kafkajs says `type`, the other library `apiId`. */
  readonly type?: string
  readonly apiId?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** The protocol's name where an error has one inside, else its innermost message. */
function reasonOf(error: unknown): string {
  const { message, type, apiId, cause, errors } = error as Caused
  const inner = errors?.[0] ?? cause
  return apiId ?? type ?? (inner === undefined ? (message ?? String(error)) : reasonOf(inner))
}
