import { randomBytes } from 'node:crypto'
import { ALERTS_GROUP } from '../../../redis-alerts/alerts-group.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { archiveCaughtUp, archivedEnds, eraseArchived, hasArchive } from '../archive/archive-erasure.ts'
import { AuditLog, auditSchemaId } from '../board/audit-log.ts'
import { writeCheckpoints } from '../checkpoint-write.ts'
import { controlOutcome } from '../control/control-outcome.ts'
import { partitionOfAccount, sendControl } from '../control/control-records.ts'
import { eraseCodes } from '../otp/held-codes.ts'
import { holdsRecords } from '../partition-scan.ts'
import type { MaskKey } from '../payment-runtime.ts'
import { checkpointFiles, createRuntime, INPUT_TOPIC, type Session } from '../session.ts'
import type { ErasableLog } from './erasable-log.ts'
import { type Erasure, saveErasure } from './erasure-file.ts'
import { subjectMatcher } from './subject.ts'
import { accountOf } from './subject-search.ts'

/** How long a step waits for another process: the task that folds, the archiver that reads. */
const WAIT_MS = 20_000
const POLL_MS = 20
/** Rows that BigQuery would not have changed, or failed to change, are asked for again; each time it reads whole tables. */
export const TRIED_AGAIN_MS = 1_800_000
/** Whoever carries alerts tells the log once a second how far it is. */
const ALERTS_POLL_MS = 200
const ALERTS = TOPICS.fraudAlerts.name
/** What may be the name of an account. */
const ACCOUNT = /[A-Za-z0-9._:-]{1,64}/g
const DAY_MS = 86_400_000
/** Ours runs every few seconds, a broker's every 5 min (log.retention.check.interval.ms), by its own clock; so much later it has. */
const SETTLES_MS = 600_000

/** One-time codes are remembered for a day behind their challenge. */
export const CODES_KEPT_MS = 25 * 3_600_000

/** Topics in which an account can stand. */
export const TOPICS_OF_ACCOUNTS: readonly string[] = [
  TOPICS.paymentsSubmitted,
  TOPICS.paymentsDecided,
  TOPICS.fraudAlerts,
  TOPICS.fraudActions,
  TOPICS.paymentsDuplicates,
  TOPICS.apiClaims,
  TOPICS.auditEvents,
].map(({ name }) => name)

/** What to do about a topic that never lets its records go. */
export const GIVE_IT_AN_END =
  'nothing would ever leave it; give it a retention and cleanup.policy delete, or import anew with retention'

/** An erasure that cannot be asked for; the message says what to do. */
export class ErasureRefused extends Error {}

/** Asked anew behind each piece of work: a receipt must name no time at which what was being erased could still be read. */
export interface ErasureClock {
  nowMs(): number
}

/** One step of an erasure: what is new, or null when it must wait; it is then asked again. */
type Step = (
  log: ErasableLog,
  erasure: Erasure,
  clock: ErasureClock,
  waitMs: number,
  keep: (news: Partial<Erasure>) => void,
) => Promise<Partial<Erasure> | null>

const STEPS: readonly Step[] = [
  sendRecord,
  awaitFold,
  awaitAlerts,
  replaceCheckpoints,
  eraseArchive,
  eraseDataset,
  noteAct,
  eraseCodesOf,
  endLog,
]

/**
 * Goes on with an erasure as far as it can now, keeping each step once it is done: what was killed in the middle does that step again, and
 * each may be done twice. A step waits for another process for `waitMs` at most. @throws StreamsError of a step that failed; ErasureRefused when the chain refuses the record.
 */
export async function continueErasure(
  log: ErasableLog,
  begun: Erasure,
  clock: ErasureClock,
  waitMs: number = WAIT_MS,
): Promise<Erasure> {
  const { folder } = log.session
  let erasure = begun
  const keep = (news: Partial<Erasure>) => {
    erasure = { ...erasure, ...news }
    saveErasure(folder.path, erasure)
  }
  try {
    for (const step of STEPS) {
      const news = await step(log, erasure, clock, waitMs, keep)
      if (news !== null) keep(news)
    }
  } catch (error) {
    keep({ failure: withoutAccount((error as Error).message, begun.subject, folder.keys.maskKeys) })
    throw error
  }
  if (erasure.failure !== null) keep({ failure: null })
  return erasure
}

