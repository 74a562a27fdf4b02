import type { PaymentStores } from '../../../processors/stores/payment-stores.ts'
import type { StreamsError } from '../../../streams/errors.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { BatchProcessor } from '../../../streams/task/batch-processor.ts'
import { CheckpointTurn } from '../../../streams/task/checkpointing.ts'
import { Standby } from '../../../streams/task/standby.ts'
import type { RestoredState } from '../../../streams/task/task-checkpoints.ts'
import type { ClusterSession } from '../cluster-session.ts'
import { taskCheckpoints } from '../pipeline.ts'
import { INPUT_TOPIC, PARTITIONS } from '../session.ts'

const POLL_MS = 500

type OnSurvived = (partition: number, error: StreamsError) => void

/** A standby for each partition that other workers own: their state is here already when this one takes over. */
export class Standbys {
  private readonly session: ClusterSession
  private readonly processor: BatchProcessor<PaymentStores>
  private readonly onSurvived: OnSurvived
  private readonly turn = new CheckpointTurn()
  private readonly following = new Map<number, Standby<PaymentStores>>()

  constructor(session: ClusterSession, processor: BatchProcessor<PaymentStores>, onSurvived: OnSurvived) {
    this.session = session
    this.processor = processor
    this.onSurvived = onSurvived
    for (let partition = 0; partition < PARTITIONS; partition++) this.follow(partition)
  }

  /** Begins to follow a partition that somebody else owns. */
  follow(partition: number): void {
    const { session, processor } = this
    const input = { topic: INPUT_TOPIC, partition }
    const onError = (error: StreamsError) => this.onSurvived(partition, error)
    const standby = new Standby({
      input,
      log: session.log,
      processor,
      checkpoints: taskCheckpoints(session, processor, partition, this.turn, onError),
      committed: async () => (await session.committed(input))?.offset ?? 0,
      clock: machineTime,
      pollMs: POLL_MS,
      onError,
    })
    this.following.set(partition, standby)
    // A standby that cannot go on is no loss: the task restores instead.
    standby.run().catch(onError)
  }

  /** Ends a standby; its state so far, or null where there is none. */
  async promote(partition: number): Promise<RestoredState<PaymentStores> | null> {
    const standby = this.following.get(partition)
    this.following.delete(partition)
    return (await standby?.promote().catch(() => null)) ?? null
  }

  async close(): Promise<void> {
    await Promise.all([...this.following.keys()].map((partition) => this.promote(partition)))
  }
}
