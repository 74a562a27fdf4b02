import type { RowBatch } from '../../bigquery/archive-writer.ts'
import { RecordRows } from '../../bigquery/rows/record-rows.ts'
import { RowsDigest } from '../../bigquery/rows-digest.ts'
import { TABLES, type TableName, type TableRow } from '../../bigquery/schema/tables.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import {
  ARCHIVE_IDS,
  alertOf,
  auditEventOf,
  decisionOf,
  duplicateOf,
  fetched,
  framedValue,
  NOON_MS,
  resolutionOf,
} from './archived-records.ts'

/** Where a transaction's marker stands: an offset without a record. */
const MARKER_EVERY = 11

/** The value of the record at an offset of a partition; null for a marker. Every column is null somewhere where it may be. */
function valueAt({ topic, partition }: TopicPartition, offset: number): Uint8Array | null {
  if (offset % MARKER_EVERY === MARKER_EVERY - 1) return null
  const n = partition * 1_000 + offset
  const bare = offset % 4 === 1
  switch (topic) {
    case TOPICS.paymentsDecided.name:
      if (offset % 9 === 5) return framedValue.resolution(resolutionOf(n))
      return framedValue.decision(decisionOf(n, bare ? BARE_DECISION : {}))
    case TOPICS.fraudAlerts.name:
      return framedValue.alert(alertOf(n, bare ? BARE_ALERT : {}))
    case TOPICS.paymentsDuplicates.name:
      return framedValue.duplicate(duplicateOf(n))
    default:
      return framedValue.audit(auditEventOf(n, bare ? BARE_AUDIT : {}))
  }
}

const BARE_DECISION = {
  eventTime: NOON_MS,
  idempotencyKey: null,
  merchantId: null,
  merchantCategory: null,
  terminalId: null,
  region: null,
  latitude: null,
  longitude: null,
  deviceId: null,
  maskKeyId: null,
  cardMasked: null,
  cardToken: null,
  expiryMasked: null,
  cvvMasked: null,
  cardholderNameMasked: null,
  cardholderNameToken: null,
  emailMasked: null,
  emailToken: null,
  ipMasked: null,
  ipToken: null,
  memo: null,
  maskings: [],
  velocityFraudPeers: [],
  reasons: [],
  notEvaluated: [],
  actions: [],
}
const BARE_ALERT = {
  kind: 'CONTROL_REFUSED',
  transactionId: null,
  senderAccountId: null,
  amountMinor: null,
  currency: null,
  region: null,
  reasons: [],
} as const
const BARE_AUDIT = { role: null, subject: null, reason: null, sourceToken: null, requestId: null, traceId: null }

/** What the tests archive: two partitions of decisions and one of each other topic. */
export const STREAM: readonly TopicPartition[] = [
  { topic: TOPICS.paymentsDecided.name, partition: 0 },
  { topic: TOPICS.paymentsDecided.name, partition: 7 },
  { topic: TOPICS.fraudAlerts.name, partition: 0 },
  { topic: TOPICS.paymentsDuplicates.name, partition: 0 },
  { topic: TOPICS.auditEvents.name, partition: 0 },
]

const makeRows = new RecordRows(ARCHIVE_IDS)

/** The rows of a stretch, as the archiver hands them over; `ingestTimeMs` differs from one reading to the next. */
export function batchOf(at: TopicPartition, from: number, next: number, ingestTimeMs = NOON_MS): RowBatch {
  const rows: TableRow[] = []
  for (let offset = from; offset < next; offset++) {
    const value = valueAt(at, offset)
    if (value !== null)
      rows.push(...makeRows.read(fetched([value], offset, NOON_MS + 86_400_000), at, offset, ingestTimeMs).rows)
  }
  return { ...at, from, next, rows }
}

export type Digests = Readonly<
  Record<string, { readonly rows: number; readonly distinct: number; readonly hash: string; readonly amounts: object }>
>

/** What the archive must hold of the stream's first `records` offsets of each partition. */
export function expectedDigests(records: number, partitions: readonly TopicPartition[] = STREAM): Digests {
  const rows = partitions.flatMap((at) => batchOf(at, 0, records).rows)
  return digestsOf((table) => rows.filter((one) => one.table === table).map(({ row }) => row))
}

/** By table, in a form that compares and prints. */
export function digestsOf(rowsOf: (table: TableName) => readonly TableRow['row'][]): Digests {
  return Object.fromEntries(
    TABLES.map(({ name }) => {
      const digest = new RowsDigest()
      const places = new Set<string>()
      for (const row of rowsOf(name)) {
        digest.add(row)
        places.add(`${row.kafka_topic}-${row.kafka_partition}-${row.kafka_offset}`)
      }
      const amounts = Object.fromEntries([...digest.amounts].sort().map(([currency, sum]) => [currency, `${sum}`]))
      return [name, { rows: digest.rows, distinct: places.size, hash: digest.hash, amounts }]
    }),
  )
}
