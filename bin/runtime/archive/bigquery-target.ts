import type { BigQueryTarget, ServiceAccountKey, StandIn } from '../../../bigquery/bigquery-target.ts'
import { type Config, ConfigError, variableOf } from '../../../platform/config.ts'
import { readSecretFile } from '../keys.ts'

/**
 * The BigQuery that the settings name. The key is read from its file here; it stands in no setting.
 * @throws ConfigError for settings that are missing or contradict each other, KeysError for a key file that is missing or open to
 * others.
 */
export function bigQueryTarget(config: Config): BigQueryTarget {
  const { bigqueryProject: project, bigqueryDataset: dataset, bigqueryLocation: location, bigqueryKeyFile } = config
  if (project === '') {
    throw new ConfigError(`${variableOf('bigqueryProject')} is not set; name the Google Cloud project to archive to`)
  }
  const standIn = standInOf(config)
  if (standIn !== null && bigqueryKeyFile !== '') {
    const instead = `remove either it or ${variableOf('bigqueryUrl')}`
    throw new ConfigError(`${variableOf('bigqueryKeyFile')} would go to a stand-in in clear; ${instead}`)
  }
  const key = bigqueryKeyFile === '' ? null : keyOf(bigqueryKeyFile)
  return { project, dataset, location, key, standIn, timeoutMs: config.bigqueryTimeoutMs }
}

function standInOf({ bigqueryUrl, bigqueryStorage }: Config): StandIn | null {
  if (bigqueryUrl === '' && bigqueryStorage === '') return null
  if (bigqueryUrl === '' || bigqueryStorage === '') {
    const both = `${variableOf('bigqueryUrl')} and ${variableOf('bigqueryStorage')}`
    throw new ConfigError(`${both} belong together; set both for a stand-in, neither for BigQuery itself`)
  }
  return { url: new URL(bigqueryUrl).origin, storage: bigqueryStorage }
}

function keyOf(path: string): ServiceAccountKey {
  const variable = variableOf('bigqueryKeyFile')
  const text = readSecretFile(path, `${variable} names a file that its owner alone can read`)
  try {
    const { client_email, private_key } = JSON.parse(text) as Partial<ServiceAccountKey>
    if (typeof client_email === 'string' && typeof private_key === 'string') return { client_email, private_key }
  } catch {
    // What is no JSON is no key either; nothing of its text may be shown.
  }
  throw new ConfigError(`${variable}=${path} is no key file of a service account; make one in Google’s console`)
}
