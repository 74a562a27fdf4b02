import { Command } from 'commander'
import type { ComparedDay } from '../../bigquery/compared-days.ts'
import type { AnswerLine } from '../../bigquery/query-client.ts'
import type { Config } from '../../platform/config.ts'
import { StreamsError } from '../../streams/errors.ts'
import { askArchive } from '../runtime/archive/archive-answers.ts'
import { archivePath } from '../runtime/archive/archive-paths.ts'
import { replayArchive } from '../runtime/archive/archive-replay.ts'
import { replayedBigQuery, replayedDuckDb } from '../runtime/archive/replayed-archives.ts'
import { grouped, print, styled } from '../view/text.ts'
import { checkBigQuery, initBigQuery, runBigQuery } from './archive-bigquery.ts'
import { dayOf } from './given-times.ts'
import { type LogOptions, onEitherLog, openLogSession, withLogSession } from './log-session.ts'
import { CommandError, type CommonOptions, configOf, wholeNumber } from './settings.ts'

const TIMEOUT_MS = 600_000
const RUN_HELP =
  '\nKilled at any moment, it goes on where the archive stands: every row once. While the archive is away, records wait in the log.' +
  '\nAn archive has one owner at a time: DuckDB’s is asked by `sluice sql`, and `up` starts one itself. SLUICE_BIGQUERY_PROJECT and' +
  '\nSLUICE_BIGQUERY_DATASET name the one in BigQuery; SLUICE_BIGQUERY_MODE=load carries rows by load jobs: free, and every 15 minutes.' +
  '\n\nExamples:\n  sluice archive --kafka --port 9467\n  sluice archive init --bigquery\n  sluice archive --bigquery --kafka --port 9468' +
  '\n  sluice archive replay\n'

/** The archive is DuckDB's in the data folder, or BigQuery's. */
interface KindOptions extends LogOptions {
  readonly bigquery?: boolean
}

interface RunOptions extends KindOptions {
  readonly port?: string
}

interface ReplayOptions extends KindOptions {
  readonly from?: string
  readonly to?: string
}

/** `sluice archive` */
export function archiveCommand(): Command {
  const group = new Command('archive')
    .description(
      'archives decisions, alerts, duplicates and audit events until Ctrl-C; with a command: the tables, and a proof that the rows are those of the log',
    )
    .option('--port <n>', 'port of metrics and health (default: with --bigquery SLUICE_METRICS_PORT, else none)')
    .addHelpText('after', RUN_HELP)
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<RunOptions>()
      return options.bigquery === true ? runBigQuery(options) : runDuckDb(options)
    })
  group
    .command('replay')
    .description(
      'makes the rows of these days again from the log and compares them with the archive; exits 1 on a difference',
    )
    .option('--from <day>', 'YYYY-MM-DD in UTC, that day included (default: the oldest that the log retains)')
    .option('--to <day>', 'YYYY-MM-DD, that day included (default: the newest)')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice archive replay\n  sluice archive replay --from 2026-11-24 --to 2026-11-25\n  sluice archive replay --bigquery --kafka\n',
    )
    .action((_options, command: Command) => runReplay(command.optsWithGlobals<ReplayOptions>()))
  onEitherLog(group)
    .command('init')
    .description(
      'makes the tables and views, and adds columns that came later; `up` and `archive` do so themselves in DuckDB',
    )
    .option('--kafka', 'for the cluster that SLUICE_KAFKA_BOOTSTRAP names')
    .option('--bigquery', 'in BigQuery: dataset and tables; what cannot be added is refused')
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<KindOptions>()
      return options.bigquery === true ? initBigQuery(options) : runInit(options)
    })
  group
    .command('check')
    .description('holds the archive’s tables against this version’s; exits 1 on a difference')
    .option('--bigquery', 'those of BigQuery')
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<KindOptions>()
      return options.bigquery === true ? checkBigQuery(options) : runCheck(options)
    })
  return group
    .option('--bigquery', 'in BigQuery (default: in DuckDB, in the data folder, as `up` does)')
    .option('--kafka', 'from the cluster that SLUICE_KAFKA_BOOTSTRAP names, with the keys of a worker’s data folder')
}

