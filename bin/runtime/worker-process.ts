import { join } from 'node:path'
import { type Config, variableOf } from '../../platform/config.ts'
import { type Health, serveHealth } from '../../platform/health-server.ts'
import { createLogger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { listenForShutdown, type Shutdown } from '../../platform/shutdown.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { Asker } from '../../streams/kafka/group-offsets.ts'
import { MemberFile } from '../../streams/kafka/member-file.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { complain, print } from '../view/text.ts'
import { type ClusterSession, openWorkerSession } from './cluster-session.ts'
import { taskIdOf } from './measured-task.ts'
import { APPLICATION_ID } from './session.ts'
import { StoreWatch } from './store-fills.ts'
import { createTaskMetrics } from './task-metrics.ts'
import { tasksHealth } from './tasks-health.ts'
import { Worker, type WorkerEvents } from './worker.ts'

/** Before the cluster is asked again at the start. */
const ASKED_AGAIN_MS = 1_000

/** Runs one worker until it was asked to leave. @throws what ended it before that. */
export async function runWorker(config: Config): Promise<void> {
  const shutdown = listenForShutdown((signal) => {
    if (signal !== null)
      complain('\nending: committing, writing checkpoints, leaving the group; Ctrl-C again ends at once')
  })
  let worker: Worker | null = null
  // The tasks commit in the name of the member, which is made once the log is there.
  const member: Asker = () => worker?.member.requireIdentity() ?? null
  const session = await openSession(config, member, shutdown)
  // What the cluster takes is its brokers' to tell.
  const metrics = createTaskMetrics(
    () => worker && { session, tasks: worker.tasks },
    () => [],
  )
  try {
    const server = await serveHealth({
      host: config.metricsHost,
      port: config.metricsPort,
      setting: variableOf('metricsPort'),
      metrics: metrics.registry,
      health: () => workerHealth(worker, shutdown),
    })
    worker = createWorker(session, config, metrics)
    print(
      `sluice worker ${config.workerName}: group ${APPLICATION_ID} on ${config.kafkaBootstrap.join(',')}; ` +
        `metrics and health on http://${config.metricsHost}:${server.port}; Ctrl-C ends`,
    )
    const failure = await serve(worker, config, shutdown)
    await server.close()
    if (failure !== null) throw failure
  } finally {
    shutdown.release()
    await session.log.close()
  }
}

/** A cluster that does not answer yet is asked again until it does: workers and brokers may start in any order. */
async function openSession(config: Config, member: Asker, { signal }: Shutdown): Promise<ClusterSession> {
  const logger = createLogger(config.logLevel)
  for (;;) {
    try {
      return await openWorkerSession(config, member)
    } catch (error) {
      if (!(error instanceof StreamsError) || error.next !== 'retry' || signal.aborted) throw error
      logger.warn({ error: error.message }, 'asks again')
      await machineTime.sleep(ASKED_AGAIN_MS, signal)
    }
  }
}

function createWorker(session: ClusterSession, config: Config, metrics: Metrics): Worker {
  const logger = createLogger(config.logLevel)
  const events: WorkerEvents = {
    onPartitions: (partitions) => print(`partitions: ${partitions.join(' ') || 'none'}`),
    onSurvived: (partition, error) => logger.warn({ partition, error: error.message }, 'goes on'),
    onCommit: (partition, latencyMs) => metrics.observeCommit(taskIdOf(partition), latencyMs),
    onFailed: (partition, error) => logger.error({ partition, error: error.message }, 'task ended'),
  }
  const store = new MemberFile(join(session.folder.path, 'members', `${config.workerName}.json`), APPLICATION_ID)
  return new Worker(session, { store, standby: config.standby === 'all', events })
}

async function serve(worker: Worker, config: Config, { signal }: Shutdown): Promise<StreamsError | null> {
  const beside = new AbortController()
  const watching = new StoreWatch(worker, createLogger(config.logLevel)).watch(beside.signal)
  if (signal.aborted) worker.stop()
  else signal.addEventListener('abort', () => worker.stop(), { once: true })
  const failure = await worker.ended
  beside.abort()
  await watching
  if (failure === null) print('left the group; what was decided is committed')
  return failure
}

/** Ready also takes a member that the group knows. */
function workerHealth(worker: Worker | null, { signal }: Shutdown): Health {
  return tasksHealth(worker, signal.aborted, { member: worker?.member.phase ?? 'STARTING' })
}
