import type { PaymentStores } from '../../../processors/stores/payment-stores.ts'
import type { Log } from '../../../streams/log/log.ts'
import type { Session } from '../session.ts'
import { committedStores } from './committed-state.ts'
import { partitionOfAccount } from './control-records.ts'

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

/** Looks at what the account's partition holds. */
export async function standingOf(session: Session<Log>, accountId: string): Promise<Standing> {
  return standingIn(await committedStores(session, partitionOfAccount(accountId)), accountId)
}

/**
 * How an account stands in the stores of its partition. They may be those of a task that runs: between two of its batches it leaves
 * no cursor that it will go on from.
 */
export function standingIn({ hash, senders, watches }: PaymentStores, accountId: string): Standing {
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
