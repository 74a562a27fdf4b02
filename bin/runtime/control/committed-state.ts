import type { PaymentStores } from '../../../processors/stores/payment-stores.ts'
import type { Log } from '../../../streams/log/log.ts'
import { fold } from '../../../streams/task/restore.ts'
import { stateWithin } from '../recomputation.ts'
import { createRuntime, INPUT_TOPIC, type Session } from '../session.ts'

/** What a partition's task holds at the end of what is committed: its newest checkpoint, and the input behind it folded. */
export async function committedStores(session: Session<Log>, partition: number): Promise<PaymentStores> {
  const at = { topic: INPUT_TOPIC, partition }
  const committed = (await session.committed(at))?.offset ?? 0
  const processor = createRuntime(session)
  const state = await stateWithin(session, processor, partition, committed, 'newest')
  await fold(session.log, at, processor, state, committed, () => {})
  return state.stores
}
