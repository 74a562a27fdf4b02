import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { StreamsError } from '../../streams/errors.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { Checkpointing } from '../../streams/task/checkpointing.ts'
import { restore } from '../../streams/task/restore.ts'
import { checkpointFiles, checkpointIdentity, INPUT_TOPIC, PARTITIONS, type Session } from './session.ts'

/** Not the ending of the partition's owner, who takes away what another process seems to have left unfinished. */
const UNFINISHED = '.asked-for'

/**
 * Brings the newest checkpoint of every partition to its committed offset. State is a fold of the input (ADR 0002), so nobody need be
 * asked: it does for a pipeline that runs, whose tasks go on, and for one that is stopped. Holds one partition's state at a time.
 * @throws StreamsError CHECKPOINT_FAILED, or what a restore is refused for.
 */
export async function writeCheckpoints(session: Session<Log>, processor: BatchProcessor<PaymentStores>): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const at = { topic: INPUT_TOPIC, partition }
    const nextOffset = (await session.committed(at))?.offset ?? 0
    if (nextOffset === 0) continue
    const checkpoints = checkpointing(session, processor, partition)
    const { stores } = await restore(session.log, at, processor, checkpoints, nextOffset, () => {})
    checkpoints.begin(stores, nextOffset)
    await checkpoints.settled()
    // Tells of a write that has failed.
    checkpoints.due(nextOffset)
  }
}

function checkpointing(session: Session<Log>, processor: BatchProcessor<PaymentStores>, partition: number) {
  return new Checkpointing<PaymentStores>({
    files: checkpointFiles(session, UNFINISHED),
    identity: checkpointIdentity(session, partition),
    create: () => processor.topology.createStores(partition),
    sections: ({ sections }) => sections,
    clock: machineTime,
    intervalMs: Number.POSITIVE_INFINITY,
    intervalRecords: Number.POSITIVE_INFINITY,
    onFailed: (error: StreamsError) => {
      throw error
    },
  })
}
