import { offsetCommitV9, offsetFetchV9, txnOffsetCommitV4 } from '@platformatic/kafka'
import { StreamsError } from '../errors.ts'
import type { CommittedOffset, GroupOffsets, TopicPartition } from '../log/log.ts'
import type { Coordinator } from './coordinator.ts'
import { txnOffsetCommitV5 } from './transaction-api.ts'
import type { TransactionalId } from './transactional-id.ts'

/** A live member of a consumer group, as offset requests name it (KIP-447, KIP-848). */
export interface GroupMemberIdentity {
  readonly memberId: string
  readonly memberEpoch: number
}

/** Who asks: a member as it stands now, or nobody in particular (null), as a sink does that no group assigns. */
export type Asker = () => GroupMemberIdentity | null

export const NO_MEMBER: Asker = () => null

/** What offset requests say in the place of a member. */
const ANONYMOUS = { memberId: '', memberEpoch: -1 } as const
const NO_INSTANCE = null
const UNKNOWN_LEADER_EPOCH = -1

/** The committed offsets of one group. */
export class KafkaGroupOffsets implements GroupOffsets {
  private readonly groupId: string
  private readonly coordinator: Coordinator
  private readonly asker: Asker

  constructor(groupId: string, coordinator: Coordinator, asker: Asker = NO_MEMBER) {
    this.groupId = groupId
    this.coordinator = coordinator
    this.asker = asker
  }

  /** The stable offset: never one that a transaction under way may still change. */
  committed(at: TopicPartition): Promise<CommittedOffset | null> {
    return this.fetch(at, true)
  }

  /**
   * The same without waiting for a transaction under way that has sent an offset: what stood before it. Its owner would wait for itself, and
   * who starts after its owner was killed for the transaction's time-out.
   */
  committedBefore(at: TopicPartition): Promise<CommittedOffset | null> {
    return this.fetch(at, false)
  }

  /**
   * Asks for nothing but whether the asker still belongs to the group.
   * @throws StreamsError KAFKA_UNKNOWN_MEMBER_ID or KAFKA_FENCED_MEMBER_EPOCH (fenced) when it does not.
   */
  async requireMember(at: TopicPartition): Promise<void> {
    if (this.asker() !== null) await this.fetch(at, false)
  }

  async commit(at: TopicPartition, next: CommittedOffset): Promise<void> {
    await this.coordinator.ask('OffsetCommit', true, (call) => {
      const { memberId, memberEpoch } = this.asker() ?? ANONYMOUS
      return call(offsetCommitV9.api, this.groupId, memberEpoch, memberId, NO_INSTANCE, offsetsOf(at, next))
    })
  }

  /** Commits with a transaction: visible once that has ended, and only then. */
  async commitWith(transaction: TransactionalId, at: TopicPartition, next: CommittedOffset): Promise<void> {
    const { groupId, coordinator } = this
    const api: typeof txnOffsetCommitV5 = transaction.addsImplicitly ? txnOffsetCommitV5 : txnOffsetCommitV4.api
    if (!transaction.addsImplicitly) await transaction.addOffsets(groupId)
    await coordinator.ask('TxnOffsetCommit', false, (call) => {
      const { producerId, producerEpoch } = transaction.identity
      const { memberId, memberEpoch } = this.asker() ?? ANONYMOUS
      const offsets = offsetsOf(at, next)
      const { id } = transaction
      return call(api, id, groupId, producerId, producerEpoch, memberEpoch, memberId, NO_INSTANCE, offsets)
    })
  }

  private async fetch(at: TopicPartition, requireStable: boolean): Promise<CommittedOffset | null> {
    const { groups } = await this.coordinator.ask('OffsetFetch', true, (call) => {
      const { memberId, memberEpoch } = this.asker() ?? { memberId: null, memberEpoch: ANONYMOUS.memberEpoch }
      const topics = [{ name: at.topic, partitionIndexes: [at.partition] }]
      return call(offsetFetchV9.api, [{ groupId: this.groupId, memberId, memberEpoch, topics }], requireStable)
    })
    const found = groups[0]?.topics[0]?.partitions[0]
    if (found === undefined) {
      throw new StreamsError('KAFKA_PROTOCOL', 'stop', 'OffsetFetch was answered without the partition asked for', at)
    }
    const offset = Number(found.committedOffset)
    if (offset < 0) return null
    const { committedLeaderEpoch: leaderEpoch, metadata } = found
    return { offset, metadata: metadata ?? '', ...(leaderEpoch >= 0 && { leaderEpoch }) }
  }
}

function offsetsOf(
  { topic, partition }: TopicPartition,
  { offset, metadata, leaderEpoch = UNKNOWN_LEADER_EPOCH }: CommittedOffset,
) {
  return [
    {
      name: topic,
      partitions: [
        {
          partitionIndex: partition,
          committedOffset: BigInt(offset),
          committedLeaderEpoch: leaderEpoch,
          committedMetadata: metadata,
        },
      ],
    },
  ]
}