/** A message as the erasure's file may keep it. */
function withoutAccount(message: string, subject: string, maskKeys: readonly MaskKey[]): string {
  const isIt = subjectMatcher(subject, maskKeys)
  return isIt === null ? message : message.replaceAll(ACCOUNT, (word) => (isIt(word) ? subject : word))
}

/** Whether there is nothing left to do. */
export function isDone(erasure: Erasure): boolean {
  const { overwrittenMs, archivedMs, checkpointedMs, alertedMs, codesMs, bigquery } = erasure
  const steps = [overwrittenMs, archivedMs, checkpointedMs, alertedMs, codesMs]
  return steps.every((ms) => ms !== null) && bigquery?.erasedMs !== null
}

/** When the rows of the archive are due: at once, or once the law no longer asks for them. */
export function archiveDueMs({ config }: Pick<Session<Log>, 'config'>, { requestedMs }: Erasure): number {
  return requestedMs + config.eraseArchiveAfterDays * DAY_MS
}

async function sendRecord({ session }: ErasableLog, { place, subject, actor, reason }: Erasure, clock: ErasureClock) {
  if (place !== null) return null
  const accountId = await requireAccount(session, subject)
  const change = { kind: 'ERASURE', actor, reason, accountId } as const
  const [sent] = await sendControl(session, 'admin', change, [partitionOfAccount(accountId)], clock.nowMs())
  return sent === undefined ? null : { place: sent }
}

async function awaitFold(log: ErasableLog, { place, foldedMs }: Erasure, clock: ErasureClock, waitMs: number) {
  const { session } = log
  if (place === null || foldedMs !== null) return null
  const outcome = await controlOutcome(session, place, machineTime.nowMs() + waitMs)
  if (outcome === 'waiting') return null
  if (typeof outcome === 'object') {
    throw new ErasureRefused(`the chain refused the record at ${place.partition}-${place.offset}: ${outcome.refused}`)
  }
  // What the same transaction wrote is there for readers by then.
  await machineTime.wait(session.visibleWithinMs)
  const inputEnds = await endsOf(session.log, INPUT_TOPIC)
  const alertsEnd = (await endsOf(session.log, ALERTS))[place.partition] ?? 0
  const kept: (Omit<Erasure['logEnds'][number], 'endsMs'> & { readonly keptMs: number })[] = []
  for (const { topic, keptMs } of await log.lifetimes(TOPICS_OF_ACCOUNTS)) {
    // Nobody asks for an erasure of a log that keeps all; what was changed since has a date again when it is changed back.
    if (keptMs === null) throw new ErasureRefused(`${topic} keeps its records without end; ${GIVE_IT_AN_END}`)
    kept.push({ topic, keptMs, ends: await endsOf(session.log, topic) })
  }
  // No record before these ends is younger.
  const nowMs = clock.nowMs()
  const logEnds = kept.map(({ topic, keptMs, ends }) => ({ topic, endsMs: nowMs + keptMs + SETTLES_MS, ends }))
  return { foldedMs: nowMs, inputEnds, alertsEnd, logEnds }
}

async function endsOf(log: Log, topic: string): Promise<number[]> {
  const partitions = (await log.topics()).find((one) => one.topic === topic)?.partitions ?? 0
  const ends: number[] = []
  for (let partition = 0; partition < partitions; partition++) {
    ends.push((await log.bounds({ topic, partition })).endOffset)
  }
  return ends
}

