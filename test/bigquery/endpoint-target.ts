import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { DatasetClient } from '../../bigquery/dataset/dataset-client.ts'
import { type AnyRow, TABLES, type TableName } from '../../bigquery/schema/tables.ts'
import type { BigQuery } from '../../stack/bigquery/bigquery.ts'
import { endpointRows, endpointTarget } from './endpoint-rows.ts'
import { openStreamWriter, type StreamSettings } from './stream-target.ts'

export const path: string = import.meta.filename
export { openStreamWriter as openWriter }

let endpoint: BigQuery | null = null
let datasets = 0

/** Whose datasets the archives are. */
export function use(started: BigQuery): void {
  endpoint = started
}

export async function create(root: string): Promise<string> {
  const target = endpointTarget(endpoint!, `archive_${datasets++}`)
  const dataset = new DatasetClient(target)
  await dataset.create()
  for (const table of TABLES) await dataset.createTable(table)
  const settings: StreamSettings = { target, directory: mkdtempSync(join(root, 'log-')) }
  return JSON.stringify(settings)
}

export function readRows(settings: string): Promise<ReadonlyMap<TableName, readonly AnyRow[]>> {
  const { target }: StreamSettings = JSON.parse(settings)
  return endpointRows(target)
}
