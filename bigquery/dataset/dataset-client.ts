import { BigQuery, type Dataset, type QueryResultsOptions, type TableMetadata } from '@google-cloud/bigquery'
import { StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import { type BigQueryTarget, logIn } from '../bigquery-target.ts'
import type { Table } from '../schema/column.ts'
import { fieldResources, type StandingTable, tableResource } from '../schema/table-resource.ts'
import { bigqueryView, type View } from '../views/view.ts'
import { restError } from './rest-errors.ts'

/** The dataset of the archive over BigQuery's REST API. The library asks once; who repeats is the archiver. */
export class DatasetClient {
  readonly target: BigQueryTarget
  readonly bigQuery: BigQuery
  private readonly dataset: Dataset

  constructor(target: BigQueryTarget) {
    this.target = target
    const { project: projectId, location, standIn } = target
    // The library's own types know one version of Google's log-in; any other does the same.
    const options = {
      projectId,
      location,
      retryOptions: { autoRetry: false },
      ...(standIn !== null && { apiEndpoint: standIn.url }),
      ...logIn(target),
    }
    this.bigQuery = new BigQuery(options as ConstructorParameters<typeof BigQuery>[0])
    this.dataset = this.bigQuery.dataset(target.dataset)
  }

  /** How people know it: `project.dataset`. */
  get name(): string {
    return `${this.target.project}.${this.target.dataset}`
  }

  async exists(): Promise<boolean> {
    return (await this.found(() => this.dataset.getMetadata())) !== null
  }

  async create(): Promise<void> {
    const { location } = this.target
    await this.ask(() => this.dataset.create({ location }))
  }

  /** Null where there is no such table. @throws StreamsError, also where there is no such dataset. */
  async table(name: string): Promise<StandingTable | null> {
    const answer = await this.found(() => this.dataset.table(name).getMetadata(), name)
    if (answer === null) return null
    const [{ creationTime, schema, timePartitioning }] = answer
    return {
      createdMs: Number(creationTime),
      fields: schema?.fields ?? [],
      partitionBy: timePartitioning?.field ?? null,
    }
  }

  async createTable(table: Table): Promise<void> {
    const resource = tableResource(table) as TableMetadata
    await this.ask(() => this.dataset.createTable(table.name, resource), table.name)
  }

  /** Adds columns of the schema behind those that stand. */
  async addColumns(table: Table, standing: StandingTable, names: readonly string[]): Promise<void> {
    const added = fieldResources(table).filter(({ name }) => names.includes(name))
    const resource = { schema: { fields: [...standing.fields, ...added] } } as TableMetadata
    await this.ask(() => this.dataset.table(table.name).setMetadata(resource), table.name)
  }

  /** Makes the view, or makes it anew. */
  async createView(view: View): Promise<void> {
    await this.query(bigqueryView(this.name, view), {}, view.name)
  }

  /** The rows of a table that were made from records of a partition at or past an offset. */
  async rowsFrom(table: string, { topic, partition }: TopicPartition, offset: number): Promise<number> {
    // A predicate on the partition, so that a table which asks for one is content.
    const query =
      `SELECT COUNT(*) AS found FROM \`${this.name}.${table}\` WHERE event_time >= TIMESTAMP '2000-01-01' ` +
      'AND kafka_topic = @topic AND kafka_partition = @partition AND kafka_offset >= @offset'
    const [row] = await this.query(query, { topic, partition, offset }, table)
    return Number(row?.['found'])
  }

  /** The rows of an answer; tables are named without their dataset. @throws StreamsError */
  rows(query: string): Promise<QueryRow[]> {
    const run = async () => {
      const [rows] = await (await this.jobOf(query, {})).getQueryResults()
      return rows as QueryRow[]
    }
    return this.ask(run, this.target.dataset, STATEMENT_MS)
  }

  /** The rows of an answer that may be long, a page at a time; tables are named without their dataset. @throws StreamsError */
  async *pages(query: string): AsyncGenerator<QueryRow[]> {
    const about = this.target.dataset
    const job = await this.ask(() => this.jobOf(query, {}), about, STATEMENT_MS)
    for (let page: QueryResultsOptions | null = { maxResults: PAGE_ROWS }; page !== null; ) {
      const asked: QueryResultsOptions = { ...page, autoPaginate: false }
      const [rows, next] = await this.ask(() => job.getQueryResults(asked), about, STATEMENT_MS)
      yield rows as QueryRow[]
      page = next ?? null
    }
  }

  /** Changes rows by one statement, whole or not at all; how many. @throws StreamsError BIGQUERY_STREAMING_BUFFER (retry) where they are too new. */
  change(statement: string, params: Readonly<Record<string, unknown>>, table: string): Promise<number> {
    const run = async () => {
      const job = await this.jobOf(statement, params)
      await job.getQueryResults()
      const [{ statistics }] = await job.getMetadata()
      return Number(statistics?.query?.numDmlAffectedRows ?? 0)
    }
    return this.ask(run, table, STATEMENT_MS)
  }

  /** How long what was changed can still be read: by anybody as of a moment before, and then by Google alone. */
  async keepsChangedMs(): Promise<number> {
    const [metadata] = await this.ask(() => this.dataset.getMetadata())
    const { maxTimeTravelHours = TIME_TRAVEL_HOURS } = metadata as { readonly maxTimeTravelHours?: string }
    return Number(maxTimeTravelHours) * HOUR_MS + FAIL_SAFE_MS
  }

  private async jobOf(query: string, params: Readonly<Record<string, unknown>>) {
    const { project: projectId, dataset: datasetId } = this.target
    const [job] = await this.bigQuery.createQueryJob({ query, params, defaultDataset: { projectId, datasetId } })
    return job
  }

  /** As a job of its own: the library's short way gives an empty answer for some that failed. */
  private query(query: string, params: Readonly<Record<string, unknown>>, about: string): Promise<QueryRow[]> {
    return this.ask(async () => {
      const [job] = await this.bigQuery.createQueryJob({ query, params })
      const [rows] = await job.getQueryResults()
      return rows as QueryRow[]
    }, about)
  }

  private async found<T>(request: () => Promise<T>, table?: string): Promise<T | null> {
    try {
      return await this.ask(request, table)
    } catch (error) {
      if (error instanceof StreamsError && NOT_FOUND.has(error.code)) return null
      throw error
    }
  }

  /** One request, given up after its time: then `signal` aborts. @throws StreamsError */
  async ask<T>(
    request: (signal: AbortSignal) => Promise<T>,
    table?: string,
    timeoutMs = this.target.timeoutMs,
  ): Promise<T> {
    const given = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_, reject) => {
      const what = `BigQuery has not answered for ${timeoutMs} ms`
      timer = setTimeout(() => {
        reject(new StreamsError('BIGQUERY_TIMED_OUT', 'retry', what))
        given.abort()
      }, timeoutMs)
    })
    try {
      return await Promise.race([request(given.signal), silence])
    } catch (error) {
      throw restError(error, table === undefined ? {} : { topic: table })
    } finally {
      clearTimeout(timer)
    }
  }
}

/** A statement may read every row of a table. */
const STATEMENT_MS = 600_000
const PAGE_ROWS = 10_000
const HOUR_MS = 3_600_000
/** Where a dataset does not say. */
const TIME_TRAVEL_HOURS = '168'
/** https://cloud.google.com/bigquery/docs/time-travel: seven days, which nobody can change. */
const FAIL_SAFE_MS = 7 * 24 * HOUR_MS

export type QueryRow = Readonly<Record<string, unknown>>

const NOT_FOUND: ReadonlySet<string> = new Set(['BIGQUERY_NOT_FOUND', 'BIGQUERY_HTTP_404'])
