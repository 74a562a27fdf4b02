import { afterAll, beforeAll, expect, test } from 'vitest'
import { DatasetClient } from '../../bigquery/dataset/dataset-client.ts'
import { archiveProblems, createArchive } from '../../bigquery/dataset/dataset-schema.ts'
import { TABLES } from '../../bigquery/schema/tables.ts'
import { type BigQuery, startBigQuery } from '../../stack/bigquery/bigquery.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { endpointTarget } from './endpoint-rows.ts'
import * as target from './endpoint-target.ts'
import { writerConformance } from './writer-conformance.ts'

await onRealParts(['bigquery'], 'the endpoint that speaks BigQuery’s APIs', () => {
  let endpoint: BigQuery

  beforeAll(async () => {
    endpoint = await startBigQuery()
    target.use(endpoint)
  }, START_MS)

  afterAll(() => endpoint?.stop())

  writerConformance('the Storage Write API of the endpoint', target, 2)

  test('SPEC B1, B3: init makes dataset and tables, adds a column that is missing, and refuses what it cannot mend', {
    timeout: START_MS,
  }, async () => {
    const dataset = new DatasetClient(endpointTarget(endpoint, 'made'))
    expect(await archiveProblems(dataset)).toEqual(['the dataset sluice.made is not there'])
    const told: string[] = []
    await createArchive(dataset, (line) => told.push(line))
    expect(told).toEqual(['dataset sluice.made made in US', ...TABLES.map(({ name }) => `${name} made`)])
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
})
