import type { BigQueryTarget } from '../../bigquery/bigquery-target.ts'
import { DatasetClient } from '../../bigquery/dataset/dataset-client.ts'
import { type Column, NUMERIC_SCALE } from '../../bigquery/schema/column.ts'
import { type AnyRow, TABLES, type TableName } from '../../bigquery/schema/tables.ts'
import type { BigQuery } from '../../stack/bigquery/bigquery.ts'

/** A dataset of the endpoint that the launcher has started. */
export function endpointTarget({ url, grpc, project }: BigQuery, dataset: string): BigQueryTarget {
  const standIn = { url: new URL(url).origin, storage: grpc }
  return { project, dataset, location: 'US', key: null, standIn, timeoutMs: 120_000 }
}

/** Every row of every table, by queries, in the form that rows are made in. */
export async function endpointRows(target: BigQueryTarget): Promise<ReadonlyMap<TableName, readonly AnyRow[]>> {
  const { bigQuery, name: dataset } = new DatasetClient(target)
  const found = new Map<TableName, readonly AnyRow[]>()
  for (const { name, columns } of TABLES) {
    const query = `SELECT ${Object.keys(columns).join(', ')} FROM \`${dataset}.${name}\``
    const [job] = await bigQuery.createQueryJob({ query })
    const [rows] = await job.getQueryResults()
    found.set(
      name,
      rows.map((row) => rowOf(columns, row as Found) as unknown as AnyRow),
    )
  }
  return found
}

type Found = Readonly<Record<string, unknown>>

function rowOf(columns: Readonly<Record<string, Column>>, row: Found): Found {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => {
      const value = row[name]
      if (column.mode === 'REPEATED') return [name, (value as unknown[]).map((item) => valueIn(column, item))]
      return [name, value === null ? null : valueIn(column, value)]
    }),
  )
}

function valueIn(column: Column, value: unknown): unknown {
  switch (column.type) {
    case 'RECORD':
      return rowOf(column.fields, value as Found)
    case 'NUMERIC': {
      const [whole = '', rest = ''] = String(value).split('.')
      return BigInt(whole + rest.padEnd(NUMERIC_SCALE, '0'))
    }
    case 'TIMESTAMP':
      return Date.parse((value as { readonly value: string }).value)
    default:
      return value
  }
}
