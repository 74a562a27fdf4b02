import { type Config, ConfigError, variableOf } from '../../../platform/config.ts'
import { type HealthServerOptions, serveHealth } from '../../../platform/health-server.ts'
import { gatherMetrics } from '../../../platform/metrics.ts'
import { listenForShutdown, type Shutdown } from '../../../platform/shutdown.ts'
import { complain, print } from '../../view/text.ts'
import { APPLICATION_ID } from '../session.ts'
import { WorkerHost } from './worker-host.ts'
import { awaitWorkerSession } from './worker-session.ts'
import { gatherHealth, WorkerThread } from './worker-threads.ts'

/** Runs one worker, or one in each of its threads, until it was asked to leave. @throws what ended it before that. */
export async function runWorker(config: Config): Promise<void> {
  const shutdown = listenForShutdown((signal) => {
    if (signal !== null)
      complain('\nending: committing, writing checkpoints, leaving the group; Ctrl-C again ends at once')
  })
  try {
    const failure = config.workerThreads === 1 ? await runAlone(config, shutdown) : await runThreads(config, shutdown)
    if (failure !== null) throw failure
    print('left the group; what was decided is committed')
  } finally {
    shutdown.release()
  }
}

async function runAlone(config: Config, { signal }: Shutdown): Promise<Error | null> {
  const host = await WorkerHost.open(config, 'process', signal)
  try {
    const metrics = host.metrics.registry
    const server = await serve(config, { metrics, health: () => host.health(signal.aborted) })
    const failure = await host.run(signal, (partitions) => print(partitionsLine(partitions)))
    await server.close()
    return failure
  } finally {
    await host.close()
  }
}

/** The others go on when one has ended before its time: its partitions become theirs. */
async function runThreads(config: Config, { signal }: Shutdown): Promise<Error | null> {
  if (config.standby === 'all') {
    const both = `${variableOf('workerThreads')}=${config.workerThreads} with ${variableOf('standby')}=all`
    throw new ConfigError(`${both}: every thread would hold the state of every partition; set one of them`)
  }
  // What is wrong with the settings or the cluster ends the start here, with one line; and the folder is made once.
  const session = await awaitWorkerSession(config, () => null, signal)
  await session.log.close()
  const threads: WorkerThread[] = []
  const server = await serve(config, {
    metrics: gatherMetrics(async () =>
      (await Promise.all(threads.map((one) => one.metrics()))).filter((one) => one !== null),
    ),
    health: () => gatherHealth(threads, signal.aborted),
  })
  for (let number = 1; number <= config.workerThreads; number++) {
    threads.push(new WorkerThread(config, number, (at) => print(`thread ${number}: ${partitionsLine(at)}`)))
  }
  const stop = () => {
    for (const thread of threads) thread.stop()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  const failures = await Promise.all(threads.map(({ ended }) => ended))
  await server.close()
  return failures.find((failure) => failure !== null) ?? null
}

async function serve(config: Config, answers: Pick<HealthServerOptions, 'metrics' | 'health'>) {
  const { metricsHost: host, metricsPort: port, workerName, workerThreads, kafkaBootstrap } = config
  const server = await serveHealth({ host, port, setting: variableOf('metricsPort'), ...answers })
  const threads = workerThreads === 1 ? '' : `, ${workerThreads} threads`
  print(
    `sluice worker ${workerName}${threads}: group ${APPLICATION_ID} on ${kafkaBootstrap.join(',')}; ` +
      `metrics and health on http://${host}:${server.port}; Ctrl-C ends`,
  )
  return server
}

function partitionsLine(partitions: readonly number[]): string {
  return `partitions: ${partitions.join(' ') || 'none'}`
}
