import { ARCHIVED_PARTITIONS } from '../../../bigquery/archive-session.ts'
import { type ComparedDay, ComparedDays } from '../../../bigquery/compared-days.ts'
import { RecordRows } from '../../../bigquery/rows/record-rows.ts'
import type { Table } from '../../../bigquery/schema/column.ts'
import { type AnyRow, TABLES } from '../../../bigquery/schema/tables.ts'
import type { Log, TopicPartition } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { archiveSchemaIds } from '../schema-ids.ts'
import type { Session } from '../session.ts'

const DAY_MS = 86_400_000
const FETCH_BYTES = 1 << 20
const FETCH_WAIT_MS = 1_000

/** Days in UTC, YYYY-MM-DD, both included; null is open. */
export interface DayRange {
  readonly from: string | null
  readonly to: string | null
}

/** The archive whose rows are compared. */
export interface ReplayedArchive {
  /** The offset before which all rows of a partition stand there; 0 where it knows nothing of it. */
  standsBefore(at: TopicPartition): Promise<number>
  /** The rows of a table that hold `where`, in any order. */
  rows(table: Table, where: string): AsyncIterable<AnyRow>
}

/**
 * Makes the rows of these days once more, of every offset that the log retains and the archive has passed, and compares them
 * with what the archive holds of the same offsets. Both may be written meanwhile.
 */
export async function replayArchive(
  session: Session<Log>,
  range: DayRange,
  archive: ReplayedArchive,
): Promise<ComparedDay[]> {
  const stretches = await retainedStretches(session.log, archive)
  const days = new ComparedDays()
  for (const table of TABLES) {
    for await (const row of archive.rows(table, daysOf(table, range))) {
      const stretch = stretches.get(`${row.kafka_topic}-${row.kafka_partition}`)
      const within = stretch !== undefined && row.kafka_offset >= stretch.from && row.kafka_offset < stretch.to
      if (within) days.addArchived(table.name, row)
    }
  }
  const { fromMs, toMs } = momentsOf(range)
  const make = new RecordRows(await archiveSchemaIds(session.registry, session.ids))
  for (const { at, from, to } of stretches.values()) {
    const reader = session.log.openReader(at, from)
    for (let offset = from; offset < to; ) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      for (const { table, row } of make.read(bytes, at, offset, machineTime.nowMs()).rows) {
        const within = row.kafka_offset < to && row.event_time >= fromMs && row.event_time < toMs
        if (within) days.addRemade(table, row)
      }
      offset = nextOffset
    }
    reader.close()
  }
  return days.compared()
}

interface Stretch {
  readonly at: TopicPartition
  readonly from: number
  readonly to: number
}

/** What both can know: from the oldest record of the log to where the archive stands. */
async function retainedStretches(log: Log, archive: ReplayedArchive): Promise<Map<string, Stretch>> {
  const stretches = new Map<string, Stretch>()
  for (const at of ARCHIVED_PARTITIONS) {
    const next = await archive.standsBefore(at)
    const { startOffset } = await log.bounds(at)
    stretches.set(`${at.topic}-${at.partition}`, { at, from: startOffset, to: Math.max(startOffset, next) })
  }
  return stretches
}

function momentsOf({ from, to }: DayRange): { readonly fromMs: number; readonly toMs: number } {
  return {
    fromMs: from === null ? Number.NEGATIVE_INFINITY : Date.parse(from),
    toMs: to === null ? Number.POSITIVE_INFINITY : Date.parse(to) + DAY_MS,
  }
}

/** A predicate that both dialects read in the same way. It is on the partition, so BigQuery reads only those days. */
function daysOf({ partitionBy }: Table, { from, to }: DayRange): string {
  const since = `${partitionBy} >= TIMESTAMP '${from ?? '1970-01-01'} 00:00:00+00'`
  if (to === null) return since
  const behind = new Date(Date.parse(to) + DAY_MS).toISOString().slice(0, to.length)
  return `${since} AND ${partitionBy} < TIMESTAMP '${behind} 00:00:00+00'`
}
