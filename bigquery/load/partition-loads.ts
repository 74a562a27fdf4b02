import { rmSync } from 'node:fs'
import { invariant } from '../../streams/errors.ts'
import type { OutputBatch } from '../../streams/log/log.ts'
import type { RowBatch } from '../archive-writer.ts'
import { modeRefused } from '../position/mode-refused.ts'
import type { PartitionOwner } from '../position/partition-owner.ts'
import type { OwnedPartition } from '../position/partitions-writer.ts'
import { rowsAhead } from '../position/rows-ahead.ts'
import type { LoadPlan } from '../position/write-position.ts'
import { fieldsIn, type StandingTable } from '../schema/table-resource.ts'
import { TABLES, type TableName, type TableRow } from '../schema/tables.ts'
import type { Refusal } from '../storage/table-stream.ts'
import { loadJobId } from './load-job-id.ts'
import type { LoadTools } from './load-tools.ts'
import type { StagedRows } from './staging.ts'

/** So many refused rows end a range: their dead letters are one transaction. */
const REFUSALS_MAX = 1_000

/**
 * One partition on its way into load jobs (docs/adr/0050). Its rows wait in the staging until the range ends; the end is committed
 * before the first job, so that the jobs of a range and their ids are the same whoever makes them.
 */
export class PartitionLoads implements OwnedPartition {
  private readonly tools: LoadTools
  private readonly owner: PartitionOwner
  private readonly staged: StagedRows
  private plan: LoadPlan | null
  /** What is staged; null when nothing is. */
  private range: { readonly from: number; readonly next: number } | null = null
  private refusals: Refusal[] = []

  private constructor(tools: LoadTools, owner: PartitionOwner, staged: StagedRows) {
    this.tools = tools
    this.owner = owner
    this.staged = staged
    this.plan = owner.opened.plan
  }

  /** @throws StreamsError ARCHIVE_MODE (stop) where streams hold rows past the commit: only their writer passes those over. */
  static async open(tools: LoadTools, owner: PartitionOwner): Promise<PartitionLoads> {
    const { at, offset, opened } = owner
    for (const [table, position] of opened.streams) {
      const { ahead } = await rowsAhead(tools.warehouse, table, position, at, offset ?? 0)
      if (ahead > 0) throw modeRefused('load', at, offset)
    }
    return new PartitionLoads(tools, owner, await tools.staging.rowsOf(at))
  }

  get from(): number | null {
    return this.owner.offset
  }

  async append({ from, next, rows }: RowBatch): Promise<number | null> {
    const staged = this.range?.next ?? this.owner.offset ?? 0
    invariant(from >= staged && next > from, 'batches come in order', { ...this.owner.at, offset: from })
    const before = this.owner.offset
    const end = this.plan?.next ?? null
    if (end === null || next < end) await this.stage(from, next, rows)
    else {
      await this.stage(
        from,
        end,
        rows.filter(({ row }) => row.kafka_offset < end),
      )
      await this.load()
      const rest = rows.filter(({ row }) => row.kafka_offset >= end)
      if (next > end) await this.stage(Math.max(from, end), next, rest)
    }
    const isFull = this.staged.bytes >= this.tools.rangeBytesMax || this.refusals.length >= REFUSALS_MAX
    if (isFull && this.plan === null) await this.load()
    return this.owner.offset === before ? null : this.owner.offset
  }

  async flush(): Promise<void> {
    // A plan under way has its end already, and its records are still to come.
    if (this.plan === null) await this.load()
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.staged.close(), this.owner.close()])
  }

  private async stage(from: number, next: number, rows: readonly TableRow[]): Promise<void> {
    const { refused } = this.owner.opened
    const fresh = rows.filter(({ table, row }) => !refused.get(table)?.includes(row.kafka_offset))
    this.refusals.push(...(await this.staged.add(fresh)))
    const begun = this.range?.from ?? (this.plan === null ? from : this.owner.offset!)
    this.range = { from: begun, next }
  }

  /** Carries the range into the tables, and commits that it is there. */
  private async load(): Promise<void> {
    const { range } = this
    if (range === null) return
    const { from, next } = range
    const standing = new Map<TableName, StandingTable>()
    for (const table of this.staged.tables) standing.set(table, await this.tools.warehouse.requireTable(table))
    if (this.plan === null && (standing.size > 0 || this.refusals.length > 0)) await this.begin(from, next)
    for (const [table, found] of standing) await this.loadTable(range, table, found)
    await this.commit(next, null)
    await this.staged.clear()
    this.range = null
    this.refusals = []
  }

  /** From here on the range is the same for everybody. Dead letters are committed with it, so once. */
  private async begin(from: number, next: number): Promise<void> {
    const { deadLetters, onRefused } = this.tools
    const { refusals } = this
    const letters = refusals.length === 0 ? [] : await deadLetters(this.owner.at, refusals)
    await this.commit(from, { next, failed: new Map() }, letters)
    if (refusals.length > 0) onRefused(this.owner.at, refusals)
  }

  private async loadTable(
    { from, next }: { readonly from: number; readonly next: number },
    table: TableName,
    standing: StandingTable,
  ): Promise<void> {
    const { jobs, logId, dataset } = this.tools
    const plan = this.plan!
    const failed = plan.failed.get(table) ?? 0
    const { topic, partition } = this.owner.at
    const key = { dataset, logId, topic, partition, table, tableMadeMs: standing.createdMs, from, next, failed }
    const id = loadJobId(key)
    const file = await this.staged.write(table, id)
    const fields = fieldsIn(standing, TABLES.find(({ name }) => name === table)!)
    const error = await jobs.run({ id, table, fields, file })
    rmSync(file)
    if (error === null) return
    await this.commit(from, { next, failed: new Map(plan.failed).set(table, failed + 1) })
    throw error
  }

  private async commit(offset: number, plan: LoadPlan | null, letters: readonly OutputBatch[] = []): Promise<void> {
    const refused = new Map<string, readonly number[]>()
    for (const [table, offsets] of this.owner.opened.refused) {
      const kept = offsets.filter((one) => one >= offset)
      if (kept.length > 0) refused.set(table, kept)
    }
    await this.owner.commit(offset, { streams: new Map(), refused, plan }, letters)
    this.plan = plan
  }
}
