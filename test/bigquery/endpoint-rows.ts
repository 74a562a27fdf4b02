import type { BigQueryTarget } from '../../bigquery/bigquery-target.ts'
import { DatasetClient } from '../../bigquery/dataset/dataset-client.ts'
import { datasetRow } from '../../bigquery/dataset/dataset-row.ts'
import { type AnyRow, TABLES, type TableName } from '../../bigquery/schema/tables.ts'
import type { BigQuery } from '../../stack/bigquery/bigquery.ts'

/** A dataset of the endpoint that the launcher has started. */
export function endpointTarget({ url, grpc, project }: BigQuery, dataset: string): BigQueryTarget {
  const standIn = { url: new URL(url).origin, storage: grpc }
  return { project, dataset, location: 'US', key: null, standIn, timeoutMs: 120_000 }
}

/** Every row of every table, by queries, in the form that rows are made in. */
export async function endpointRows(target: BigQueryTarget): Promise<ReadonlyMap<TableName, readonly AnyRow[]>> {
  const dataset = new DatasetClient(target)
  const found = new Map<TableName, readonly AnyRow[]>()
  for (const table of TABLES) {
    const rows: AnyRow[] = []
    const query = `SELECT ${Object.keys(table.columns).join(', ')} FROM ${table.name}`
    for await (const page of dataset.pages(query)) rows.push(...page.map((row) => datasetRow(table, row)))
    found.set(table.name, rows)
  }
  return found
}
