import { BAD_MAGIC, FRAME_BYTES, readFrame, SHORT_FRAME } from '../../schemas/avro/framing.ts'
import { BAD_TYPE, type DecodeCode, OK, TRAILING, TRUNCATED } from '../../schemas/avro/scan.ts'
import { AlertReader } from '../../schemas/generated/alert.ts'
import { AuditEventReader } from '../../schemas/generated/audit-event.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { DuplicateReader } from '../../schemas/generated/duplicate.ts'
import type { DeadLetterReason } from '../../schemas/generated/enums.ts'
import { ResolutionReader } from '../../schemas/generated/resolution.ts'
import { ShadowVerdictReader } from '../../schemas/generated/shadow-verdict.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import type { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'
import { visitBatches } from '../../streams/record/visit-batches.ts'
import type { TableName, TableRow } from '../schema/tables.ts'
import { BadColumn } from './bad-column.ts'
import { type RecordPlace, recordPlace } from './coordinates.ts'
import { fraudRow, maskingRow, transactionRow } from './decision-rows.ts'
import { alertRow, auditRow, duplicateRow, resolutionRow, shadowRow } from './other-rows.ts'

/** The schema ids of what the archive reads. */
export interface ArchiveSchemaIds {
  readonly decision: number
  readonly resolution: number
  readonly shadowVerdict: number
  readonly alert: number
  readonly duplicate: number
  readonly audit: number
}

/** What the archive reads: the topics, by the tables that their records go to. */
export const ARCHIVED_TOPICS = [
  TOPICS.paymentsDecided,
  TOPICS.fraudAlerts,
  TOPICS.paymentsDuplicates,
  TOPICS.auditEvents,
] as const

/** A record, or one row of it, that the archive cannot hold: what its dead letter says. */
export interface RefusedRow extends TopicPartition {
  readonly offset: number
  readonly reason: DeadLetterReason
  /** `table.column: rule`, or what is wrong with the whole record; never a value. */
  readonly detail: string
  readonly appendTimeMs: number
  /** A copy, to be hashed; null where there is none. */
  readonly value: Uint8Array | null
}

export interface MadeRows {
  readonly rows: readonly TableRow[]
  readonly refused: readonly RefusedRow[]
}

type Refusal = readonly [reason: DeadLetterReason, detail: string]

/** One kind of record: how its bytes are read, and the row that each of its tables gets. */
interface RecordKind<T> {
  readonly topic: string
  readonly reader: { wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): DecodeCode; toObject(): T }
  readonly tables: readonly (readonly [
    table: TableName,
    rowOf: (record: T, place: RecordPlace) => TableRow['row'] | null,
  ])[]
}

const DECODE_REASONS: Readonly<Record<Exclude<DecodeCode, typeof OK>, Refusal>> = {
  [TRUNCATED]: ['DECODE_TRUNCATED', 'the record ends before its last field'],
  [TRAILING]: ['DECODE_TRAILING', 'bytes are left over after the last field'],
  [BAD_TYPE]: ['DECODE_TYPE', 'a value is outside its type'],
}

/**
 * Rows from committed records: the same records give the same rows in the same order, whoever asks and when, but for the
 * ingest time that is handed in. One instance serves batch after batch of any partition.
 */
export class RecordRows {
  private readonly kinds: ReadonlyMap<number, RecordKind<unknown>>