/** Whoever carries alerts to Redis takes the erasure's own behind all of the account; where nobody ever did, there are none. */
async function awaitAlerts({ session }: ErasableLog, erasure: Erasure, clock: ErasureClock, waitMs: number) {
  const { place, foldedMs, alertedMs, alertsEnd } = erasure
  if (place === null || foldedMs === null || alertedMs !== null) return null
  const at = { topic: ALERTS, partition: place.partition }
  const group = session.log.group(ALERTS_GROUP)
  const untilMs = machineTime.nowMs() + waitMs
  for (;;) {
    const committed = await group.committed(at)
    const isBehind = committed !== null && (await holdsRecords(session.log, at, committed.offset, alertsEnd))
    if (!isBehind) return { alertedMs: clock.nowMs() }
    if (machineTime.nowMs() >= untilMs) return null
    await machineTime.wait(ALERTS_POLL_MS)
  }
}

/** A checkpoint behind the record holds nothing of the account; those before it go, and no longer keep the input that they need. */
async function replaceCheckpoints(
  { session }: ErasableLog,
  { foldedMs, checkpointedMs, inputEnds }: Erasure,
  clock: ErasureClock,
  waitMs: number,
) {
  if (foldedMs === null || checkpointedMs !== null) return null
  const passed = await committedUpTo(session, inputEnds, waitMs)
  if (passed === null) return null
  await writeCheckpoints(session, createRuntime(session))
  await removeCheckpointsBefore(session, passed)
  return { checkpointedMs: clock.nowMs(), inputEnds: passed }
}

async function removeCheckpointsBefore(session: Session<Log>, inputEnds: readonly number[]): Promise<void> {
  const files = checkpointFiles(session)
  for (const [partition, end] of inputEnds.entries()) {
    const kept = await files.list(INPUT_TOPIC, partition)
    if (!kept.some(({ nextOffset }) => nextOffset >= end)) continue
    for (const { name, nextOffset } of kept) if (nextOffset < end) await files.remove(name)
  }
}

/**
 * Waits until every task has committed all records before `inputEnds`; where each stands then, or that end where it is further. A cluster's
 * ends may be those of transactions, which are no records: a task that has ended need not have come past them. Null when one has not come so far.
 */
async function committedUpTo(
  session: Session<Log>,
  inputEnds: readonly number[],
  waitMs: number,
): Promise<number[] | null> {
  const untilMs = machineTime.nowMs() + waitMs
  const passed: number[] = []
  for (const [partition, end] of inputEnds.entries()) {
    const at = { topic: INPUT_TOPIC, partition }
    for (;;) {
      const committed = (await session.committed(at))?.offset ?? 0
      if (committed >= end || !(await holdsRecords(session.log, at, committed, end))) {
        passed.push(Math.min(committed, end))
        break
      }
      if (machineTime.nowMs() >= untilMs || !(await session.isOwned(at))) return null
      await machineTime.wait(POLL_MS)
    }
  }
  return passed
}

async function eraseArchive({ session }: ErasableLog, erasure: Erasure, clock: ErasureClock, waitMs: number) {
  const { checkpointedMs, archivedMs, subject } = erasure
  if (checkpointedMs === null || archivedMs !== null || clock.nowMs() < archiveDueMs(session, erasure)) return null
  if (!hasArchive(session)) return { archivedMs: clock.nowMs(), archivedRows: null }
  const ends = await archivedEnds(session.log)
  if (!(await archiveCaughtUp(session, ends, machineTime.nowMs() + waitMs))) return null
  const accountId = await accountOf(session, subject)
  // Nothing names it any more where a crash came behind the change of its rows: no row is the subject's own name, so the files are written anew.
  const account = { accountId: accountId ?? subject, subject, ends: erasure.logEnds }
  const archivedRows = await eraseArchived(session, account)
  return { archivedMs: clock.nowMs(), archivedRows }
}

