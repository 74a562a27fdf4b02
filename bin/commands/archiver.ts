import { Command } from 'commander'
import { openLogSession } from './log-session.ts'
import { type CommonOptions, configOf, wholeNumber } from './settings.ts'

interface ArchiverCommandOptions extends CommonOptions {
  readonly kafka?: boolean
  readonly port?: string
}

/** `sluice archiver` */
export function archiverCommand(): Command {
  return new Command('archiver')
    .description(
      'archive decisions, alerts, duplicates and audit events in DuckDB, until Ctrl-C; `up` starts one itself',
    )
    .option('--kafka', 'from the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the keys of a worker’s data folder')
    .option('--port <n>', 'port of metrics and health (default: none)')
    .addHelpText(
      'after',
      '\nThe archive stands in the data folder and has one owner at a time; `sluice sql` asks that owner. Killed at any moment, it' +
        '\ngoes on where the archive stands: every row once.' +
        '\n\nExamples:\n  sluice archiver --kafka --port 9467\n  sluice sql "select * from fraud_summary"\n',
    )
    .action(async (_options, command: Command) => {
      // DuckDB takes its time to load; no other command should wait for it.
      const { runArchiver } = await import('../runtime/archive/archiver-process.ts')
      const options = command.optsWithGlobals<ArchiverCommandOptions>()
      const config = configOf(options)
      const port = options.port === undefined ? null : wholeNumber(options.port, '--port', 0, 65_535)
      await runArchiver(config, () => openLogSession(config, options), { port })
    })
}
