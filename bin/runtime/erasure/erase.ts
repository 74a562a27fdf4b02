import { TOPICS } from '../../../schemas/topics.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { archiveCaughtUp, archivedEnds, eraseArchived, hasArchive } from '../archive/archive-erasure.ts'
import { AuditLog, auditSchemaId } from '../board/audit-log.ts'
import { writeCheckpoints } from '../checkpoint-write.ts'
import { controlOutcome } from '../control/control-outcome.ts'
import { ALL_PARTITIONS, partitionOfAccount, sendControl } from '../control/control-records.ts'
import { dropOldRecords } from '../retention-loop.ts'
import { checkpointFiles, createRuntime, INPUT_TOPIC, type Session } from '../session.ts'
import { type Erasure, saveErasure } from './erasure-file.ts'
import { accountOf } from './subject-search.ts'

/** How long a step waits for another process: the task that folds, the archiver that reads. */
const WAIT_MS = 20_000
const POLL_MS = 20
const DAY_MS = 86_400_000
/** Retention runs every few seconds and the files are overwritten behind it; so much later both have. */
const SETTLES_MS = 600_000

/** Topics in which an account can stand. */
const TOPICS_OF_ACCOUNTS: readonly string[] = [
  TOPICS.paymentsSubmitted,
  TOPICS.paymentsDecided,
  TOPICS.fraudAlerts,
  TOPICS.fraudActions,
  TOPICS.paymentsDuplicates,
  TOPICS.apiClaims,
  TOPICS.auditEvents,
].map(({ name }) => name)

/** An erasure that cannot be asked for; the message says what to do. */
export class ErasureRefused extends Error {}

/** One step of an erasure: what is new, or null when it must wait; it is then asked again. */
type Step = (session: Session, erasure: Erasure, nowMs: number, waitMs: number) => Promise<Partial<Erasure> | null>

const STEPS: readonly Step[] = [sendRecord, awaitFold, replaceCheckpoints, eraseArchive, noteAct, overwriteLog]

/**
 * Goes on with an erasure as far as it can now, keeping each step once it is done: what was killed in the middle does that step again, and
 * each may be done twice. A step waits for another process for `waitMs` at most. @throws StreamsError of a step that failed; ErasureRefused when the chain refuses the record.
 */
export async function continueErasure(
  session: Session,
  begun: Erasure,
  nowMs: number,
  waitMs: number = WAIT_MS,
): Promise<Erasure> {
  let erasure = begun
  for (const step of STEPS) {
    const news = await step(session, erasure, nowMs, waitMs)
    if (news === null) continue
    erasure = { ...erasure, ...news }
    saveErasure(session.folder.path, erasure)
  }
  return erasure
}

/** Whether there is nothing left to do. */
export function isDone({ overwrittenMs, archivedMs, checkpointedMs }: Erasure): boolean {
  return overwrittenMs !== null && archivedMs !== null && checkpointedMs !== null
}

/** When the rows of the archive are due: at once, or once the law no longer asks for them. */
export function archiveDueMs({ config }: Pick<Session, 'config'>, { requestedMs }: Erasure): number {
  return requestedMs + config.eraseArchiveAfterDays * DAY_MS
}

async function sendRecord(session: Session, { place, subject, actor, reason }: Erasure, nowMs: number) {
  if (place !== null) return null
  const accountId = await requireAccount(session, subject)
  const change = { kind: 'ERASURE', actor, reason, accountId } as const
  const [sent] = await sendControl(session, 'admin', change, [partitionOfAccount(accountId)], nowMs)
  return sent === undefined ? null : { place: sent }
}

async function awaitFold(session: Session, { place, foldedMs }: Erasure, nowMs: number, waitMs: number) {
  if (place === null || foldedMs !== null) return null
  const outcome = await controlOutcome(session, place, machineTime.nowMs() + waitMs)
  if (outcome === 'waiting') return null
  if (typeof outcome === 'object') {
    throw new ErasureRefused(`the chain refused the record at ${place.partition}-${place.offset}: ${outcome.refused}`)
  }
  const inputEnds: number[] = []
  for (const partition of ALL_PARTITIONS) {
    inputEnds.push((await session.log.bounds({ topic: INPUT_TOPIC, partition })).endOffset)
  }
  const topics = await session.log.topics()
  const logEnds = topics.flatMap(({ topic, retentionMs = -1 }) => {
    return TOPICS_OF_ACCOUNTS.includes(topic) ? [{ topic, endsMs: nowMs + retentionMs + SETTLES_MS }] : []
  })
  return { foldedMs: nowMs, inputEnds, logEnds }
}

