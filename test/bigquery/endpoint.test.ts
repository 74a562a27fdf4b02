import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DatasetClient } from '../../bigquery/dataset/dataset-client.ts'
import { archiveProblems, createArchive } from '../../bigquery/dataset/dataset-schema.ts'
import { LoadRequests } from '../../bigquery/load/load-requests.ts'
import { Staging } from '../../bigquery/load/staging.ts'
import { fieldResources } from '../../bigquery/schema/table-resource.ts'
import { TABLES } from '../../bigquery/schema/tables.ts'
import { VIEWS } from '../../bigquery/views/views.ts'
import { type BigQuery, startBigQuery } from '../../stack/bigquery/bigquery.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { appendRows } from './endpoint-append.ts'
import * as loadTarget from './endpoint-load-target.ts'
import { endpointTarget } from './endpoint-rows.ts'
import * as target from './endpoint-target.ts'
import { use } from './endpoint-target.ts'
import { FIXTURE_ANSWERS, fixtureRows } from './view-fixture.ts'
import { writerConformance } from './writer-conformance.ts'

await onRealParts(['bigquery'], 'the endpoint that speaks BigQuery’s APIs', () => {
  vi.setConfig({ testTimeout: START_MS })
  let endpoint: BigQuery

  beforeAll(async () => {
    endpoint = await startBigQuery()
    use(endpoint)
  }, START_MS)

  afterAll(() => endpoint?.stop(), START_MS)

  writerConformance('the Storage Write API of the endpoint', target, 2)
  writerConformance('load jobs of the endpoint', loadTarget, 1)

  test('SPEC B2: the endpoint takes the id of a load job once, and a table that is not there is named', async () => {
    const dataset = new DatasetClient(endpointTarget(endpoint, 'loaded'))
    await dataset.create()
    const [table] = TABLES
    await dataset.createTable(table)
    const requests = new LoadRequests(dataset)
    const folder = mkdtempSync(join(tmpdir(), 'sluice-load-'))
    const staging = await Staging.open(folder, 128)
    const staged = await staging.rowsOf({ topic: 'any', partition: 0 })
    const rows = fixtureRows().filter((one) => one.table === table.name)
    expect(await staged.add(rows)).toEqual([])
    const file = await staged.write(table.name, 'rows')
    const order = { id: 'job_1', table: table.name, fields: fieldResources(table), file }
    await requests.start(order)
    await requests.start(order)
    expect(await requests.status('job_1', table.name)).toEqual({ done: true, failure: null })
    expect(await dataset.rowsFrom(table.name, { topic: rows[0]!.row.kafka_topic, partition: 0 }, 0)).toBe(rows.length)
    await requests.start({ ...order, id: 'job_2', table: 'not_there' })
    expect(await requests.status('job_2', 'not_there')).toMatchObject({ done: true, failure: { reason: 'invalid' } })
    staging.close()
    rmSync(folder, { recursive: true })
  })

  test('SPEC B1, B3: init makes dataset and tables, adds a column that is missing, and refuses what it cannot mend', async () => {
    const dataset = new DatasetClient(endpointTarget(endpoint, 'made'))
    expect(await archiveProblems(dataset)).toEqual(['the dataset sluice.made is not there'])
    const told: string[] = []
    await createArchive(dataset, (line) => told.push(line))
    const tables = TABLES.map(({ name }) => `${name} made`)
    const views = `views ${VIEWS.map(({ name }) => name).join(', ')} are as this build has them`
    expect(told).toEqual(['dataset sluice.made made in US', ...tables, views])
    expect(await archiveProblems(dataset)).toEqual([])

    const other = new DatasetClient(endpointTarget(endpoint, 'other'))
    await other.create()
    const [transactions, ...rest] = TABLES
    const { memo, ...older } = transactions.columns
    const { currency, ...without } = rest[0].columns
    await other.createTable({ ...transactions, columns: older })
    await other.createTable({ ...rest[0], columns: { ...without, currency: { ...currency, type: 'INT64' } } })
    const refusal = 'payment_transactions_fraud.currency is INT64, not STRING'
    await expect(createArchive(other, (line) => told.push(line))).rejects.toMatchObject({
      code: 'BIGQUERY_SCHEMA',
      next: 'stop',
      message: expect.stringContaining(refusal) as string,
    })
    expect(told).toContain('payment_transactions: memo added')
    expect(memo.mode).toBe('NULLABLE')
    expect(await archiveProblems(other)).toEqual([refusal])
  })

  test('SPEC B1, B3, D5: each view gives on the endpoint the rows that were worked out by hand', async () => {
    const seen = endpointTarget(endpoint, 'seen')
    const dataset = new DatasetClient(seen)
    await createArchive(dataset, () => {})
    await appendRows(seen, fixtureRows())
    let compared = 0
    for (const { name } of VIEWS) {
      const [job] = await dataset.bigQuery.createQueryJob({ query: `SELECT * FROM \`${dataset.name}.${name}\`` })
      const [found] = await job.getQueryResults()
      const answer = found.map((row) => plain(row as Readonly<Record<string, unknown>>))
      expect(answer, name).toEqual(FIXTURE_ANSWERS[name])
      compared += answer.length
    }
    expect(compared).toBe(Object.values(FIXTURE_ANSWERS).flat().length)
    process.stdout.write(
      `archive: ${compared} rows of ${VIEWS.length} views on the endpoint are those worked out by hand\n`,
    )
  })
})

/** Dates and times as their text, money as decimal text. */
function plain(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (value === null || typeof value !== 'object') return [name, value]
      return [name, 'value' in value ? value.value : String(value)]
    }),
  )
}
