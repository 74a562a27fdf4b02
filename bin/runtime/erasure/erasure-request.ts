import { committedStores } from '../control/committed-state.ts'
import { partitionOfAccount } from '../control/control-records.ts'
import { type Standing, standingIn } from '../control/standing.ts'
import type { Session } from '../session.ts'
import { ErasureRefused, isDone } from './erase.ts'
import { type Erasure, newErasure, readErasures, saveErasure } from './erasure-file.ts'
import { accountOf } from './subject-search.ts'

/**
 * The erasure to go on with: the subject's own that is not done, or a new one where something is held; of a subject of whom nothing is
 * held, the last that was done. @throws ErasureRefused
 */
export async function requestErasure(
  session: Session,
  subject: string,
  { actor, reason }: { readonly actor: string; readonly reason: string },
  nowMs: number,
): Promise<Erasure> {
  const before = readErasures(session.folder.path).filter((one) => one.subject === subject)
  const begun = before.find((one) => !isDone(one))
  if (begun !== undefined) return begun
  const accountId = await accountOf(session, subject)
  const last = before.at(-1)
  if (accountId === null) {
    if (last !== undefined) return last
    throw new ErasureRefused('nothing is held of this subject')
  }
  await requireErasable(session, accountId, reason)
  const erasure = newErasure(subject, actor, reason, nowMs)
  saveErasure(session.folder.path, erasure)
  return erasure
}

/** What is held against an account is not lifted in passing: who erases it must lift it first, by name. */
async function requireErasable(session: Session, accountId: string, reason: string): Promise<void> {
  if (session.config.bigqueryProject !== '') {
    throw new ErasureRefused(
      'SLUICE_BIGQUERY_PROJECT is set, and this version erases nothing in BigQuery; delete there by hand, unset it and ask again',
    )
  }
  if (reason.includes(accountId)) throw new ErasureRefused('--reason names the account, and the reason is kept')
  const stores = await committedStores(session, partitionOfAccount(accountId))
  const { hardBlockUntil, automaticBlockUntil } = standingIn(stores, accountId)
  if ([hardBlockUntil, automaticBlockUntil].some((until) => isInForce(until, stores.streamTimeMs))) {
    const what = 'the account is blocked, and an erasure would lift that in silence'
    throw new ErasureRefused(`${what}; wait for its end, or \`sluice accounts unblock\` it first`)
  }
  if (['sender', 'receiver'].some((field) => stores.lists.has(`${field}:${accountId}`))) {
    throw new ErasureRefused('the account stands on a block list; `sluice lists remove` it first')
  }
  const kept = (await session.log.topics()).find(({ topic, retentionMs = -1 }) => {
    return topic === 'payments.submitted' && retentionMs < 0
  })
  if (kept !== undefined) {
    throw new ErasureRefused(
      'this log keeps every record without end, so nothing would ever leave it; import anew with retention',
    )
  }
}

function isInForce(until: Standing['hardBlockUntil'], streamTimeMs: number): boolean {
  return until === 'forever' || (until !== null && until > streamTimeMs)
}
