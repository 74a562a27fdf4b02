import { ARCHIVER_STATES } from '../../../bigquery/archiver.ts'
import type { BigQueryTarget } from '../../../bigquery/bigquery-target.ts'
import { archiveProblems } from '../../../bigquery/dataset/dataset-schema.ts'
import { refusalLetters } from '../../../bigquery/dead-letters.ts'
import { PartitionArchivers } from '../../../bigquery/partition-archivers.ts'
import { Warehouse } from '../../../bigquery/storage/warehouse.ts'
import type { WriterTools } from '../../../bigquery/storage/writer-tools.ts'
import { createArchiveMetrics, measureArchivedRepeats } from '../../../platform/archive-metrics.ts'
import { type Config, variableOf } from '../../../platform/config.ts'
import { type Health, serveHealth } from '../../../platform/health-server.ts'
import { createLogger } from '../../../platform/logger.ts'
import { listenForShutdown } from '../../../platform/shutdown.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { complain, print } from '../../view/text.ts'
import { putDecisionsFirst } from '../decisions-first.ts'
import { archiveSchemaIds } from '../schema-ids.ts'
import type { Session } from '../session.ts'
import { createDeadLetters, letterOptions } from '../session-dead-letters.ts'
import { archiveApplication } from './bigquery-erasure.ts'
import { type BigQueryMode, openMode, requireQuota } from './bigquery-mode.ts'
import { bigQueryTarget } from './bigquery-target.ts'
import { datasetRepeats } from './repeat-counter.ts'

/** Archives a session's log to BigQuery until it was asked to end. @throws what only a person can set right. */
export async function runBigQueryArchive(config: Config, openLog: () => Promise<Session<Log>>): Promise<void> {
  putDecisionsFirst('archive')
  const target = bigQueryTarget(config)
  requireQuota(config, target)
  const warehouse = new Warehouse(target)
  await requireReady(warehouse)
  const session = await openLog()
  const shutdown = listenForShutdown((signal) => {
    if (signal !== null) complain('\nending: archiving what was read, committing; Ctrl-C again ends at once')
  })
  let mode: BigQueryMode | null = null
  try {
    const tools = writerTools(config, session, target, warehouse)
    mode = await openMode(config, tools, warehouse, session.logId)
    const archivers = await createArchivers(config, session, mode)
    const metrics = createArchiveMetrics(() => archivers, ARCHIVER_STATES, machineTime.nowMs)
    const repeats = datasetRepeats(config)
    measureArchivedRepeats(metrics, () => repeats.counted)
    const server = await serveHealth({
      host: config.metricsHost,
      port: config.metricsPort,
      setting: variableOf('metricsPort'),
      metrics,
      health: () => archiveHealth(archivers, shutdown.signal.aborted),
    })
    print(
      `sluice archive: to BigQuery ${warehouse.dataset.name} by ${mode.what}${target.standIn === null ? '' : ` at ${target.standIn.url}`}; ` +
        `metrics and health on http://${config.metricsHost}:${server.port}; Ctrl-C ends`,
    )
    const counting = repeats.keepCounting(shutdown.signal, createLogger(config.logLevel))
    await archivers.run(shutdown.signal)
    await counting
    await server.close()
    print('ended: what was read is in BigQuery')
  } finally {
    // What counts beside it ends with it, also when it failed.
    shutdown.request()
    shutdown.release()
    mode?.close()
    await warehouse.close()
    await session.log.close()
  }
}

/** One line that says what is wrong, before anything is read. */
async function requireReady({ dataset }: Warehouse): Promise<void> {
  const problems = await archiveProblems(dataset)
  if (problems.length === 0) return
  const what = `${problems[0]}${problems.length > 1 ? `, and ${problems.length - 1} more` : ''}; \`sluice archive init --bigquery\` makes what is missing, nothing was read`
  throw new StreamsError('BIGQUERY_NOT_READY', 'stop', what)
}

function writerTools(
  config: Config,
  session: Session<Log>,
  { project, dataset }: BigQueryTarget,
  warehouse: Warehouse,
): WriterTools {
  const { log } = session
  const letters = letterOptions(session)
  const logger = createLogger(config.logLevel)
  return {
    log,
    // A dataset of its own has positions of its own: archived elsewhere, the log is read from its beginning.
    applicationId: archiveApplication(project, dataset),
    warehouse,
    deadLetters: (at, refusals) => refusalLetters(log, letters, at, refusals),
    onRefused: (at, refusals) => {
      for (const { table, column, offset, rule } of refusals) {
        logger.warn({ ...at, offset, table, column, rule }, 'a row was refused and dead-lettered')
      }
    },
  }
}

async function createArchivers(
  config: Config,
  session: Session<Log>,
  { sessions }: BigQueryMode,
): Promise<PartitionArchivers> {
  const { log, registry, ids } = session
  const deadLetters = createDeadLetters(session)
  const logger = createLogger(config.logLevel)
  return new PartitionArchivers({
    log,
    group: null,
    schemaIds: await archiveSchemaIds(registry, ids),
    refuse: (rows) => deadLetters.append(rows),
    clock: machineTime,
    ...sessions,
    events: {
      onWaiting: (at, error) =>
        logger.warn({ ...at, code: error.code, error: error.message }, 'records wait in the log'),
      onLive: (at) => logger.warn(at, 'records are archived again'),
      onLost: (at, offsets) => logger.error({ ...at, offsets }, 'retention took records that the archive never had'),
    },
  })
}

/** Ready while every partition reaches BigQuery. */
function archiveHealth(archivers: PartitionArchivers, ending: boolean): Health {
  const { state, waiting } = archivers
  const [first] = waiting
  return {
    ready: state === 'LIVE' && !ending,
    details: {
      ending,
      state,
      waiting: waiting.map(({ topic, partition }) => `${topic}-${partition}`),
      ...(first && { waits_for: first.error.code, why: first.error.message }),
    },
  }
}