/** The rows of BigQuery, by statements that each change all of a table or nothing; those that came of late are for a later try. */
async function eraseDataset(
  { session }: ErasableLog,
  erasure: Erasure,
  clock: ErasureClock,
  _waitMs: number,
  keep: (news: Partial<Erasure>) => void,
) {
  const { checkpointedMs, bigquery, subject } = erasure
  const { config, folder } = session
  if (checkpointedMs === null || bigquery === null || bigquery.erasedMs !== null || config.bigqueryProject === '')
    return null
  const { triedMs, pseudonym } = bigquery
  const nowMs = clock.nowMs()
  if (nowMs < archiveDueMs(session, erasure) || (triedMs !== null && nowMs < triedMs + TRIED_AGAIN_MS)) return null
  const { datasetCaughtUp, eraseFromBigQuery } = await import('../archive/bigquery-erasure.ts')
  if (!(await datasetCaughtUp(session, await archivedEnds(session.log)))) return null
  // Kept before any row has it: a try that is cut off or fails is followed by one with the same, and not at once.
  const begun = { ...bigquery, pseudonym: pseudonym ?? `erased-${randomBytes(8).toString('hex')}` }
  keep({ bigquery: { ...begun, triedMs: nowMs } })
  let { rows } = bigquery
  try {
    const accountId = (await accountOf(session, subject)) ?? subject
    const asked = { accountId, subject, pseudonym: begun.pseudonym, ends: erasure.logEnds }
    const { whole, keptMs } = await eraseFromBigQuery(config, asked, (changed) => (rows += changed))
    const doneMs = clock.nowMs()
    const tried = { rows, triedMs: doneMs, keptMs, failure: null }
    // Nobody keeps what stands for the account once nothing more is to have it.
    if (whole) return { bigquery: { ...tried, pseudonym: null, erasedMs: doneMs } }
    return { bigquery: { ...begun, ...tried } }
  } catch (error) {
    const failure = withoutAccount((error as Error).message, subject, folder.keys.maskKeys)
    keep({ bigquery: { ...begun, rows, triedMs: clock.nowMs(), failure } })
    throw error
  }
}

/** Who had it erased stays, under the subject alone. */
async function noteAct({ session: { log, registry } }: ErasableLog, erasure: Erasure, clock: ErasureClock) {
  const { checkpointedMs, auditedMs, actor, subject, reason, requestedMs } = erasure
  if (checkpointedMs === null || auditedMs !== null) return null
  const audit = new AuditLog(log, await auditSchemaId(registry))
  const act = { actor, role: 'admin', act: 'subject.erase', subject, result: 'done', reason } as const
  await audit.append({ ...act, requestId: `erasure-${requestedMs}` }, clock.nowMs())
  await audit.close()
  return { auditedMs: clock.nowMs() }
}

/** A challenge ends within minutes and is then answered from for a day. */
async function eraseCodesOf({ session }: ErasableLog, { subject, foldedMs, codesMs }: Erasure, clock: ErasureClock) {
  const nowMs = clock.nowMs()
  if (foldedMs === null || codesMs !== null || nowMs < foldedMs + CODES_KEPT_MS) return null
  const isIt = subjectMatcher(subject, session.folder.keys.maskKeys)
  await eraseCodes(session, isIt ?? (() => false), nowMs)
  return { codesMs: clock.nowMs() }
}

/** Past the last topic's end: what left is overwritten where it stood, and each topic is asked whether it left. */
async function endLog(log: ErasableLog, erasure: Erasure, clock: ErasureClock) {
  const { checkpointedMs, inputEnds, logEnds, overwrittenMs } = erasure
  if (checkpointedMs === null || overwrittenMs !== null) return null
  const nowMs = clock.nowMs()
  if (nowMs < Math.max(...logEnds.map(({ endsMs }) => endsMs))) return null
  // One that a task had begun before may have come since.
  await removeCheckpointsBefore(log.session, inputEnds)
  await log.wipe(nowMs)
  const overdue: string[] = []
  for (const { topic, ends } of logEnds) if (await holdsBefore(log.session.log, topic, ends)) overdue.push(topic)
  return overdue.length === 0 ? { overdue, overwrittenMs: clock.nowMs() } : { overdue }
}

async function holdsBefore(log: Log, topic: string, ends: readonly number[]): Promise<boolean> {
  for (const [partition, end] of ends.entries()) {
    if ((await log.bounds({ topic, partition })).startOffset < end) return true
  }
  return false
}

async function requireAccount(session: Session<Log>, subject: string): Promise<string> {
  const accountId = await accountOf(session, subject)
  if (accountId !== null) return accountId
  throw new StreamsError('SUBJECT_UNKNOWN', 'stop', 'nothing is held of this subject')
}
