import { TABLES } from '../../../bigquery/schema/tables.ts'
import { FRAME_BYTES, readFrame } from '../../../schemas/avro/framing.ts'
import { AlertReader } from '../../../schemas/generated/alert.ts'
import { ApiClaimReader } from '../../../schemas/generated/api-claim.ts'
import { AuditEventReader } from '../../../schemas/generated/audit-event.ts'
import { ControlRecordReader } from '../../../schemas/generated/control-record.ts'
import { DecisionReader } from '../../../schemas/generated/decision.ts'
import { DuplicateReader } from '../../../schemas/generated/duplicate.ts'
import { FraudActionReader } from '../../../schemas/generated/fraud-action.ts'
import { PaymentSubmittedReader } from '../../../schemas/generated/payment-submitted.ts'
import { ResolutionReader } from '../../../schemas/generated/resolution.ts'
import { SCHEMAS } from '../../../schemas/generated/schemas.ts'
import { ShadowVerdictReader } from '../../../schemas/generated/shadow-verdict.ts'
import { subjectOf, TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { RecordBatchReader } from '../../../streams/record/record-batch-reader.ts'
import { auditSchemaId } from '../board/audit-log.ts'
import { standingOf } from '../control/standing.ts'
import { heldChallenges } from '../otp/held-codes.ts'
import { scanPartition } from '../partition-scan.ts'
import type { Session } from '../session.ts'
import { archivedRows } from './archived-rows.ts'

/** One thing that is held of a subject, and where. */
export interface HeldRecord {
  /** A topic, `state`, `archive.<table>` or `one-time codes`. */
  readonly store: string
  /** `<partition>-<offset>`; null for what is no record. */
  readonly place: string | null
  /** `sender` for what is the subject's own, `receiver` where another account paid it. */
  readonly as: 'sender' | 'receiver'
  readonly held: object
}

interface ObjectReader {
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): number
  toObject(): object
}

/** Fields of any record of the log that says whose it is. */
interface Parties {
  readonly senderAccountId?: string | null
  readonly receiverAccountId?: string | null
  readonly accountId?: string | null
  /** Of an act: on what. */
  readonly subject?: string | null
}

const SEARCHED = [
  TOPICS.paymentsSubmitted,
  TOPICS.paymentsDecided,
  TOPICS.fraudAlerts,
  TOPICS.fraudActions,
  TOPICS.paymentsDuplicates,
  TOPICS.apiClaims,
  TOPICS.auditEvents,
] as const
/** What a foreign producer may send in clear: an export says that it stands there, never what it is. */
const RAW = ['pan', 'expiry', 'cvv', 'cardholderName', 'email', 'ip'] as const
/** Of a payment that the subject received: what is another person's stays that person's. */
const RECEIVED = [
  'transactionId',
  'eventTime',
  'receiverAccountId',
  'amountMinor',
  'currency',
  'kind',
  'outcome',
] as const
const RECEIVED_COLUMNS = 'transaction_id, event_time, receiver_account_id, amount, currency, kind, outcome'

/** All that is held of an account and can be read: the log, the state, the archive, one-time codes without the codes (the right to know). */
export async function* recordsOf(session: Session<Log>, accountId: string): AsyncGenerator<HeldRecord> {
  const standing = await standingOf(session, accountId)
  if (standing.known) yield { store: 'state', place: null, as: 'sender', held: standing }
  for (const { name: topic, partitions } of SEARCHED) {
    for (let partition = 0; partition < partitions; partition++) yield* recordsIn(session, topic, partition, accountId)
  }
  yield* rowsOf(session, accountId)
  yield* challengesOf(session, accountId)
}

