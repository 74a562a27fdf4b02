import { invariant, StreamsError } from '../../streams/errors.ts'
import type { RowBatch } from '../archive-writer.ts'
import { modeRefused } from '../position/mode-refused.ts'
import type { PartitionOwner } from '../position/partition-owner.ts'
import type { OwnedPartition } from '../position/partitions-writer.ts'
import { rowsAhead } from '../position/rows-ahead.ts'
import type { StreamPosition } from '../position/write-position.ts'
import { TABLES, type TableName } from '../schema/tables.ts'
import { type PlacedRow, type Refusal, TableStream } from './table-stream.ts'
import type { WriterTools } from './writer-tools.ts'

/** Once a row is refused, so many offsets at a time: what is refused among them fits into a commit's metadata. */
const STRETCH_OFFSETS = 64

/** The rows of one table in a batch, and where its stream stood before them. */
interface Lane {
  readonly stream: TableStream
  rows: PlacedRow[]
  readonly startRow: number
}

/**
 * One partition on its way into write streams of its own, one a table (docs/adr/0041). Whatever is appended here is in the tables
 * when `append` resolves; what is committed lags behind, and is found out again by counting.
 */
export class PartitionStreams implements OwnedPartition {
  private readonly tools: WriterTools
  private readonly owner: PartitionOwner
  private readonly streams: Map<TableName, TableStream>
  private readonly refused: Map<string, readonly number[]>
  private offset: number | null

  private constructor(tools: WriterTools, owner: PartitionOwner, streams: Map<TableName, TableStream>) {
    this.tools = tools
    this.owner = owner
    this.streams = streams
    this.refused = new Map(owner.opened.refused)
    this.offset = owner.offset
  }

  /** Closes the streams of the former owner and counts what they hold past its commit. @throws StreamsError */
  static async open(tools: WriterTools, owner: PartitionOwner): Promise<PartitionStreams> {
    const { at, offset, opened } = owner
    if (opened.plan !== null) throw modeRefused('stream', at, offset)
    const streams = new Map<TableName, TableStream>()
    for (const { name } of TABLES) {
      const position = opened.streams.get(name)
      const stream = new TableStream(name, tools.warehouse)
      if (position !== undefined)
        stream.follow(position, await rowsAhead(tools.warehouse, name, position, at, offset ?? 0))
      streams.set(name, stream)
    }
    return new PartitionStreams(tools, owner, streams)
  }

  get from(): number | null {
    return this.owner.offset
  }

  async append(batch: RowBatch): Promise<null> {
    const { from, next } = batch
    invariant(from >= (this.offset ?? 0) && next > from, 'batches come in order', { ...this.owner.at, offset: from })
    const lanes = this.lanesOf(batch)
    await this.makeStreams(from, lanes)
    let size = next - from
    for (let at = from; at < next; ) {
      const until = Math.min(at + size, next)
      const refusals = await this.send(lanes, until)
      if (refusals.length === 0) at = until
      else if (size > STRETCH_OFFSETS) size = STRETCH_OFFSETS
      else await this.refuse(lanes, at, refusals)
    }
    this.offset = next
    return null
  }

  async flush(): Promise<void> {
    if (this.offset !== null && this.offset !== this.owner.offset) await this.commit(this.offset)
  }

  async close(): Promise<void> {
    for (const stream of this.streams.values()) stream.close()
    await this.owner.close()
  }

  private lanesOf({ rows }: RowBatch): Lane[] {
    const lanes = new Map<TableName, Lane>()
    for (const { table, row } of rows) {
      const offset = row.kafka_offset
      if (this.refused.get(table)?.includes(offset)) continue
      const stream = this.streams.get(table)!
      const lane = lanes.get(table) ?? { stream, rows: [], startRow: stream.row }
      lanes.set(table, lane)
      lane.rows.push({ offset, row })
    }
    return [...lanes.values()]
  }

  /** A stream is committed before the first row is appended to it: forgotten in a crash, its rows would come twice. */
  private async makeStreams(from: number, lanes: readonly Lane[]): Promise<void> {
    const wanting = lanes.filter(({ stream, rows }) => stream.wantsOwn(rows.length))
    if (wanting.length === 0) return
    await settled(
      wanting.map(async ({ stream }) => {
        await this.tools.warehouse.requireTable(stream.table)
        await stream.make()
      }),
    )
    await this.commit(from)
  }

  /** Sends every row before offset `until`; the refusals, when there are any, are of rows that are not in the table. */
  private async send(lanes: readonly Lane[], until: number): Promise<Refusal[]> {
    const answers = lanes.map(({ stream, rows, startRow }) => stream.send(rows, startRow, until))
    try {
      return (await settled(answers)).flat()
    } catch (error) {
      throw await this.orFenced(error)
    }
  }

  /** Dead letters and the mark that makes a replay pass the rows over are committed before any row behind them is appended. */
  private async refuse(lanes: readonly Lane[], at: number, refusals: readonly Refusal[]): Promise<void> {
    const letters = await this.tools.deadLetters(this.owner.at, refusals)
    for (const { table, offset } of refusals) this.refused.set(table, [...(this.refused.get(table) ?? []), offset])
    for (const lane of lanes) {
      const refused = this.refused.get(lane.stream.table)
      lane.rows = lane.rows.filter(({ offset }) => !refused?.includes(offset))
    }
    await this.commit(at, lanes, letters)
    this.tools.onRefused(this.owner.at, refusals)
  }

  /** Commits that everything before `offset` is in the tables. */
  private async commit(
    offset: number,
    lanes: readonly Lane[] = [],
    letters: Awaited<ReturnType<WriterTools['deadLetters']>> = [],
  ): Promise<void> {
    const streams = new Map<string, StreamPosition>()
    for (const stream of this.streams.values()) {
      const lane = lanes.find((one) => one.stream === stream)
      const row = lane === undefined ? stream.row : lane.startRow + countBefore(lane.rows, offset)
      const position = stream.positionAt(row)
      if (position !== null) streams.set(stream.table, position)
    }
    for (const [table, offsets] of this.refused) {
      const kept = offsets.filter((refused) => refused >= offset)
      if (kept.length === 0) this.refused.delete(table)
      else this.refused.set(table, kept)
    }
    await this.owner.commit(offset, { streams, refused: this.refused, plan: null }, letters)
  }

  /** A stream that somebody has closed: by another owner of the partition, which the log tells when it is asked to commit. */
  private async orFenced(error: unknown): Promise<unknown> {
    if (!(error instanceof StreamsError) || error.next !== 'fenced') return error
    await this.owner.renew()
    return new StreamsError('BIGQUERY_STREAM_CLOSED', 'retry', error.message, this.owner.at)
  }
}

function countBefore(rows: readonly PlacedRow[], offset: number): number {
  return rows.reduce((count, row) => (row.offset < offset ? count + 1 : count), 0)
}

/** Waits for all before it throws for one: nothing of a writer goes on behind its caller's back. */
async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises)
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
