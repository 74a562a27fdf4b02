import { Command, Option } from 'commander'
import type { AnswerLine } from '../../bigquery/query-client.ts'
import { listenForShutdown } from '../../platform/shutdown.ts'
import { askArchive } from '../runtime/archive/archive-answers.ts'
import { csvLine, tableLines } from '../view/answer-table.ts'
import { complain, print } from '../view/text.ts'
import { CommandError, type CommonOptions, configOf, wholeNumber } from './settings.ts'

/** A table is shown whole once its rows are known; so many are read for it, the rest goes to --csv or --json. */
const TABLE_ROWS_MAX = 1_000
const CELL_WIDTH_MAX = 60
/** A query that takes longer says for how long it has run. */
const PROGRESS_MS = 1_000

interface SqlOptions extends CommonOptions {
  readonly csv?: boolean
  readonly timeout: string
}

/** `sluice sql` */
export function sqlCommand(): Command {
  return new Command('sql')
    .description('ask the archive a question in SQL (DuckDB’s); it changes nothing')
    .argument('<query>', 'one SELECT')
    .addOption(new Option('--csv', 'print CSV (RFC 4180)'))
    .option('--timeout <seconds>', 'cancel after so long', '60')
    .addHelpText(
      'after',
      '\nWith --json each row is an object a line. While `sluice up` or `sluice archive` runs, it is asked; otherwise the file is' +
        '\nread. Ctrl-C cancels. `show tables` and `describe payment_transactions` tell what there is; docs/archive.md has examples.' +
        '\n\nExamples:\n  sluice sql "select * from fraud_summary"' +
        '\n  sluice sql --csv "select * from active_high_risk_accounts" > accounts.csv\n',
    )
    .action((query: string, _options, command: Command) => runSql(query, command.optsWithGlobals<SqlOptions>()))
}

async function runSql(sql: string, options: SqlOptions): Promise<void> {
  const timeoutMs = wholeNumber(options.timeout, '--timeout', 1, 600) * 1_000
  const shutdown = listenForShutdown()
  const begunMs = Date.now()
  const progress = setInterval(() => {
    if (process.stderr.isTTY) process.stderr.write(`\r${Math.round((Date.now() - begunMs) / 1_000)} s`)
  }, PROGRESS_MS)
  try {
    const show = options.json ? jsonView() : options.csv ? csvView() : tableView()
    for await (const line of askArchive(configOf(options), { sql, timeoutMs }, shutdown.signal)) {
      if (line.failure !== undefined) throw new CommandError(line.message ?? line.failure)
      if (!show(line)) break
    }
  } catch (error) {
    if (shutdown.signal.aborted) throw new CommandError('cancelled', 130)
    throw error
  } finally {
    clearInterval(progress)
    if (process.stderr.isTTY && Date.now() - begunMs > PROGRESS_MS) process.stderr.write('\r\u001b[K')
    shutdown.release()
  }
}

/** Shows an answer line by line; false when it wants no more. */
type View = (line: AnswerLine) => boolean

function jsonView(): View {
  let names: readonly string[] = []
  return ({ columns, rows }) => {
    if (columns !== undefined) names = columns
    for (const row of rows ?? []) print(JSON.stringify(Object.fromEntries(names.map((name, at) => [name, row[at]]))))
    return true
  }
}

function csvView(): View {
  return ({ columns, rows }) => {
    if (columns !== undefined) print(csvLine(columns))
    for (const row of rows ?? []) print(csvLine(row))
    return true
  }
}

function tableView(): View {
  let names: readonly string[] = []
  let types: readonly string[] = []
  const held: (readonly unknown[])[] = []
  const finish = (note: string) => {
    const shown = held.slice(0, TABLE_ROWS_MAX)
    for (const line of tableLines(names, types, shown, CELL_WIDTH_MAX)) print(line)
    complain(note)
  }
  return ({ columns, types: given, rows, done }) => {
    if (columns !== undefined) names = columns
    if (given !== undefined) types = given
    held.push(...(rows ?? []))
    if (held.length > TABLE_ROWS_MAX) {
      finish(`the first ${TABLE_ROWS_MAX} rows; --csv or --json prints all`)
      return false
    }
    if (done !== undefined) finish(`${done} ${done === 1 ? 'row' : 'rows'}`)
    return true
  }
}
