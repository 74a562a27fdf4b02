import { StreamsError } from '../../streams/errors.ts'
import { tableChanges } from '../schema/table-resource.ts'
import { TABLES } from '../schema/tables.ts'
import { VIEWS } from '../views/views.ts'
import type { DatasetClient } from './dataset-client.ts'

/**
 * Makes what is missing of a dataset and its tables, adds columns that came later, and makes the views. Tells each thing that it did. What no
 * addition mends is refused, table by table, and nothing is ever dropped or changed.
 * @throws StreamsError BIGQUERY_SCHEMA (stop) with every refusal, after everything else is done.
 */
export async function createArchive(dataset: DatasetClient, tell: (line: string) => void): Promise<void> {
  if (!(await dataset.exists())) {
    await dataset.create()
    tell(`dataset ${dataset.name} made in ${dataset.target.location}`)
  }
  const refusals: string[] = []
  for (const table of TABLES) {
    const standing = await dataset.table(table.name)
    if (standing === null) {
      await dataset.createTable(table)
      tell(`${table.name} made`)
      continue
    }
    const { added, refused } = tableChanges(table, standing)
    refusals.push(...refused)
    if (added.length === 0 || refused.length > 0) continue
    await dataset.addColumns(table, standing, added)
    tell(`${table.name}: ${added.join(', ')} added`)
  }
  if (refusals.length === 0) {
    for (const view of VIEWS) await dataset.createView(view)
    tell(`views ${VIEWS.map(({ name }) => name).join(', ')} are as this build has them`)
    return
  }
  const what = `${refusals.join('; ')}; archive into another dataset (SLUICE_BIGQUERY_DATASET), nothing here was changed for it`
  throw new StreamsError('BIGQUERY_SCHEMA', 'stop', what)
}

/** What `createArchive` would have to do or would refuse, a line each; nothing when rows can come. @throws StreamsError */
export async function archiveProblems(dataset: DatasetClient): Promise<string[]> {
  if (!(await dataset.exists())) return [`the dataset ${dataset.name} is not there`]
  const problems: string[] = []
  for (const table of TABLES) {
    const standing = await dataset.table(table.name)
    if (standing === null) {
      problems.push(`the table ${table.name} is not there`)
      continue
    }
    const { added, refused } = tableChanges(table, standing)
    problems.push(...refused, ...added.map((name) => `${table.name}.${name} is missing`))
  }
  return problems
}