/** A checkpoint behind the record holds nothing of the account; those before it go, and no longer keep the input that they need. */
async function replaceCheckpoints(
  session: Session,
  { foldedMs, checkpointedMs, inputEnds }: Erasure,
  nowMs: number,
  waitMs: number,
) {
  if (foldedMs === null || checkpointedMs !== null) return null
  if (!(await committedUpTo(session, inputEnds, waitMs))) return null
  await writeCheckpoints(session, createRuntime(session))
  const files = checkpointFiles(session)
  for (const [partition, end] of inputEnds.entries()) {
    const kept = await files.list(INPUT_TOPIC, partition)
    if (!kept.some(({ nextOffset }) => nextOffset >= end)) continue
    for (const { name, nextOffset } of kept) if (nextOffset < end) await files.remove(name)
  }
  return { checkpointedMs: nowMs }
}

async function committedUpTo(session: Session, inputEnds: readonly number[], waitMs: number): Promise<boolean> {
  const untilMs = machineTime.nowMs() + waitMs
  const isBehind = async ({ at, end }: { readonly at: TopicPartition; readonly end: number }) =>
    end > 0 && ((await session.committed(at))?.offset ?? 0) < end
  for (const [partition, end] of inputEnds.entries()) {
    const at = { topic: INPUT_TOPIC, partition }
    while (await isBehind({ at, end })) {
      if (machineTime.nowMs() >= untilMs || !(await session.isOwned(at))) return false
      await machineTime.wait(POLL_MS)
    }
  }
  return true
}

async function eraseArchive(session: Session, erasure: Erasure, nowMs: number, waitMs: number) {
  const { checkpointedMs, archivedMs, subject } = erasure
  if (checkpointedMs === null || archivedMs !== null || nowMs < archiveDueMs(session, erasure)) return null
  if (!hasArchive(session)) return { archivedMs: nowMs, archivedRows: null }
  const ends = await archivedEnds(session.log)
  if (!(await archiveCaughtUp(session, ends, machineTime.nowMs() + waitMs))) return null
  const accountId = await accountOf(session, subject)
  // Nothing names it any more where a crash came behind the change of its rows: no row is the subject's own name, so the files are written anew.
  return { archivedMs: nowMs, archivedRows: await eraseArchived(session, { accountId: accountId ?? subject, subject }) }
}

/** Who had it erased stays, under the subject alone. */
async function noteAct({ log, registry }: Session, erasure: Erasure, nowMs: number) {
  const { checkpointedMs, auditedMs, actor, subject, reason, requestedMs } = erasure
  if (checkpointedMs === null || auditedMs !== null) return null
  const audit = new AuditLog(log, await auditSchemaId(registry))
  const act = { actor, role: 'admin', act: 'subject.erase', subject, result: 'done', reason } as const
  await audit.append({ ...act, requestId: `erasure-${requestedMs}` }, nowMs)
  await audit.close()
  return { auditedMs: nowMs }
}

/** Past the last topic's end: what retention dropped is overwritten where it stood. */
async function overwriteLog(session: Session, { checkpointedMs, logEnds, overwrittenMs }: Erasure, nowMs: number) {
  if (checkpointedMs === null || overwrittenMs !== null) return null
  if (nowMs < Math.max(...logEnds.map(({ endsMs }) => endsMs))) return null
  await dropOldRecords(session, nowMs)
  // Pages that were freed by the last drop are free to be filled from the next transaction on.
  await session.log.overwriteFreePages()
  await session.log.overwriteFreePages()
  return { overwrittenMs: nowMs }
}

async function requireAccount(session: Session, subject: string): Promise<string> {
  const accountId = await accountOf(session, subject)
  if (accountId !== null) return accountId
  throw new StreamsError('SUBJECT_UNKNOWN', 'stop', 'nothing is held of this subject')
}