async function* recordsIn(
  { log, ids, registry }: Pick<Session<Log>, 'log' | 'ids' | 'registry'>,
  topic: string,
  partition: number,
  accountId: string,
): AsyncGenerator<HeldRecord> {
  const readers = new Map<number, ObjectReader>([
    [ids.payment, new PaymentSubmittedReader()],
    [ids.control, new ControlRecordReader()],
    [ids.decision, new DecisionReader()],
    [ids.resolution, new ResolutionReader()],
    [ids.shadowVerdict, new ShadowVerdictReader()],
    [ids.alert, new AlertReader()],
    [ids.action, new FraudActionReader()],
    [ids.duplicate, new DuplicateReader()],
    [
      await registry.idOf(subjectOf(TOPICS.apiClaims.name, 'sluice.ApiClaim'), JSON.parse(SCHEMAS.ApiClaim)),
      new ApiClaimReader(),
    ],
    [await auditSchemaId(registry), new AuditEventReader()],
  ])
  const found: HeldRecord[] = []
  const { startOffset, endOffset } = await log.bounds({ topic, partition })
  await scanPartition(log, { topic, partition }, startOffset, endOffset, (record, view) => {
    const held = objectOf(record, view, readers) as (Parties & Record<string, unknown>) | null
    if (held === null) return
    const place = `${partition}-${record.offset}`
    const isOwn = [held.senderAccountId, held.accountId, held.subject].includes(accountId)
    if (isOwn) {
      found.push({ store: topic, place, as: 'sender', held: exported(held) })
    } else if (held.receiverAccountId === accountId) {
      const fields = RECEIVED.filter((name) => name in held).map((name) => [name, held[name]])
      found.push({ store: topic, place, as: 'receiver', held: Object.fromEntries(fields) })
    }
  })
  yield* found
}

function objectOf(
  { bytes, valueAt, valueLength }: RecordBatchReader,
  view: DataView,
  readers: ReadonlyMap<number, ObjectReader>,
): object | null {
  if (valueLength < FRAME_BYTES) return null
  const end = valueAt + valueLength
  const reader = readers.get(readFrame(view, valueAt, end))
  return reader === undefined || reader.wrap(bytes, view, valueAt + FRAME_BYTES, end) !== 0 ? null : reader.toObject()
}

function exported(held: Readonly<Record<string, unknown>>): object {
  const { signature: _signature, ...shown } = held
  const raw = RAW.filter((name) => shown[name] != null)
  const inClear = Object.fromEntries(raw.map((name) => [name, 'stands here as the producer sent it']))
  return { ...shown, ...inClear }
}

async function* rowsOf({ config }: Pick<Session<Log>, 'config'>, accountId: string): AsyncGenerator<HeldRecord> {
  for (const { name, columns } of TABLES) {
    if (!('sender_account_id' in columns)) continue
    const rows = archivedRows(
      config,
      (ofAccount) => `SELECT * FROM ${name} WHERE ${ofAccount('sender_account_id', accountId)}`,
    )
    for await (const row of rows) {
      if (row['sender_account_id'] !== accountId) continue
      yield { store: `archive.${name}`, place: placeOf(row), as: 'sender', held: row }
    }
  }
  const received = archivedRows(
    config,
    (ofAccount) => `SELECT ${RECEIVED_COLUMNS}, kafka_partition, kafka_offset FROM payment_transactions
      WHERE ${ofAccount('receiver_account_id', accountId)}`,
  )
  for await (const row of received) {
    if (row['receiver_account_id'] !== accountId) continue
    yield { store: 'archive.payment_transactions', place: placeOf(row), as: 'receiver', held: row }
  }
}

async function* challengesOf(session: Session<Log>, accountId: string): AsyncGenerator<HeldRecord> {
  const challenges = await heldChallenges(session, (one) => one === accountId, machineTime.nowMs())
  for (const { endsMs, ...challenge } of challenges) {
    const held = { ...challenge, ends: new Date(endsMs).toISOString() }
    yield { store: 'one-time codes', place: null, as: 'sender', held }
  }
}

function placeOf({ kafka_partition: partition, kafka_offset: offset }: Readonly<Record<string, unknown>>): string {
  return `${partition}-${offset}`
}