async function runDuckDb(options: RunOptions): Promise<void> {
  // DuckDB takes its time to load; no other command should wait for it.
  const { runArchiver } = await import('../runtime/archive/archiver-process.ts')
  const config = configOf(options)
  const port = options.port === undefined ? null : wholeNumber(options.port, '--port', 0, 65_535)
  await runArchiver(config, () => openLogSession(config, options), { port })
}

async function runInit(options: LogOptions): Promise<void> {
  await withLogSession(options, async ({ config, logId }) => {
    const { ArchiveFile } = await import('../../bigquery/duckdb/archive-file.ts')
    const folder = archivePath(config.dataFolder)
    try {
      const file = await ArchiveFile.open({ folder, logId, memoryMb: config.archiveMemoryMb })
      for (const { table, what } of file.migrated) print(`${table} ${what}: done`)
      file.close()
      print(`${folder} has every table and view of this version`)
    } catch (error) {
      if (!(error instanceof StreamsError && error.code === 'ARCHIVE_LOCKED')) throw error
      // Whoever has it open has done the same.
      await runCheck(options)
    }
  })
}

async function runCheck(options: CommonOptions): Promise<void> {
  const config = configOf(options)
  const { schemaDifferences } = await import('../../bigquery/duckdb/archive-schema.ts')
  const differences = await schemaDifferences((sql) => answerOf(config, sql))
  for (const { table, what } of differences) print(`${table} ${what}`)
  if (differences.length > 0)
    throw new CommandError(`${differences.length} differences; \`sluice archive init\` mends what may be mended`)
  print(`${archivePath(config.dataFolder)}: every table is as this version has it`)
}

async function runReplay(options: ReplayOptions): Promise<void> {
  const range = { from: givenDay(options.from, '--from'), to: givenDay(options.to, '--to') }
  const days = await withLogSession(options, async (session) => {
    const archive = options.bigquery === true ? await replayedBigQuery(session) : replayedDuckDb(session.config)
    return replayArchive(session, range, archive)
  })
  for (const day of days) print(options.json ? JSON.stringify(dayJson(day)) : dayLine(day))
  const rows = days.reduce((sum, { remade }) => sum + remade.rows, 0)
  const different = days.filter(({ equal }) => !equal).length
  if (different > 0) throw new CommandError(`${different} of ${days.length} days differ`)
  if (rows === 0) throw new CommandError('there are no rows of these days, neither in the log nor in the archive')
  const erased = days.reduce((sum, day) => sum + day.erased, 0)
  const but = erased === 0 ? '' : `, but for whom ${grouped(erased)} erased ones were of`
  if (!options.json) print(`${grouped(rows)} rows made again; the archive holds the same${but}`)
}

function givenDay(text: string | undefined, option: string): string | null {
  return text === undefined ? null : dayOf(text, option)
}

function dayLine({ table, day, remade, archived, erased, equal }: ComparedDay): string {
  const verdict = equal
    ? styled('green', 'equal')
    : styled('red', remade.rows === archived.rows ? 'other values' : 'other rows')
  return `${table.padEnd(26)} ${day}  log ${grouped(remade.rows).padStart(11)}  archive ${grouped(archived.rows).padStart(11)}  ${verdict}${erased === 0 ? '' : `, ${grouped(erased)} erased`}`
}

function dayJson({ table, day, remade, archived, erased, equal }: ComparedDay) {
  return {
    table,
    day,
    equal,
    erased,
    log: { rows: remade.rows, hash: remade.hash },
    archive: { rows: archived.rows, hash: archived.hash },
  }
}

/** A whole answer; @throws CommandError with what the archive said. */
async function answerOf(config: Config, sql: string): Promise<(readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = []
  for await (const line of linesOf(config, sql)) rows.push(...(line.rows ?? []))
  return rows
}

async function* linesOf(config: Config, sql: string): AsyncGenerator<AnswerLine> {
  for await (const line of askArchive(config, { sql, timeoutMs: TIMEOUT_MS }, new AbortController().signal)) {
    if (line.failure !== undefined) throw new CommandError(line.message ?? line.failure)
    yield line
  }
}
