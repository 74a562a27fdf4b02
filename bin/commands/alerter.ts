import { Command } from 'commander'
import { openLogSession } from './log-session.ts'
import { type CommonOptions, configOf } from './settings.ts'

interface AlerterCommandOptions extends CommonOptions {
  readonly kafka?: boolean
  readonly port?: string
}

/** The first alert after a calm comes so much later at most; the others gather anyway. */
const LOOK_MS = 5

/** `sluice alerter` */
export function alerterCommand(): Command {
  return new Command('alerter')
    .description('carry live alerts and actions to Redis, until Ctrl-C')
    .option('--kafka', 'from the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the keys of a worker’s data folder')
    .option('--port <n>', 'port of metrics and health (SLUICE_METRICS_PORT)')
    .addHelpText(
      'after',
      '\nSLUICE_REDIS_URL names the Redis, 7.0 or later. While it is away alerts wait in the log and decisions go on; what is' +
        '\nwritten twice changes nothing. Two alerters do no harm, and the second takes over at once.' +
        '\n\nExamples:\n  SLUICE_REDIS_URL=redis://localhost:6379 sluice alerter --port 9466' +
        '\n  redis-cli SMEMBERS fraud:alerts:accounts\n',
    )
    .action(async (_options, command: Command) => {
      // The Redis client takes its time to load; no other command should wait for it.
      const { runAlerter } = await import('../runtime/alerts/alerter-process.ts')
      const options = command.optsWithGlobals<AlerterCommandOptions>()
      const config = configOf(options, { ...(options.port !== undefined && { SLUICE_METRICS_PORT: options.port }) })
      await runAlerter(config, () => openLogSession(config, options, { lookMs: LOOK_MS }))
    })
}
