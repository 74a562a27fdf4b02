import { Command } from 'commander'
import { print } from '../view/text.ts'
import { openLogSession } from './log-session.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

interface ArchiveCommandOptions extends CommonOptions {
  readonly kafka?: boolean
  readonly port?: string
}

/** `sluice archive` */
export function archiveCommand(): Command {
  const archive = new Command('archive')
    .description('archive decisions, alerts, duplicates and audit events in BigQuery, until Ctrl-C')
    .option('--kafka', 'from the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the keys of a worker’s data folder')
    .option('--port <n>', 'port of metrics and health (SLUICE_METRICS_PORT)')
    .addHelpText(
      'after',
      '\nSLUICE_BIGQUERY_PROJECT and SLUICE_BIGQUERY_DATASET name the archive. Killed at any moment, it goes on where the archive' +
        '\nstands: every row once. While BigQuery is away, records wait in the log. One archiver for a dataset at a time.' +
        '\n\nExamples:\n  sluice archive init\n  sluice archive --kafka --port 9467\n',
    )
    .action(async (_options, command: Command) => {
      // Google's clients take a second to load; no other command should wait for them.
      const { runBigQueryArchive } = await import('../runtime/bigquery-process.ts')
      const options = command.optsWithGlobals<ArchiveCommandOptions>()
      const config = configOf(options, { ...(options.port !== undefined && { SLUICE_METRICS_PORT: options.port }) })
      await runBigQueryArchive(config, () => openLogSession(config, options))
    })
  archive
    .command('init')
    .description('make dataset and tables, and add columns that came later; what cannot be added is refused')
    .action(async (_options, command: Command) => {
      const { createDataset } = await import('../runtime/bigquery-dataset.ts')
      await createDataset(configOf(command.optsWithGlobals<CommonOptions>()), print)
    })
  archive
    .command('check')
    .description('hold dataset and tables against this build; exits 1 if one differs')
    .action(async (_options, command: Command) => {
      const { checkDataset } = await import('../runtime/bigquery-dataset.ts')
      const problems = await checkDataset(configOf(command.optsWithGlobals<CommonOptions>()))
      if (problems.length > 0)
        throw new CommandError(`${problems.join('\n')}\n\`sluice archive init\` makes what is missing`)
      print('dataset and tables are as they must be')
    })
  return archive
}
