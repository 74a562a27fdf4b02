import type { StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { KEPT_CHECKPOINTS } from '../../streams/state/checkpoint-store.ts'
import { checkpointFiles, INPUT_TOPIC, PARTITIONS, type Session } from './session.ts'

const INTERVAL_MS = 2_000

/**
 * Drops old records as the topics' retention says, every few seconds, until `signal` aborts. Input that the older of the
 * two kept checkpoints of its task still needs is never dropped.
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
 * By partition, the offset of the oldest of the newest checkpoints, as many as are kept; 0 where there is none: then all of the log is needed. An
 * older one was refused by its task, which leaves it to the operator, and must not hold the log for as long as the process runs.
 */
async function oldestNeeded(session: Session): Promise<number[]> {
  const files = checkpointFiles(session)
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)
  return Promise.all(
    partitions.map(async (partition) => {
      const newest = (await files.list(INPUT_TOPIC, partition)).slice(0, KEPT_CHECKPOINTS)
      return newest.at(-1)?.nextOffset ?? 0
    }),
  )
}
