import { DatasetClient } from '../../../bigquery/dataset/dataset-client.ts'
import { archiveProblems, createArchive } from '../../../bigquery/dataset/dataset-schema.ts'
import type { Config } from '../../../platform/config.ts'
import { bigQueryTarget } from './bigquery-target.ts'

/** Makes the dataset that the settings name; tells each thing that it did. @throws ConfigError, KeysError, StreamsError */
export async function createDataset(config: Config, tell: (line: string) => void): Promise<void> {
  const dataset = new DatasetClient(bigQueryTarget(config))
  await createArchive(dataset, tell)
  tell(`${dataset.name} is as it must be`)
}

/** What stands between it and rows, a line each. @throws ConfigError, KeysError, StreamsError */
export function checkDataset(config: Config): Promise<string[]> {
  return archiveProblems(new DatasetClient(bigQueryTarget(config)))
}
