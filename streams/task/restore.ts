import { StreamsError } from '../errors.ts'
import type { Log, LogBounds, TopicPartition } from '../log/log.ts'
import type { TaskStores } from '../state/task-stores.ts'
import type { RestoredState, TaskCheckpoints } from './task-checkpoints.ts'
import { type Progress, reachedBy, type TaskProcessor } from './task-processor.ts'

/** Bytes of one fetch while folding. */
const FOLD_FETCH_BYTES = 1 << 20
/** How long a fold waits for bytes that the log has said it holds. */
const FOLD_WAIT_MS = 1_000

/** Called at the beginning of a fold and now and then with how far it has come. */
export type FoldProgress = (offset: number, until: number) => void

/**
 * The state at `until`: the newest checkpoint that reaches the retained log, and the fold of the input from there.
 * @throws StreamsError `NO_CHECKPOINT` (stop) when history is gone: state never starts empty in silence. `LOG_TRUNCATED` (stop) when the log
 * ends before `until`.
 */
export async function restore<S extends TaskStores>(
  log: Log,
  at: TopicPartition,
  processor: TaskProcessor<S>,
  checkpoints: TaskCheckpoints<S>,
  until: number,
  onProgress: FoldProgress,
): Promise<RestoredState<S>> {
  const bounds = await log.bounds(at)
  requireReached(at, bounds, until)
  const { state, refused } = await checkpoints.restore({ bounds, committedOffset: until })
  if (state === null && bounds.startOffset > 0) throw historyGone(at, bounds.startOffset, refused)
  const restored = state ?? { stores: processor.topology.createStores(at.partition), offset: 0 }
  await fold(log, at, processor, restored, until, onProgress)
  return { stores: restored.stores, offset: until }
}

/**
 * What is committed as processed has been read, so the log reaches that far unless it was cut off or put back to an older copy. The records that
 * take the place of the lost ones would be folded as if they were decided.
 * @throws StreamsError `LOG_TRUNCATED` (stop)
 */
export function requireReached(at: TopicPartition, { endOffset }: LogBounds, until: number): void {
  if (until <= endOffset) return
  const what = `offset ${until} is committed, but the log ends at ${endOffset}: it was cut off, or input and outputs are of two moments`
  throw new StreamsError('LOG_TRUNCATED', 'stop', `${what}; put them back as of one, nothing was processed`, {
    ...at,
    offset: endOffset,
  })
}

/** Moves `from.stores` on to `until`, with nothing written: what a restore and a standby do. */
export async function fold<S extends TaskStores>(
  log: Log,
  at: TopicPartition,
  processor: TaskProcessor<S>,
  from: RestoredState<S>,
  until: number,
  onProgress: FoldProgress,
): Promise<void> {
  if (from.offset >= until) return
  const { stores } = from
  onProgress(from.offset, until)
  const reader = log.openReader(at, from.offset)
  try {
    for (let offset = from.offset, cleared = false; offset < until; ) {
      const fetched = await reader.fetch(FOLD_FETCH_BYTES, FOLD_WAIT_MS)
      const progress = foldBatches(stores, processor, at, fetched.bytes, offset, until)
      const { blockedBy, awaits } = progress
      const reached = reachedBy(progress, fetched, until)
      const moved = reached > offset
      if (awaits !== null) {
        onProgress(reached, until)
        await awaits()
      } else if (!moved && fetched.bytes.length > 0 && (blockedBy === null || cleared)) {
        throw blockedBy ?? new StreamsError('FOLD_STUCK', 'stop', 'the fold makes no progress', { ...at, offset })
      }
      cleared = blockedBy !== null && !moved
      if (blockedBy !== null || awaits !== null) reader.seek(reached)
      offset = reached
      onProgress(offset, until)
    }
  } finally {
    reader.close()
  }
}

/** One pass over fetched batches with nothing written, committed at once. */
function foldBatches<S extends TaskStores>(
  stores: S,
  processor: TaskProcessor<S>,
  at: TopicPartition,
  bytes: Uint8Array,
  position: number,
  until: number,
): Progress {
  stores.set.open()
  const progress = processor.process(stores, null, at, bytes, position, until)
  stores.set.seal()
  stores.set.mergeOldest()
  stores.expire(progress.blockedBy !== null)
  return progress
}

function historyGone(at: TopicPartition, startOffset: number, refused: readonly string[]): StreamsError {
  const why = refused.length === 0 ? 'there is no checkpoint' : `checkpoints were refused: ${refused.join('; ')}`
  const message = `the log begins at offset ${startOffset} and ${why}; put a checkpoint back that reaches it`
  return new StreamsError('NO_CHECKPOINT', 'stop', message, at)
}
