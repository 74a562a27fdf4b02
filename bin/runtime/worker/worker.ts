import { randomUUID } from 'node:crypto'
import type { PaymentStores } from '../../../processors/stores/payment-stores.ts'
import type { StreamsError } from '../../../streams/errors.ts'
import { GroupMember, type MemberStore } from '../../../streams/kafka/group-member.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { BatchProcessor } from '../../../streams/task/batch-processor.ts'
import { CheckpointTurn } from '../../../streams/task/checkpointing.ts'
import { OwnedPartition } from '../../../streams/task/owned-partition.ts'
import type { Task } from '../../../streams/task/task.ts'
import type { ClusterSession } from '../cluster-session.ts'
import { createTask } from '../pipeline.ts'
import { APPLICATION_ID, createRuntime, INPUT_TOPIC } from '../session.ts'
import { Standbys } from './standbys.ts'

/** The group waits so long for a partition that it takes away: a drain, the last commit and a checkpoint. */
const REBALANCE_TIMEOUT_MS = 120_000

export interface WorkerEvents {
  /** The partitions whose tasks this worker runs or closes have changed. */
  readonly onPartitions: (partitions: readonly number[]) => void
  /** A task, or the membership (null), goes on after this. */
  readonly onSurvived: (partition: number | null, error: StreamsError) => void
  /** A task has committed, within so many ms. */
  readonly onCommit: (partition: number, latencyMs: number) => void
  /** A task has ended for good; the partition waits for a start with what the error asks for. */
  readonly onFailed: (partition: number, error: StreamsError) => void
}

export interface WorkerOptions {
  readonly store: MemberStore
  /** Whether partitions of other workers are folded along, so that taking one over restores nothing. */
  readonly standby: boolean
  readonly events: WorkerEvents
}

/** One worker of a cluster: a member of the group, and a task for each partition that the group gives it. */
export class Worker {
  readonly member: GroupMember
  /** Resolves when the worker has left: after a stop with null, else with what ended it. */
  readonly ended: Promise<StreamsError | null>
  private readonly session: ClusterSession
  private readonly events: WorkerEvents
  private readonly processor: BatchProcessor<PaymentStores>
  private readonly turn = new CheckpointTurn()
  private readonly owned = new Map<number, OwnedPartition<PaymentStores>>()
  private readonly standbys: Standbys | null
  private failure: StreamsError | null = null
  private telling = false

  constructor(session: ClusterSession, { store, standby, events }: WorkerOptions) {
    this.session = session
    this.events = events
    this.processor = createRuntime(session)
    this.standbys = standby ? new Standbys(session, this.processor, (at, error) => events.onSurvived(at, error)) : null
    this.member = new GroupMember({
      cluster: session.log.cluster,
      groupId: APPLICATION_ID,
      topics: [INPUT_TOPIC],
      store,
      newMemberId: randomUUID,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      open: ({ partition }) => this.open(partition),
      close: ({ partition }) => this.close(partition),
      onError: (error) => events.onSurvived(null, error),
    })
    this.ended = this.live()
  }

  /** The tasks of all partitions that are owned, by partition. */
  get tasks(): readonly Task<PaymentStores>[] {
    return [...this.owned.values()].flatMap(({ task }) => task ?? [])
  }

  /** True when the group knows this worker and every task that it owns processes. */
  get running(): boolean {
    const tasks = [...this.owned.values()]
    return this.member.settled && tasks.every(({ task, failed }) => failed === null && task?.lifeState === 'RUNNING')
  }

  /** Asks the worker to drain, commit, write checkpoints and leave the group. */
  stop(): void {
    this.member.stop()
  }

  private async live(): Promise<StreamsError | null> {
    try {
      await this.member.run()
    } catch (error) {
      this.failure = error as StreamsError
      await Promise.all([...this.owned.keys()].map((partition) => this.close(partition)))
    }
    await this.standbys?.close()
    return this.failure
  }

  private open(partition: number): void {
    const { session, processor, events, standbys, turn } = this
    const onSurvived = (error: StreamsError) => events.onSurvived(partition, error)
    const onCommit = (latencyMs: number) => events.onCommit(partition, latencyMs)
    const owned = new OwnedPartition<PaymentStores>({
      warm: standbys === null ? Promise.resolve(null) : standbys.promote(partition),
      createTask: (warm, counters) => {
        return createTask(session, processor, partition, { turn, onError: onSurvived, onCommit, warm, counters })
      },
      onFenced: onSurvived,
      onFailed: (error) => this.failed(partition, error),
      clock: machineTime,
    })
    this.owned.set(partition, owned)
    this.tellPartitions()
  }

  private async close(partition: number): Promise<void> {
    await this.owned.get(partition)?.close()
    this.owned.delete(partition)
    this.standbys?.follow(partition)
    this.tellPartitions()
  }

  /** Partitions come and go several at a time; they are told of once. */
  private tellPartitions(): void {
    if (this.telling) return
    this.telling = true
    queueMicrotask(() => {
      this.telling = false
      this.events.onPartitions([...this.owned.keys()].sort((a, b) => a - b))
    })
  }

  /** The other partitions go on; once none is left to go on, the worker ends with what stopped it. */
  private failed(partition: number, error: StreamsError): void {
    this.events.onFailed(partition, error)
    if ([...this.owned.values()].some(({ failed }) => failed === null)) return
    this.failure ??= error
    this.member.stop()
  }
}
