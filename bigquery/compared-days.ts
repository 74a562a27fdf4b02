import { erasableColumns } from './erased-rows.ts'
import { RowsDigest, rowHash } from './rows-digest.ts'
import type { AnyRow, TableName } from './schema/tables.ts'

/** One day of one table, out of the log and out of the archive. */
export interface ComparedDay {
  readonly table: TableName
  /** YYYY-MM-DD, UTC. */
  readonly day: string
  readonly remade: RowsDigest
  readonly archived: RowsDigest
  /** Rows whose person was erased from the archive: they are compared in every column that an erasure leaves. */
  readonly erased: number
  readonly equal: boolean
}

/** What an erasure puts in the place of a name: `erased-` and what tells rows apart, or in the audit log the account's keyed token. */
const NAMES_NOBODY = /^erased-|\bv1:/
const DAY_CHARACTERS = 10

interface Day {
  readonly remade: RowsDigest
  readonly archived: RowsDigest
  erased: number
}

/** Compares the rows of an archive with those made once more, by table and day. First come all of the archive, then those made. */
export class ComparedDays {
  private readonly days = new Map<string, Day>()
  /** Rows of the archive that an erasure may have changed, by their place: as many as were erased of what the log retains. */
  private readonly marked = new Map<string, AnyRow>()

  addArchived(table: TableName, row: AnyRow): void {
    const place = placeOf(table, row)
    // A second row of one place is one too many, whatever stands in it.
    if (mayBeErased(table, row) && !this.marked.has(place)) this.marked.set(place, row)
    else this.dayOf(table, row).archived.add(row)
  }

  addRemade(table: TableName, row: AnyRow): void {
    const place = placeOf(table, row)
    const archived = this.marked.get(place)
    const day = this.dayOf(table, row)
    if (archived === undefined) {
      day.remade.add(row)
      return
    }
    this.marked.delete(place)
    const without = erasableColumns(table)
    const hash = rowHash(row, without)
    const isErased = rowHash(archived) !== rowHash(row) && rowHash(archived, without) === hash
    if (isErased) day.erased++
    day.remade.add(row, isErased ? hash : rowHash(row))
    this.dayOf(table, archived).archived.add(archived, isErased ? hash : rowHash(archived))
  }

  /** By table and day. */
  compared(): ComparedDay[] {
    for (const [place, row] of this.marked) this.dayOf(place.split(' ', 1)[0] as TableName, row).archived.add(row)
    this.marked.clear()
    return [...this.days]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { remade, archived, erased }]) => {
        const [table, day = ''] = key.split(' ') as [TableName, string]
        const equal = remade.rows === archived.rows && remade.hash === archived.hash
        return { table, day, remade, archived, erased, equal }
      })
  }

  private dayOf(table: TableName, row: AnyRow): Day {
    const key = `${table} ${new Date(row.event_time).toISOString().slice(0, DAY_CHARACTERS)}`
    const day = this.days.get(key) ?? { remade: new RowsDigest(), archived: new RowsDigest(), erased: 0 }
    this.days.set(key, day)
    return day
  }
}

function mayBeErased(table: TableName, row: AnyRow): boolean {
  const values = row as unknown as Readonly<Record<string, unknown>>
  for (const column of erasableColumns(table)) {
    const value = values[column]
    if (typeof value === 'string' && NAMES_NOBODY.test(value)) return true
  }
  return false
}

function placeOf(table: TableName, { kafka_topic, kafka_partition, kafka_offset }: AnyRow): string {
  return `${table} ${kafka_topic}-${kafka_partition}-${kafka_offset}`
}
