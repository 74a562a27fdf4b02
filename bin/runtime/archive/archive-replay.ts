import { answeredRow } from '../../../bigquery/answered-row.ts'
import type { AnswerLine } from '../../../bigquery/query-client.ts'
import { ARCHIVED_TOPICS, RecordRows } from '../../../bigquery/rows/record-rows.ts'
import { RowsDigest } from '../../../bigquery/rows-digest.ts'
import { type AnyRow, TABLES } from '../../../bigquery/schema/tables.ts'
import type { Log, TopicPartition } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { archiveSchemaIds } from '../schema-ids.ts'
import type { Session } from '../session.ts'

/** Days in UTC, YYYY-MM-DD, both included; null is open. */
export interface DayRange {
  readonly from: string | null
  readonly to: string | null
}

/** One day of one table, out of the log and out of the archive. */
export interface ComparedDay {
  readonly table: string
  readonly day: string
  readonly remade: RowsDigest
  readonly archived: RowsDigest
  readonly equal: boolean
}

type AskArchive = (sql: string) => AsyncIterable<AnswerLine>

const FETCH_BYTES = 1 << 20
const FETCH_WAIT_MS = 1_000
const DAY_CHARACTERS = 10

/**
 * Makes the rows of these days once more, of every offset that the log retains and the archive has passed, and compares them
 * with what the archive holds of the same offsets. Both may be written meanwhile.
 */
export async function replayArchive(session: Session<Log>, range: DayRange, ask: AskArchive): Promise<ComparedDay[]> {
  const stretches = await retainedStretches(session.log, ask)
  const remade = new Digests(range)
  const make = new RecordRows(await archiveSchemaIds(session.registry, session.ids))
  for (const { at, from, to } of stretches.values()) {
    const reader = session.log.openReader(at, from)
    for (let offset = from; offset < to; ) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      const { rows } = make.read(bytes, at, offset, machineTime.nowMs())
      for (const { table, row } of rows) if (row.kafka_offset < to) remade.add(table, row)
      offset = nextOffset
    }
    reader.close()
  }
  const archived = new Digests(range)
  for (const table of TABLES) {
    for await (const { rows = [] } of ask(`SELECT ${Object.keys(table.columns).join(', ')} FROM ${table.name}`)) {
      for (const values of rows) {
        const row = answeredRow(table, values)
        const stretch = stretches.get(`${row.kafka_topic}-${row.kafka_partition}`)
        const within = stretch !== undefined && row.kafka_offset >= stretch.from && row.kafka_offset < stretch.to
        if (within) archived.add(table.name, row)
      }
    }
  }
  return compared(remade, archived)
}

interface Stretch {
  readonly at: TopicPartition
  readonly from: number
  readonly to: number
}

/** What both can know: from the oldest record of the log to where the archive stands. */
async function retainedStretches(log: Log, ask: AskArchive): Promise<Map<string, Stretch>> {
  const stretches = new Map<string, Stretch>()
  for await (const { rows = [] } of ask('SELECT topic, partition, next_offset FROM archive_positions')) {
    for (const [topic, partition, next] of rows) {
      const at = { topic: String(topic), partition: Number(partition) }
      if (!ARCHIVED_TOPICS.some(({ name }) => name === at.topic)) continue
      const { startOffset } = await log.bounds(at)
      stretches.set(`${at.topic}-${at.partition}`, { at, from: startOffset, to: Math.max(startOffset, Number(next)) })
    }
  }
  return stretches
}

/** Digests by table and day. */
class Digests {
  readonly byDay = new Map<string, RowsDigest>()
  private readonly range: DayRange

  constructor(range: DayRange) {
    this.range = range
  }

  add(table: string, row: AnyRow): void {
    const day = new Date(row.event_time).toISOString().slice(0, DAY_CHARACTERS)
    const { from, to } = this.range
    if ((from !== null && day < from) || (to !== null && day > to)) return
    const key = `${table} ${day}`
    const digest = this.byDay.get(key) ?? new RowsDigest()
    this.byDay.set(key, digest)
    digest.add(row)
  }
}

function compared(remade: Digests, archived: Digests): ComparedDay[] {
  const keys = [...new Set([...remade.byDay.keys(), ...archived.byDay.keys()])].sort()
  return keys.map((key) => {
    const [table = '', day = ''] = key.split(' ')
    const ours = remade.byDay.get(key) ?? new RowsDigest()
    const theirs = archived.byDay.get(key) ?? new RowsDigest()
    return { table, day, remade: ours, archived: theirs, equal: ours.rows === theirs.rows && ours.hash === theirs.hash }
  })
}
