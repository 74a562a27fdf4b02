import { isMentioned } from '../../../bigquery/mentions.ts'
import { cardFreeTexts } from '../control/card-free-texts.ts'
import { committedStores } from '../control/committed-state.ts'
import { partitionOfAccount } from '../control/control-records.ts'
import { type Standing, standingIn } from '../control/standing.ts'
import type { ErasableLog } from './erasable-log.ts'
import { ErasureRefused, GIVE_IT_AN_END, isDone, TOPICS_OF_ACCOUNTS } from './erase.ts'
import { type Erasure, newErasure, readErasures, saveErasure } from './erasure-file.ts'
import { subjectMatcher } from './subject.ts'
import { accountOf } from './subject-search.ts'

/**
 * The erasure to go on with: the subject's own that is not done, or a new one where something is held; of a subject of whom nothing is
 * held, the last that was done. @throws ErasureRefused
 */
export async function requestErasure(
  log: ErasableLog,
  subject: string,
  by: { readonly actor: string; readonly reason: string },
  nowMs: number,
): Promise<Erasure> {
  const { session } = log
  const known = readErasures(session.folder.path)
  const underWay = known.find((one) => one.subject === subject && !isDone(one))
  if (underWay !== undefined) return underWay
  const accountId = await accountOf(session, subject)
  // Under another mask key the same account has another subject.
  const isOfIt = (one: Erasure) => {
    if (one.subject === subject) return true
    return accountId !== null && subjectMatcher(one.subject, session.folder.keys.maskKeys)?.(accountId) === true
  }
  const before = known.filter(isOfIt)
  const begun = before.find((one) => !isDone(one))
  if (begun !== undefined) return begun
  const last = before.at(-1)
  if (accountId === null) {
    if (last !== undefined) return last
    throw new ErasureRefused('nothing is held of this subject')
  }
  // The erasure's own file keeps them, and its receipt shows them.
  const kept = cardFreeTexts(by)
  await requireErasable(log, accountId, kept.reason)
  const erasure = newErasure(subject, kept, nowMs, session.config.bigqueryProject !== '')
  saveErasure(session.folder.path, erasure)
  return erasure
}

/** What is held against an account is not lifted in passing: who erases it must lift it first, by name. */
async function requireErasable(log: ErasableLog, accountId: string, reason: string): Promise<void> {
  const { session } = log
  if (isMentioned(accountId, reason)) throw new ErasureRefused('--reason names the account, and the reason is kept')
  const stores = await committedStores(session, partitionOfAccount(accountId))
  const { hardBlockUntil, automaticBlockUntil } = standingIn(stores, accountId)
  if ([hardBlockUntil, automaticBlockUntil].some((until) => isInForce(until, stores.streamTimeMs))) {
    const what = 'the account is blocked, and an erasure would lift that in silence'
    throw new ErasureRefused(`${what}; wait for its end, or \`sluice accounts unblock\` it first`)
  }
  if (['sender', 'receiver'].some((field) => stores.lists.has(`${field}:${accountId}`))) {
    throw new ErasureRefused('the account stands on a block list; `sluice lists remove` it first')
  }
  const kept = (await log.lifetimes(TOPICS_OF_ACCOUNTS)).find(({ keptMs }) => keptMs === null)
  if (kept !== undefined) throw new ErasureRefused(`${kept.topic} keeps its records without end; ${GIVE_IT_AN_END}`)
}

function isInForce(until: Standing['hardBlockUntil'], streamTimeMs: number): boolean {
  return until === 'forever' || (until !== null && until > streamTimeMs)
}
