/** `npm run chaos`: runs rows of the fault matrix against real brokers and workers; `--help` says how. */
import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { readPage, standing, streamsTree, writePage } from './faults-page.ts'
import type { Row } from './row.ts'
import { ROWS } from './rows.ts'
import { type Outcome, runRow } from './run-row.ts'

/** What CI runs, in the short form. */
const CI_ROWS = 'F1,F4,F6,F7,F8,F27'
const [FAILED, MISUSED, INTERRUPTED] = [1, 2, 130]

interface Options {
  readonly row?: string
  readonly rows?: string
  readonly seed: number
  readonly runs: number
  readonly short?: boolean
  readonly ci?: boolean
  readonly record?: boolean
  readonly report?: string
  readonly check?: boolean
  readonly closing?: boolean
}

const wholeNumber = (text: string) => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number')
  return Number(text)
}

const program = new Command('npm run chaos --')
  .description(
    'strike real brokers and workers with the faults of the matrix, and hold what they decided against an uncrashed run',
  )
  .option('--row <row>', 'one row, such as F14')
  .option('--rows <rows>', 'some rows, such as F1,F4')
  .option('--seed <n>', 'what chance is drawn from', wholeNumber, 42)
  .option('--runs <n>', 'each row so often, with seeds that follow each other', wholeNumber, 1)
  .option('--short', 'fewer strikes of the same faults')
  .option('--ci', `the short form of ${CI_ROWS}`)
  .option(
    '--record',
    'write the rows that held into docs/faults.md; without --row, --rows, --short and --ci that is done anyway',
  )
  .option('--report <file>', 'write how many rows held and failed, as JSON')
  .option(
    '--check',
    'run nothing: fail when a row is missing in docs/faults.md, warn of those run with another streams/',
  )
  .option('--closing', 'with --check: fail on those too')
  .addHelpText(
    'after',
    '\nExit codes: 0 all held, 1 a row failed, 2 misused, 130 interrupted.\nExamples:\n  npm run chaos\n  npm run chaos -- --row F14 --seed 42\n  npm run chaos -- --check\n',
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : MISUSED))
  .parse()
const options = program.opts<Options>()

process.exitCode = options.check ? check() : await run(chosen())

function chosen(): Row[] {
  const names = options.ci ? CI_ROWS : (options.row ?? options.rows)
  if (names === undefined) return [...ROWS]
  return names.split(',').map((name) => {
    const row = ROWS.find((one) => one.row === name.toUpperCase())
    if (row === undefined)
      return program.error(`there is no row ${name}; there are ${ROWS.map((one) => one.row).join(', ')}`)
    return row
  })
}

async function run(rows: readonly Row[]): Promise<number> {
  const short = options.short === true || options.ci === true
  const whole = rows.length === ROWS.length && !short
  const records = options.record === true || whole
  const where = records ? standing() : null
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(INTERRUPTED)
      print('\nending what was started')
      interrupt.abort()
    })
  }
  const startedMs = performance.now()
  const failed: string[] = []
  let held = 0
  for (const [i, row] of rows.entries()) {
    print(`[${i + 1}/${rows.length}] ${row.row}: ${row.title}`)
    const outcomes: Outcome[] = []
    for (let n = 0; n < options.runs && !interrupt.signal.aborted; n++) {
      const tell = (progress: string) => print(`    ${progress}`)
      const outcome = await runRow(row, options.seed + n, { short, tell, signal: interrupt.signal })
      print(`    ${figuresOf(outcome)}`)
      outcomes.push(outcome)
    }
    if (interrupt.signal.aborted) return INTERRUPTED
    if (outcomes.some(({ failure }) => failure !== null)) failed.push(row.row)
    else {
      held++
      if (where !== null) record(row, outcomes, where)
    }
  }
  if (options.report !== undefined) {
    writeFileSync(
      options.report,
      JSON.stringify({ numPassedTests: held, numFailedTests: failed.length, numPendingTests: 0, testResults: [] }),
    )
  }
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1)
  print(
    `${held} rows held${failed.length > 0 ? `, ${failed.length} failed: ${failed.join(', ')}` : ''}; ${minutes} minutes`,
  )
  return failed.length > 0 ? FAILED : 0
}

function figuresOf({ seed, tally, tookMs, failure }: Outcome): string {
  const { fired, inFlight, inputs, outputs } = tally
  const figures = `seed ${seed}: fired ${fired}, in flight ${inFlight}, ${inputs} inputs and ${outputs} outputs compared, ${(tookMs / 1_000).toFixed(0)} s`
  return failure === null ? `${figures}: held` : `${figures}: FAILED\n${failure.stack}`
}

function record(row: Row, outcomes: readonly Outcome[], where: ReturnType<typeof standing>): void {
  const sum = (read: (outcome: Outcome) => number) => String(outcomes.reduce((total, one) => total + read(one), 0))
  const recorded = readPage()
  recorded.set(row.row, {
    seed: String(options.seed),
    runs: `${outcomes.length}${options.short === true || options.ci === true ? ' short' : ''}`,
    fired: sum(({ tally }) => tally.fired),
    inFlight: sum(({ tally }) => tally.inFlight),
    inputs: sum(({ tally }) => tally.inputs),
    outputs: sum(({ tally }) => tally.outputs),
    took: `${sum(({ tookMs }) => Math.round(tookMs / 1_000))} s`,
    ...where,
  })
  writePage(ROWS, recorded)
}

/** Whether docs/faults.md has every row, and of these `streams/`. */
function check(): number {
  const recorded = readPage()
  const missing = ROWS.filter(({ row }) => !recorded.has(row)).map(({ row }) => row)
  const tree = streamsTree()
  const older = ROWS.filter(({ row }) => recorded.has(row) && recorded.get(row)?.streams !== tree).map(({ row }) => row)
  if (missing.length > 0)
    print(
      `docs/faults.md has no ${missing.join(', ')}; run them: npm run chaos -- --record --rows ${missing.join(',')}`,
    )
  if (older.length > 0)
    print(`${options.closing ? '' : 'warning: '}${older.join(', ')} ran with another streams/ than ${tree}`)
  if (missing.length === 0 && older.length === 0) print(`docs/faults.md: ${ROWS.length} rows, all of this streams/`)
  return missing.length > 0 || (options.closing === true && older.length > 0) ? FAILED : 0
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
