import { print } from '../view/text.ts'
import { openLogSession } from './log-session.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

interface BigQueryOptions extends CommonOptions {
  readonly kafka?: boolean
  readonly port?: string
}

/** `sluice archive --bigquery`. Google's clients take a second to load; no other command should wait for them. */
export async function runBigQuery(options: BigQueryOptions): Promise<void> {
  const { runBigQueryArchive } = await import('../runtime/archive/bigquery-process.ts')
  const config = configOf(options, { ...(options.port !== undefined && { SLUICE_METRICS_PORT: options.port }) })
  await runBigQueryArchive(config, () => openLogSession(config, options))
}

/** `sluice archive init --bigquery` */
export async function initBigQuery(options: CommonOptions): Promise<void> {
  const { createDataset } = await import('../runtime/archive/bigquery-dataset.ts')
  await createDataset(configOf(options), print)
}

/** `sluice archive check --bigquery` */
export async function checkBigQuery(options: CommonOptions): Promise<void> {
  const { checkDataset } = await import('../runtime/archive/bigquery-dataset.ts')
  const problems = await checkDataset(configOf(options))
  if (problems.length === 0) print('dataset and tables are as they must be')
  else throw new CommandError(`${problems.join('\n')}\n\`sluice archive init --bigquery\` makes what is missing`)
}
