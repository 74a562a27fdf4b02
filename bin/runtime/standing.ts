import type { Log } from '../../streams/log/log.ts'
import { fold } from '../../streams/task/restore.ts'
import { partitionOfAccount } from './control-records.ts'
import { stateWithin } from './recomputation.ts'
import { createRuntime, INPUT_TOPIC, type Session } from './session.ts'

/** How an account stands at the end of what is committed; times in event time, null for not at all. */
export interface Standing {
  /** Whether the chain keeps anything of it. */
  readonly known: boolean
  readonly payments: number
  readonly hardBlockUntil: number | 'forever' | null
  readonly allowedUntil: number | 'forever' | null
  readonly automaticBlockUntil: number | 'forever' | null
}

const UNKNOWN: Standing = {
  known: false,
  payments: 0,
  hardBlockUntil: null,
  allowedUntil: null,
  automaticBlockUntil: null,
}

/** Folds the account's partition from its newest checkpoint to what is committed, and looks. */
export async function standingOf(session: Session<Log>, accountId: string): Promise<Standing> {
  const at = { topic: INPUT_TOPIC, partition: partitionOfAccount(accountId) }
  const committed = (await session.committed(at))?.offset ?? 0
  const processor = createRuntime(session)
  const state = await stateWithin(session, processor, at.partition, committed, 'newest')
  await fold(session.log, at, processor, state, committed, () => {})
  const { hash, senders, watches } = state.stores
  hash.hashBytes(new TextEncoder().encode(accountId))
  const [h0 = 0, h1 = 0, h2 = 0, h3 = 0] = hash.words
  const row = senders.rows.find(h0, h1, h2, h3)
  if (row < 0) return UNKNOWN
  senders.at(row)
  const { payments } = senders
  if (senders.watch < 0) return { ...UNKNOWN, known: true, payments }
  watches.at(senders.watch)
  return {
    known: true,
    payments,
    hardBlockUntil: timeOf(watches.hardBlockUntilMs),
    allowedUntil: timeOf(watches.allowedUntilMs),
    automaticBlockUntil: timeOf(watches.blockUntilMs),
  }
}

function timeOf(ms: number): number | 'forever' | null {
  if (ms === Number.POSITIVE_INFINITY) return 'forever'
  return Number.isFinite(ms) ? ms : null
}
