import { Command } from 'commander'
import { type CommonOptions, configOf } from './settings.ts'

interface WorkerOptions extends CommonOptions {
  readonly name?: string
  readonly port?: string
  readonly standby?: string
  readonly threads?: string
}

/** `sluice worker` */
export function workerCommand(): Command {
  return new Command('worker')
    .description('decide payments of a Kafka cluster beside other workers, until Ctrl-C')
    .option('--name <name>', 'who this worker is after a restart (SLUICE_WORKER_NAME)')
    .option('--standby <which>', '`all` folds the partitions of other workers along (SLUICE_STANDBY)')
    .option('--threads <n>', 'one member of the group in each; no more than cores (SLUICE_WORKER_THREADS)')
    .option('--port <n>', 'port of metrics and health (SLUICE_METRICS_PORT)')
    .addHelpText(
      'after',
      '\nSLUICE_KAFKA_BOOTSTRAP names the cluster. Workers share the input among them, each partition with one at a time; all need' +
        '\nthe same keys and rule file. Ctrl-C drains, commits, writes checkpoints and leaves the group at once.' +
        '\n\nExamples:\n  SLUICE_KAFKA_BOOTSTRAP=localhost:9092 sluice worker --name one' +
        '\n  SLUICE_KAFKA_BOOTSTRAP=localhost:9092 sluice worker --name two --port 9465 --threads 4\n',
    )
    .action(async (_options, command: Command) => {
      // The Kafka client takes a second to load; no other command should wait for it.
      const { runWorker } = await import('../runtime/worker/worker-process.ts')
      const options = command.optsWithGlobals<WorkerOptions>()
      const config = configOf(options, {
        ...(options.name !== undefined && { SLUICE_WORKER_NAME: options.name }),
        ...(options.standby !== undefined && { SLUICE_STANDBY: options.standby }),
        ...(options.threads !== undefined && { SLUICE_WORKER_THREADS: options.threads }),
        ...(options.port !== undefined && { SLUICE_METRICS_PORT: options.port }),
      })
      await runWorker(config)
    })
}
