import type { ClosedStream } from '../position/rows-ahead.ts'
import type { StreamPosition } from '../position/write-position.ts'
import { BadColumn } from '../rows/bad-column.ts'
import type { StandingTable } from '../schema/table-resource.ts'
import { type AnyRow, TABLES, type TableName } from '../schema/tables.ts'
import type { AppendChannel } from './append-channel.ts'
import { RowEncoder } from './row-encoder.ts'
import { type RowShape, rowShape } from './row-shape.ts'

/** A row with the offset of the record that it was made from. */
export interface PlacedRow {
  readonly offset: number
  readonly row: AnyRow
}

/** A row that its table does not take, and why: never with a value. */
export interface Refusal {
  readonly table: TableName
  readonly offset: number
  /** Null when BigQuery names none. */
  readonly column: string | null
  readonly rule: string
}

/** What a table's stream needs of the Storage Write API. */
export interface WriteStreams {
  createStream(table: string): Promise<{ readonly streamId: string; readonly madeMs: number }>
  openChannel(table: string, streamId: string, shape: RowShape): AppendChannel
  /** Whether the table can take rows of this build at all: where nothing tells which row is refused. @throws StreamsError */
  requireTable(table: string): Promise<StandingTable>
}

/** Well under the 10 MB of a request. */
const REQUEST_BYTES_MAX = 1 << 20
const REQUEST_ROWS_MAX = 500

/** The write stream of one table and partition, one request at a time: a refused one has nothing behind it. */
export class TableStream {
  readonly table: TableName
  /** The row of the stream that comes next; below zero while rows come again that stand in the table from a stream before. */
  row = 0
  private readonly streams: WriteStreams
  private readonly encoder: RowEncoder
  private readonly shape: RowShape
  private stream: { readonly streamId: string; readonly madeMs: number } | null = null
  /** Rows of a closed stream, whose rows are counted from its beginning and not from its end. */
  private closedRows = 0
  private isOwn = false
  private channel: AppendChannel | null = null

  constructor(table: TableName, streams: WriteStreams) {
    this.table = table
    this.streams = streams
    const schema = TABLES.find(({ name }) => name === table)!
    this.encoder = new RowEncoder(schema)
    this.shape = rowShape(schema)
  }

  /** Goes on behind a closed stream. */
  follow({ streamId, madeMs }: StreamPosition, { ahead, rows }: ClosedStream): void {
    this.stream = { streamId, madeMs }
    this.closedRows = rows ?? 0
    this.row = -ahead
  }

  /** Whether so many more rows need a stream that is not made yet. */
  wantsOwn(rows: number): boolean {
    return !this.isOwn && this.row + rows > 0
  }

  async make(): Promise<void> {
    this.stream = await this.streams.createStream(this.table)
    this.closedRows = 0
    this.isOwn = true
  }

  /** How it is committed that row `row` comes next; null when the table never had a row of this partition. */
  positionAt(row: number): StreamPosition | null {
    return this.stream && { ...this.stream, row: row + this.closedRows }
  }

  /**
   * Sends the rows before offset `until` that are not in the table yet; `startRow` is the stream's row of the first. Resolves when
   * BigQuery has them, or with what it refuses: then nothing behind the refused request was sent.
   */
  async send(rows: readonly PlacedRow[], startRow: number, until: number): Promise<Refusal[]> {
    const end = rows.findLastIndex(({ offset }) => offset < until) + 1
    // What stands in the table from a former stream is passed over.
    this.row = Math.max(this.row, Math.min(0, startRow + end))
    for (let alone = false; this.row - startRow < end; ) {
      const first = this.row - startRow
      const request = this.encode(rows.slice(first, alone ? first + 1 : end))
      if ('table' in request) return [request]
      const answer = await this.open().append(this.row, request.encoded)
      if (answer === 'appended') {
        this.row += request.encoded.length
        continue
      }
      if (answer.length > 0) {
        return answer.map(({ index, message }) => refusal(this.table, rows[first + index]!.offset, message))
      }
      // BigQuery does not say which row it is; when it takes none at all, the reason lies with the table.
      await this.streams.requireTable(this.table)
      if (request.encoded.length === 1) return [refusal(this.table, rows[first]!.offset, '')]
      alone = true
    }
    return []
  }

  close(): void {
    this.channel?.close()
  }

  /** As many as a request takes; a refusal instead when not even the first has bytes. */
  private encode(rows: readonly PlacedRow[]): { readonly encoded: Uint8Array[] } | Refusal {
    const encoded: Uint8Array[] = []
    let bytes = 0
    for (const { offset, row } of rows) {
      try {
        const one = this.encoder.encode(row)
        bytes += one.length
        if (encoded.length > 0 && (bytes > REQUEST_BYTES_MAX || encoded.length === REQUEST_ROWS_MAX)) break
        encoded.push(one)
      } catch (error) {
        if (!(error instanceof BadColumn)) throw error
        if (encoded.length > 0) break
        return { table: this.table, offset, column: error.column, rule: error.message }
      }
    }
    return { encoded }
  }

  /** BigQuery closes connections that nobody uses; a stream outlives them. */
  private open(): AppendChannel {
    if (this.channel === null || !this.channel.isOpen) {
      this.channel = this.streams.openChannel(this.table, this.stream!.streamId, this.shape)
    }
    return this.channel
  }
}

/** What a message of BigQuery is about, without its values. */
const RULES: readonly (readonly [part: RegExp, rule: string])[] = [
  [/partition/i, 'its date lies outside of the partitions that BigQuery takes'],
  [/required|missing|null/i, 'a value is required'],
  [/range|overflow|bound/i, 'is out of range'],
  [/too (?:large|long|big)|exceed|maximum/i, 'is too large'],
  [/parse|invalid|convert|cast|type|format/i, 'is no value of the column’s type'],
]

/** The message itself may hold values: only the column that it names and what kind of trouble it is are kept. */
function refusal(table: TableName, offset: number, message: string): Refusal {
  const { columns } = TABLES.find(({ name }) => name === table)!
  const words = new Set(message.split(/[^a-z0-9_]+/i))
  const column = Object.keys(columns).find((name) => words.has(name)) ?? null
  const rule = RULES.find(([part]) => part.test(message))?.[1] ?? 'BigQuery refuses the row and does not say why'
  return { table, offset, column, rule }
}
