import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { nodeOptions } from '../bin/launch.js'

/** Runs of each figure whose median counts. */
export const RUNS = 3

/** Short mode, for trying a bench out: sizes are small, one run, no bar is held against it and nothing is written. */
export const IS_SHORT: boolean = process.env['SLUICE_BENCH_SHORT'] === '1'

/** The full size, or the one of short mode. */
export function size(full: number, short: number): number {
  return IS_SHORT ? short : full
}

/** What a figure is held against; `atLeast` or `atMost` says which side is good. */
export interface Bar {
  readonly atLeast?: number
  readonly atMost?: number
  /** Where we want to be; printed, never held against a run. */
  readonly goal?: number
}

interface Figure extends Bar {
  readonly name: string
  readonly unit: string
  readonly median: number
  readonly min: number
  readonly max: number
  readonly runs: readonly number[]
  /** Null without a bar. */
  readonly held: boolean | null
}

/**
 * The figures of one bench: each is printed with bar, goal and spread as soon as it is known; `finish` writes them to
 * `bench/results/<name>.json` with machine and commit, and sets the exit code to 1 if one missed its bar.
 */
export class Report {
  private readonly name: string
  private readonly figures: Figure[] = []
  private readonly notes: Record<string, unknown> = {}
  private broken = false

  constructor(name: string, title: string) {
    this.name = name
    const { cpu, cores, node } = machine()
    process.stdout.write(
      `\n${title}\n${cpu}, ${cores} cores, Node ${node}${IS_SHORT ? ', SHORT: no figure counts' : ''}\n`,
    )
  }

  /** Adds the median of `runs`. */
  figure(name: string, unit: string, runs: readonly number[], bar: Bar = {}): void {
    const sorted = [...runs].sort((a, b) => a - b)
    const median = sorted[sorted.length >> 1] ?? Number.NaN
    const { atLeast, atMost } = bar
    const held =
      atLeast === undefined && atMost === undefined
        ? null
        : median >= (atLeast ?? Number.NEGATIVE_INFINITY) && median <= (atMost ?? Number.POSITIVE_INFINITY)
    const figure = { name, unit, median, min: sorted[0] ?? median, max: sorted.at(-1) ?? median, runs, held, ...bar }
    this.figures.push(figure)
    process.stdout.write(`${render(figure)}\n`)
  }

  /** Keeps something beside the figures, such as a profile; not printed. */
  note(name: string, value: unknown): void {
    this.notes[name] = value
  }

  /** Demands something that is no figure: outputs equal, nothing lost. A false one fails the bench, in short mode too. */
  require(what: string, holds: boolean): void {
    process.stdout.write(`  ${what}: ${holds ? 'yes' : 'NO'}\n`)
    if (!holds) this.broken = true
    this.note(what, holds)
  }

  finish(): void {
    const missed = this.figures.filter(({ held }) => held === false)
    if (!IS_SHORT) {
      const folder = join(import.meta.dirname, 'results')
      mkdirSync(folder, { recursive: true })
      const { name, figures, notes } = this
      const result = { bench: name, at: new Date().toISOString(), commit: commit(), machine: machine(), figures, notes }
      writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
    }
    if (this.broken || (missed.length > 0 && !IS_SHORT)) process.exitCode = 1
  }
}

/** A progress line; stderr, so that figures can be piped. */
export function progress(text: string): void {
  process.stderr.write(`  ... ${text}\n`)
}

/** Starts `file` in a process of its own, with nothing else in it, as `npx sluice` starts a process. */
export function child(file: string, args: readonly string[], execArgv: readonly string[] = []): ChildProcess {
  return fork(join(import.meta.dirname, file), [...args], { execArgv: [...nodeOptions(), ...execArgv] })
}

/** Runs `file` in a process of its own and resolves with the one message that it sends. */
export async function inChild<T>(file: string, args: readonly string[], execArgv: readonly string[] = []): Promise<T> {
  const started = child(file, args, execArgv)
  const answer = messageOf<T>(started, `${file} ${args.join(' ')}`)
  const ended = new Promise((resolve) => started.once('exit', resolve))
  const said = await answer
  await ended
  return said
}

/** One figure of one run, as a child sends it. */
export interface Measured {
  readonly name: string
  readonly unit: string
  readonly value: number
}

/** Runs the bench's own `file` with the argument `run` in a process of its own, three times, and reports each figure's median. */
export async function reportRuns(
  report: Report,
  file: string,
  bars: Readonly<Record<string, Bar>>,
  args: readonly string[] = [],
): Promise<void> {
  const values = new Map<string, { readonly unit: string; readonly runs: number[] }>()
  for (let run = 0; run < size(RUNS, 1); run++) {
    for (const { name, unit, value } of await inChild<Measured[]>(file, ['run', ...args])) {
      const known = values.get(name) ?? { unit, runs: [] }
      values.set(name, known)
      known.runs.push(value)
    }
    progress(`run ${run + 1}`)
  }
  for (const name of Object.keys(bars)) {
    if (!values.has(name)) throw new Error(`a bar for ${name}, which was not measured`)
  }
  for (const [name, { unit, runs }] of values) report.figure(name, unit, runs, bars[name])
}

/** What the child of `reportRuns` ends with. */
export function sendMeasured(measured: readonly Measured[]): void {
  process.send?.(measured, () => process.disconnect())
}

/** The next message of a child. Rejects when it ends without one. */
export function messageOf<T>(from: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`${what} ended with ${code} and said nothing`))
    from.once('exit', ended)
    from.once('message', (message) => {
      from.off('exit', ended)
      resolve(message as T)
    })
  })
}

function render({ name, unit, median, min, max, held, atLeast, atMost, goal, runs }: Figure): string {
  const figure = `${name.padEnd(56)} ${number(median).padStart(10)} ${unit}`
  const spread = runs.length > 1 ? ` (${number(min)} to ${number(max)})` : ''
  const bar = atLeast ?? atMost
  const goalText = goal === undefined ? '' : `, goal ${number(goal)}`
  if (bar === undefined) return figure + spread + goalText
  return `${figure}${spread}  bar ${atLeast === undefined ? 'at most' : 'at least'} ${number(bar)}${goalText}: ${held ? 'held' : 'MISSED'}`
}

function number(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown CPU',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kernel: release(),
  }
}

/** The commit that is checked out; `+changes` when files differ from it. */
function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--untracked-files=no', '--', ':/', ':!/bench/results')
  return `${git('rev-parse', '--short=12', 'HEAD')}${changed === '' ? '' : '+changes'}`
}
