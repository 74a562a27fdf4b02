import { ARCHIVER_STATES, Archiver } from '../../../bigquery/archiver.ts'
import type { ArchiveFile, ArchiveFileSettings } from '../../../bigquery/duckdb/archive-file.ts'
import { DuckDbWriter } from '../../../bigquery/duckdb/duckdb-writer.ts'
import { eraseFromArchive } from '../../../bigquery/duckdb/erase-archive.ts'
import type { ErasedAccount } from '../../../bigquery/duckdb/erase-rows.ts'
import { exportClosedDays } from '../../../bigquery/duckdb/exports.ts'
import { QueryServer } from '../../../bigquery/duckdb/query-server.ts'
import { createArchiveMetrics, measureArchivedRepeats } from '../../../platform/archive-metrics.ts'
import type { Config } from '../../../platform/config.ts'
import { serveHealth } from '../../../platform/health-server.ts'
import { createLogger, type Logger } from '../../../platform/logger.ts'
import { listenForShutdown, type Shutdown } from '../../../platform/shutdown.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { complain, print } from '../../view/text.ts'
import { putDecisionsFirst } from '../decisions-first.ts'
import { archiveSchemaIds } from '../schema-ids.ts'
import type { Session } from '../session.ts'
import { createDeadLetters } from '../session-dead-letters.ts'
import { ARCHIVE_GROUP, archivePath, archiveSocket } from './archive-paths.ts'
import { embeddedRepeats, type RepeatCounter } from './repeat-counter.ts'

const EXPORT_MS = 60_000

export interface ArchiverProcessOptions {
  /** Metrics and health there; null serves none. */
  readonly port: number | null
}

/** Archives a session's log to DuckDB until it was asked to end. @throws what only a person can set right. */
export async function runArchiver(
  config: Config,
  openLog: () => Promise<Session<Log>>,
  { port }: ArchiverProcessOptions,
): Promise<void> {
  putDecisionsFirst('archive')
  const shutdown = listenForShutdown()
  // Started by `up`: ends with it, however it ends.
  if (process.send !== undefined) process.once('disconnect', () => shutdown.request())
  const logger = createLogger(config.logLevel)
  try {
    await archiveUntil(shutdown, config, await openLog(), logger, port)
  } finally {
    shutdown.release()
    if (process.connected) process.disconnect()
  }
}

async function archiveUntil(
  shutdown: Shutdown,
  config: Config,
  session: Session<Log>,
  logger: Logger,
  port: number | null,
): Promise<void> {
  const archive = new OwnedArchive(config, session, logger)
  try {
    const archiver = await createArchiver(session, archive, logger)
    archive.reopen = () => archiver.reopen()
    const repeats = embeddedRepeats(config)
    const server = port === null ? null : await serveArchiver(config, port, archiver, repeats)
    const at = server === null ? '' : `; metrics and health on http://${config.metricsHost}:${server.port}`
    print(`sluice archive: to ${archive.folder}; \`sluice sql\` asks it${at}; Ctrl-C ends`)
    const counting = server && repeats.keepCounting(shutdown.signal, logger)
    const exporting = archive.exportNowAndThen(shutdown.signal)
    await archiver.run(shutdown.signal)
    await Promise.all([exporting, counting])
    await server?.close()
    print('ended: what was read is in the archive')
  } finally {
    // What exports and counts beside it ends with it, also when it failed.
    shutdown.request()
    await archive.close()
    await session.log.close()
  }
}

async function createArchiver(session: Session<Log>, archive: OwnedArchive, logger: Logger): Promise<Archiver> {
  const deadLetters = createDeadLetters(session)
  return new Archiver({
    log: session.log,
    group: session.log.group(ARCHIVE_GROUP),
    schemaIds: await archiveSchemaIds(session.registry, session.ids),
    refuse: (rows) => deadLetters.append(rows),
    clock: machineTime,
    openWriter: () => archive.openWriter(),
    events: {
      onWaiting: (error) => logger.warn({ code: error.code, error: error.message }, 'records wait in the log'),
      onLive: () => logger.warn('records are archived again'),
      onLost: (at, offsets) => logger.error({ ...at, offsets }, 'retention took records that the archive never had'),
    },
  })
}

/** The archive's file while this process owns it, and who asks for it meanwhile. */
class OwnedArchive {
  readonly folder: string
  private readonly config: Config
  private readonly logId: string
  private readonly logger: Logger
  /** Has the writer closed and opened again. */
  reopen: () => void = () => {}
  private queries: QueryServer | null = null
  private file: ArchiveFile | null = null
  /** Erasures that wait for the writer to be closed. */
  private readonly erasures: ((settings: ArchiveFileSettings) => Promise<void>)[] = []

  constructor(config: Config, { logId }: Session<Log>, logger: Logger) {
    this.config = config
    this.logger = logger
    this.logId = logId
    this.folder = archivePath(config.dataFolder)
  }

  async openWriter(): Promise<DuckDbWriter> {
    const { folder, logId, config } = this
    this.setFile(null)
    const settings = { folder, logId, memoryMb: config.archiveMemoryMb }
    for (const erase of this.erasures.splice(0)) await erase(settings)
    const writer = await DuckDbWriter.open(settings, machineTime)
    for (const { table, what } of writer.file.migrated) complain(`archive: ${table} ${what}: done`)
    // Only now: the file's lock says that no other process answers there.
    this.queries ??= await QueryServer.listen(archiveSocket(config.dataFolder), (account) => this.erase(account))
    this.setFile(writer.file)
    return writer
  }

  /** Days that are over, as Parquet beside the file. What fails is tried again the next time. */
  async exportNowAndThen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await machineTime.sleep(EXPORT_MS, signal)
      if (this.file === null || signal.aborted) continue
      try {
        await exportClosedDays(this.file, machineTime.nowMs())
      } catch (error) {
        this.logger.warn({ error: (error as Error).message }, 'a day was not exported')
      }
    }
  }

  /** Between two sessions, when nobody has the file open: it is written anew. */
  private erase(account: ErasedAccount): Promise<number> {
    return new Promise((resolve, reject) => {
      this.erasures.push((settings) => eraseFromArchive(settings, account, machineTime.nowMs()).then(resolve, reject))
      this.reopen()
    })
  }

  private setFile(file: ArchiveFile | null): void {
    this.file = file
    this.queries?.ask(file)
  }

  async close(): Promise<void> {
    await this.queries?.close()
  }
}

function serveArchiver({ metricsHost: host }: Config, port: number, archiver: Archiver, repeats: RepeatCounter) {
  const metrics = createArchiveMetrics(() => archiver, ARCHIVER_STATES, machineTime.nowMs)
  measureArchivedRepeats(metrics, () => repeats.counted)
  return serveHealth({
    host,
    port,
    setting: '--port',
    metrics,
    health: () => {
      const { state, waitsFor } = archiver
      return {
        ready: state === 'LIVE',
        details: { state, ...(waitsFor && { waits_for: waitsFor.code, why: waitsFor.message }) },
      }
    },
  })
}
