import { Command } from 'commander'
import { openLogSession } from './log-session.ts'
import { type CommonOptions, configOf } from './settings.ts'

interface ApiCommandOptions extends CommonOptions {
  readonly kafka?: boolean
  readonly port?: string
  readonly metricsPort?: string
}

/** `sluice api` */
export function apiCommand(): Command {
  return new Command('api')
    .description('confirm payments over HTTP, until Ctrl-C')
    .option('--kafka', 'over the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the keys of a worker’s data folder')
    .option('--port <n>', 'port of the API (SLUICE_API_PORT)')
    .option('--metrics-port <n>', 'port of metrics and health (SLUICE_METRICS_PORT)')
    .addHelpText(
      'after',
      '\nAny number may run side by side: a call that comes again is answered right by whichever it reaches. `sluice up` has one on' +
        '\nport 3000. docs/api.md says what it answers; /docs on its port shows it.' +
        '\n\nExamples:\n  sluice api --port 3002 --metrics-port 9467\n  SLUICE_KAFKA_BOOTSTRAP=localhost:9092 SLUICE_API_JWKS=jwks.json sluice api --kafka\n',
    )
    .action(async (_options, command: Command) => {
      // The server takes its time to load; no other command should wait for it.
      const { runApi } = await import('../runtime/api/api-process.ts')
      const options = command.optsWithGlobals<ApiCommandOptions>()
      const config = configOf(options, {
        ...(options.port !== undefined && { SLUICE_API_PORT: options.port }),
        ...(options.metricsPort !== undefined && { SLUICE_METRICS_PORT: options.metricsPort }),
      })
      await runApi(config, options.kafka !== true, () => openLogSession(config, options))
    })
}