  constructor(ids: ArchiveSchemaIds) {
    this.kinds = new Map<number, RecordKind<unknown>>([
      [
        ids.decision,
        kind(TOPICS.paymentsDecided.name, new DecisionReader(), [
          ['payment_transactions', transactionRow],
          ['payment_transactions_fraud', fraudRow],
          ['pii_masking_audit', maskingRow],
        ]),
      ],
      [
        ids.resolution,
        kind(TOPICS.paymentsDecided.name, new ResolutionReader(), [['payment_resolutions', resolutionRow]]),
      ],
      [
        ids.shadowVerdict,
        kind(TOPICS.paymentsDecided.name, new ShadowVerdictReader(), [['payment_shadow_verdicts', shadowRow]]),
      ],
      [ids.alert, kind(TOPICS.fraudAlerts.name, new AlertReader(), [['fraud_velocity_alerts', alertRow]])],
      [
        ids.duplicate,
        kind(TOPICS.paymentsDuplicates.name, new DuplicateReader(), [['payment_duplicates', duplicateRow]]),
      ],
      [ids.audit, kind(TOPICS.auditEvents.name, new AuditEventReader(), [['audit_log', auditRow]])],
    ])
  }

  /** The rows of fetched batches from offset `from` on. @throws StreamsError CORRUPT_BATCH */
  read(bytes: Uint8Array, at: TopicPartition, from: number, ingestTimeMs: number): MadeRows {
    const rows: TableRow[] = []
    const refused: RefusedRow[] = []
    visitBatches(bytes, at, from, Number.POSITIVE_INFINITY, (record, view) => {
      const refuse = ([reason, detail]: Refusal) => refused.push(refusedRow(at, record, reason, detail))
      const found = this.kindOf(record, view, at)
      if ('tables' in found)
        this.addRows(found, recordPlace(at, record.offset, record.timestampMs, ingestTimeMs), rows, refuse)
      else refuse(found)
    })
    return { rows, refused }
  }

  /** The kind of a record, whose reader then stands on it. */
  private kindOf(record: RecordBatchReader, view: DataView, { topic }: TopicPartition): RecordKind<unknown> | Refusal {
    const { bytes, valueAt, valueLength } = record
    if (valueLength < 0) return ['NULL_VALUE', 'there is no value']
    const end = valueAt + valueLength
    const schemaId = readFrame(view, valueAt, end)
    if (schemaId === SHORT_FRAME) return ['DECODE_TRUNCATED', 'the value ends inside the head of its frame']
    if (schemaId === BAD_MAGIC) return ['BAD_MAGIC', 'the value does not begin with a zero byte']
    const found = this.kinds.get(schemaId)
    if (found === undefined || found.topic !== topic) {
      return ['UNKNOWN_SCHEMA', 'the schema id is of nothing that is archived from this topic']
    }
    const code = found.reader.wrap(bytes, view, valueAt + FRAME_BYTES, end)
    return code === OK ? found : DECODE_REASONS[code]
  }

  /** Each row is judged by itself: one that is refused takes no other with it. */
  private addRows(
    { reader, tables }: RecordKind<unknown>,
    place: RecordPlace,
    rows: TableRow[],
    refuse: (refusal: Refusal) => void,
  ): void {
    let record: unknown
    try {
      record = reader.toObject()
    } catch (error) {
      // A long that a number cannot hold: no writer of ours makes one.
      if (!(error instanceof RangeError)) throw error
      refuse(DECODE_REASONS[BAD_TYPE])
      return
    }
    for (const [table, rowOf] of tables) {
      try {
        const row = rowOf(record, place)
        if (row !== null) rows.push({ table, row } as TableRow)
      } catch (error) {
        if (!(error instanceof BadColumn)) throw error
        refuse([error.reason, `${table}.${error.column}: ${error.message}`])
      }
    }
  }
}

function kind<T>(topic: string, reader: RecordKind<T>['reader'], tables: RecordKind<T>['tables']): RecordKind<unknown> {
  return { topic, reader, tables } as RecordKind<unknown>
}

function refusedRow(
  at: TopicPartition,
  record: RecordBatchReader,
  reason: DeadLetterReason,
  detail: string,
): RefusedRow {
  const { offset, timestampMs: appendTimeMs, bytes, valueAt, valueLength } = record
  const value = valueLength < 0 ? null : bytes.slice(valueAt, valueAt + valueLength)
  return { ...at, offset, reason, detail, appendTimeMs, value }
}
