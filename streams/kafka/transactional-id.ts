import { addOffsetsToTxnV4, addPartitionsToTxnV3, endTxnV4, initProducerIdV5 } from '@platformatic/kafka'
import type { TopicPartition } from '../log/log.ts'
import type { Coordinator } from './coordinator.ts'
import { endTxnV5 } from './transaction-api.ts'

/** Asks for a new identity instead of going on with one. */
const NO_PRODUCER_ID = -1n
const NO_PRODUCER_EPOCH = -1
/** The level of the cluster's feature `transaction.version` from which on KIP-890 holds. */
const IMPLICIT_PARTITIONS_LEVEL = 2

/** Who writes a transaction: in every batch and request of it. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/**
 * One transactional id as its coordinator knows it, in the newer protocol (KIP-890) where the cluster has it and in the
 * older one elsewhere. The newer one adds partitions and offsets to the transaction by writing them, and gives each
 * transaction an epoch of its own; the older one is told of both first, and keeps one epoch for all.
 */
export class TransactionalId {
  readonly id: string
  private readonly coordinator: Coordinator
  private readonly timeoutMs: number
  private current: ProducerIdentity = { producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH }
  private implicit = false

  /** `timeoutMs`: after so long the coordinator aborts a transaction that nobody ends. */
  constructor(id: string, coordinator: Coordinator, timeoutMs: number) {
    this.id = id
    this.coordinator = coordinator
    this.timeoutMs = timeoutMs
  }

  get identity(): ProducerIdentity {
    return this.current
  }

  /** Whether writing adds to the transaction (KIP-890). */
  get addsImplicitly(): boolean {
    return this.implicit
  }

  /**
   * Takes the id over: whatever its former owner still sends is refused from now on, and its open transaction is aborted
   * before this resolves.
   */
  async takeOver(): Promise<void> {
    const { coordinator, id, timeoutMs } = this
    this.implicit = (await coordinator.featureLevel('transaction.version')) >= IMPLICIT_PARTITIONS_LEVEL
    const { producerId, producerEpoch } = await coordinator.ask('InitProducerId', true, (call) =>
      call(initProducerIdV5.api, id, timeoutMs, NO_PRODUCER_ID, NO_PRODUCER_EPOCH),
    )
    this.current = { producerId, producerEpoch }
  }

  /** Older protocol: names partitions before they are written in this transaction. */
  async addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, ofTopic]) => {
      return { name, partitions: ofTopic.map(({ partition }) => partition) }
    })
    const transaction = { transactionalId: this.id, ...this.current, verifyOnly: false, topics }
    await this.coordinator.ask('AddPartitionsToTxn', false, (call) => call(addPartitionsToTxnV3.api, [transaction]))
  }

  /** Older protocol: names the group before its offsets are sent in this transaction. */
  async addOffsets(groupId: string): Promise<void> {
    const { producerId, producerEpoch } = this.current
    await this.coordinator.ask('AddOffsetsToTxn', false, (call) =>
      call(addOffsetsToTxnV4.api, this.id, producerId, producerEpoch, groupId),
    )
  }

  /** Ends the transaction. One that nothing was added to must not be ended: the coordinator knows of none. */
  async end(commit: boolean): Promise<void> {
    const { coordinator, id, implicit } = this
    const { producerId, producerEpoch } = this.current
    await coordinator.ask('EndTxn', false, async (call) => {
      if (implicit) {
        const next = await call(endTxnV5, id, producerId, producerEpoch, commit)
        this.current = { producerId: next.producerId, producerEpoch: next.producerEpoch }
      } else await call(endTxnV4.api, id, producerId, producerEpoch, commit)
    })
  }
}
