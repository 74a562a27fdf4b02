import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Puts the figures of `bench/results` into docs/benchmarks.md, between its markers: `node bench/render.ts`. `npm run
 * bench` ends with it, so that what stands there is what was measured, with machine and commit.
 */
interface Result {
  readonly bench: string
  readonly at: string
  readonly commit: string
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memoryGib: number
    readonly node: string
    readonly kernel: string
  }
  readonly figures: readonly {
    readonly name: string
    readonly unit: string
    readonly median: number
    readonly min: number
    readonly max: number
    readonly atLeast?: number
    readonly atMost?: number
    readonly goal?: number
    readonly held: boolean | null
  }[]
}

const RESULTS = join(import.meta.dirname, 'results')
const DOCUMENT = join(import.meta.dirname, '../docs/benchmarks.md')
const BEGIN = '<!-- figures: written by bench/render.ts -->'
const END = '<!-- end of figures -->'

function number(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

function row({ name, unit, median, min, max, atLeast, atMost, goal, held }: Result['figures'][number]): string {
  const bar =
    atLeast !== undefined ? `at least ${number(atLeast)}` : atMost !== undefined ? `at most ${number(atMost)}` : ''
  const goalText = goal === undefined ? '' : number(goal)
  const verdict = held === null ? '' : held ? 'held' : '**missed**'
  const spread = min === max ? '' : `${number(min)} to ${number(max)}`
  return `| ${name} | ${number(median)} ${unit} | ${spread} | ${bar} | ${goalText} | ${verdict} |`
}

function section({ bench, at, commit, machine, figures }: Result): string {
  const { cpu, cores, memoryGib, node, kernel } = machine
  return [
    `### ${bench}`,
    '',
    `${at.slice(0, 10)}, commit ${commit}; ${cpu}, ${cores} cores, ${memoryGib} GiB, Node ${node}, kernel ${kernel}.`,
    '',
    '| Figure | Median | Spread | Bar | Goal | |',
    '| --- | ---: | ---: | ---: | ---: | --- |',
    ...figures.map(row),
    '',
  ].join('\n')
}

function profile(bench: string, title: string): string {
  const file = join(RESULTS, `${bench}-profile.txt`)
  if (!existsSync(file)) return ''
  return [`### ${title}`, '', '```text', readFileSync(file, 'utf8').trimEnd(), '```', ''].join('\n')
}

const names = existsSync(RESULTS) ? readdirSync(RESULTS).filter((name) => name.endsWith('.json')) : []
const results = names.map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as Result)
const profiles = [
  profile('chain', 'Where the time of the chain goes'),
  profile('kafka-throughput', 'Where the time of the tasks on Kafka goes'),
]
const figures = [...results.map(section), ...profiles].join('\n')
const document = readFileSync(DOCUMENT, 'utf8')
const [before, rest] = document.split(BEGIN)
const after = rest?.split(END)[1]
if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has lost its markers ${BEGIN} and ${END}`)
writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${figures}\n${END}${after}`)
