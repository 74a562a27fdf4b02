import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { Log } from '../../streams/log/log.ts'
import type { CheckpointHeader } from '../../streams/state/checkpoint-header.ts'
import { decodeHeader, headerLength, PREFIX_BYTES } from '../../streams/state/checkpoint-header.ts'
import { verifyCheckpoint } from '../../streams/state/checkpoint-reader.ts'
import type { CheckpointSource } from '../../streams/state/checkpoint-store.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { checkpointFiles, checkpointIdentity, INPUT_TOPIC, PARTITIONS, type Session } from './session.ts'

/** One checkpoint file, every byte of it looked at. */
export interface CheckedCheckpoint {
  readonly name: string
  readonly partition: number
  readonly nextOffset: number
  readonly bytes: number
  /** Null when the header cannot be read. */
  readonly header: CheckpointHeader | null
  /** Why a start would not believe it, or null. */
  readonly problem: string | null
}

/** Reads all checkpoints of the folder; a file that its task prunes meanwhile is left out. */
export async function checkCheckpoints(
  session: Session<Log>,
  processor: BatchProcessor<PaymentStores>,
): Promise<CheckedCheckpoint[]> {
  const files = checkpointFiles(session)
  const checked: CheckedCheckpoint[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { sections } = processor.topology.createStores(partition)
    for (const { name, nextOffset } of await files.list(INPUT_TOPIC, partition)) {
      let source: CheckpointSource
      try {
        source = await files.open(name)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
        throw error
      }
      try {
        const about = { name, partition, nextOffset, bytes: source.byteLength }
        try {
          const { header } = await verifyCheckpoint(source, checkpointIdentity(session, partition), sections)
          checked.push({ ...about, header, problem: await outOfReach(session, partition, nextOffset) })
        } catch (error) {
          checked.push({ ...about, header: await headerOf(source), problem: (error as Error).message })
        }
      } finally {
        await source.close()
      }
    }
  }
  return checked
}

async function outOfReach(session: Session<Log>, partition: number, nextOffset: number): Promise<string | null> {
  const at = { topic: INPUT_TOPIC, partition }
  const { startOffset } = await session.log.bounds(at)
  const committed = (await session.committed(at))?.offset ?? 0
  if (nextOffset < startOffset) return `the log begins later, at offset ${startOffset}`
  return nextOffset > committed ? `it stands past the committed offset ${committed}` : null
}

/** The header if it is whole, for messages about what lies behind it. */
async function headerOf(source: CheckpointSource): Promise<CheckpointHeader | null> {
  try {
    const prefix = new Uint8Array(PREFIX_BYTES)
    await source.read(0, prefix)
    const head = new Uint8Array(headerLength(prefix))
    await source.read(0, head)
    return decodeHeader(head)
  } catch {
    return null
  }
}
