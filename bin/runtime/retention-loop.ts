import type { StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { checkpointFiles, INPUT_TOPIC, PARTITIONS, type Session } from './session.ts'

const INTERVAL_MS = 2_000

/**
 * Drops old records as the topics' retention says, every few seconds, until `signal` aborts. Input that the oldest kept
 * checkpoint of its task still needs is never dropped.
 */
export async function keepRetention(
  session: Session,
  signal: AbortSignal,
  onError: (error: StreamsError) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await dropOldRecords(session, machineTime.nowMs(), signal)
    } catch (error) {
      onError(error as StreamsError)
    }
    await machineTime.sleep(INTERVAL_MS, signal)
  }
}

/** Drops what is old at `nowMs`; ends early when `signal` aborts. */
export async function dropOldRecords(
  session: Session,
  nowMs: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const oldest = await oldestNeeded(session)
  const keepFrom = ({ topic, partition }: TopicPartition) =>
    topic === INPUT_TOPIC ? (oldest[partition] ?? 0) : Number.POSITIVE_INFINITY
  for (let more = true; more && !signal.aborted; ) more = (await session.log.runRetention(nowMs, keepFrom)).more
}

/**
 * By partition, the offset of the oldest checkpoint that is kept; 0 where there is none: then all of the log is needed. What stands past the committed
 * offset is of a history that this log does not have.
 */
async function oldestNeeded(session: Session): Promise<number[]> {
  const files = checkpointFiles(session)
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)
  return Promise.all(
    partitions.map(async (partition) => {
      const entries = await files.list(INPUT_TOPIC, partition)
      const committed = (await session.committed({ topic: INPUT_TOPIC, partition }))?.offset ?? 0
      return entries.findLast(({ nextOffset }) => nextOffset <= committed)?.nextOffset ?? 0
    }),
  )
}
