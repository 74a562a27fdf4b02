import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { ColumnValues } from '../../../bigquery/duckdb/column-values.ts'
import type { FieldResource } from '../../../bigquery/schema/table-resource.ts'
import { type AnyRow, TABLES } from '../../../bigquery/schema/tables.ts'
import type { DoubleTables } from './double-tables.ts'

/** What a test sees of a job that BigQuery has taken. */
interface DoubleJob {
  readonly id: string
  readonly table: string
  /** Why it failed, and wrote nothing; null when its rows stand. */
  failure: string | null
  /** Questions that it is still running for. */
  polls: number
}

interface Order {
  readonly jobReference: { readonly jobId: string }
  readonly configuration: {
    readonly load: {
      readonly destinationTable: { readonly datasetId: string; readonly tableId: string }
      readonly schema?: { readonly fields: readonly FieldResource[] }
      readonly parquetOptions?: { readonly enableListInference?: boolean }
    }
  }
}

/**
 * Load jobs over the tables of the double, as they are documented and, where appending Parquet is not, as issues 1981 and 2008 of
 * python-bigquery tell it. A job's id is taken once, and a job writes all or nothing.
 */
export class DoubleLoads {
  readonly jobs = new Map<string, DoubleJob>()
  /** Why a job of a table fails; null for one that does its work. */
  fails: (table: string) => string | null = () => null
  /** How often a new job is asked about before it has ended. */
  polls = 0
  /** Jobs that began while another of their table was running. */
  overlaps = 0
  private readonly uploads = new Map<string, Order>()
  private readonly tables: DoubleTables
  private made = 0

  constructor(tables: DoubleTables) {
    this.tables = tables
  }

  /** The upload's name; null when its job is there already. */
  open(body: Buffer): string | null {
    const order = JSON.parse(body.toString()) as Order
    if (this.jobs.has(order.jobReference.jobId)) return null
    const name = `upload_${this.made++}`
    this.uploads.set(name, order)
    return name
  }

  /** Makes the job of an upload and runs it; null when it is there already. */
  async upload(name: string, bytes: Buffer): Promise<DoubleJob | null> {
    const order = this.uploads.get(name)!
    const id = order.jobReference.jobId
    if (this.jobs.has(id)) return null
    const { datasetId, tableId: table } = order.configuration.load.destinationTable
    const job: DoubleJob = { id, table, failure: this.fails(table), polls: this.polls }
    if ([...this.jobs.values()].some((one) => one.table === table && one.polls >= 0)) this.overlaps++
    this.jobs.set(id, job)
    if (job.failure === null) job.failure = await this.run(datasetId, table, order, bytes)
    return job
  }

  private async run(dataset: string, name: string, order: Order, bytes: Buffer): Promise<string | null> {
    const { schema, parquetOptions } = order.configuration.load
    const table = this.tables.table(dataset, name)
    if (table === null) return 'notFound'
    const given = schema?.fields.map(({ name: field, mode }) => ({ field, mode })) ?? []
    const standing = new Map(table.resource.schema.fields.map((field) => [field.name, field.mode]))
    const rows = await readParquet(name, bytes)
    const columns = Object.keys(rows[0] ?? {})
    const isFitting =
      given.every(({ field, mode }) => standing.has(field) && standing.get(field) === mode) &&
      columns.every((column) => given.some(({ field }) => field === column))
    if (!isFitting) return 'invalid'
    const empty = parquetOptions?.enableListInference === true ? [] : given.filter(({ mode }) => mode === 'REPEATED')
    for (const row of rows) for (const { field } of empty) (row as Record<string, unknown>)[field] = []
    table.rows.push(...rows)
    return null
  }
}

let duckDb: Promise<DuckDBInstance> | null = null

async function readParquet(name: string, bytes: Buffer): Promise<AnyRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-double-'))
  duckDb ??= DuckDBInstance.create(':memory:')
  const connection = await (await duckDb).connect()
  try {
    const file = join(folder, 'rows.parquet')
    writeFileSync(file, bytes)
    const table = TABLES.find((one) => one.name === name)!
    const columns = Object.keys(table.columns).join(', ')
    const reader = await connection.runAndReadAll(`SELECT ${columns} FROM read_parquet('${file}')`)
    const values = new ColumnValues(table)
    return reader.getRows().map((row) => values.rowOf(row) as unknown as AnyRow)
  } finally {
    connection.closeSync()
    rmSync(folder, { recursive: true })
  }
}
