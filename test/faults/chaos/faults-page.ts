import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Row } from './row.ts'

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGE = `${PROJECT}docs/faults.md`

/** The figures of one row as the page has them. */
export interface Recorded {
  readonly seed: string
  readonly runs: string
  readonly fired: string
  readonly inFlight: string
  readonly inputs: string
  readonly outputs: string
  readonly took: string
  readonly commit: string
  /** Hash of the tree of `streams/` that was run. */
  readonly streams: string
}

const FIGURES = ['seed', 'runs', 'fired', 'inFlight', 'inputs', 'outputs', 'took', 'commit', 'streams'] as const
const COLUMNS = [
  'row',
  'what is done',
  'what must hold',
  'seed',
  'runs',
  'fired',
  'in flight',
  'inputs',
  'outputs',
  'took',
  'commit',
  'streams',
]

const HEAD = `# Faults

Each row is done to workers on real brokers, as users start them. Afterwards \`sluice verify --kafka\` recomputes every partition, and a
second look counts the dispositions that each input offset has for a reader at read_committed: one, whatever happened.
State is a fold of the input ([ADR 0002](adr/0002-state-is-a-fold-of-the-input-log.md)), so where others say changelog, this says input
and checkpoint.

\`npm run chaos\` runs all rows and writes this page; \`npm run chaos -- --row F14 --seed 42\` runs one. A run in which the fault did not
strike, nothing was in flight or nothing was compared fails. *fired* is how often the fault struck, *in flight* how many input
records had no committed disposition at those moments, *inputs* and *outputs* what was held against the recomputation, *streams*
the tree of \`streams/\` that was run (\`git rev-parse HEAD:streams\`).

`

/** The recorded figures by row; empty when there is no page. */
export function readPage(): Map<string, Recorded> {
  const recorded = new Map<string, Recorded>()
  if (!existsSync(PAGE)) return recorded
  for (const line of readFileSync(PAGE, 'utf8').split('\n')) {
    const [row, , , ...figures] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    if (row === undefined || !/^F\d+$/.test(row) || figures.length !== FIGURES.length) continue
    recorded.set(row, Object.fromEntries(FIGURES.map((name, i) => [name, figures[i]])) as unknown as Recorded)
  }
  return recorded
}

/** Writes the rows that have figures, in the order of the matrix. */
export function writePage(rows: readonly Row[], recorded: ReadonlyMap<string, Recorded>): void {
  const lines = rows.flatMap(({ row, title, expectation }) => {
    const figures = recorded.get(row)
    return figures === undefined ? [] : [line([row, title, expectation, ...FIGURES.map((name) => figures[name])])]
  })
  writeFileSync(PAGE, `${HEAD}${line(COLUMNS)}\n${line(COLUMNS.map(() => '---'))}\n${lines.join('\n')}\n`)
}

/** The commit and the tree of `streams/` that stand in the work tree. @throws when `streams/` has uncommitted changes. */
export function standing(): Pick<Recorded, 'commit' | 'streams'> {
  const changed = git('status', '--porcelain', '--', 'streams')
  if (changed !== '') throw new Error(`streams/ has changes that are not committed; nothing is recorded:\n${changed}`)
  return { commit: git('rev-parse', '--short=10', 'HEAD'), streams: git('rev-parse', '--short=12', 'HEAD:streams') }
}

/** The tree of `streams/` of HEAD. */
export function streamsTree(): string {
  return git('rev-parse', '--short=12', 'HEAD:streams')
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8' }).trim()
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
