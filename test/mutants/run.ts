/**
 * `npm run mutants`: every patch of this folder breaks something that a test must notice. Each is applied alone in a
 * temporary work tree of git, must compile, and must make a test fail that names the clause or law of its head; a run without any patch
 * must be green. Exits 1 when a mutant survives or does not apply. `npm run mutants -- NAME...` runs some alone. `--ci` runs those that
 * the simulator must catch, without what is known when it is asked for: that they compile, and that the tree is green.
 *
 * A patch that no longer applies is refreshed by hand: make its change in the tree, put the output of `git diff -U2` below its
 * head, and take the change back.
 */
import { fileURLToPath } from 'node:url'
import { type Mutant, readMutants } from './mutant.ts'
import { WorkTree } from './work-tree.ts'

/** As many as the smallest machine has cores. */
const WORKERS = 2
const SIMULATOR = 'test/simulation/simulation.test.ts'

interface Verdict {
  readonly mutant: Mutant
  readonly caught: boolean
  readonly why: string
  readonly seconds: number
}

const project = fileURLToPath(new URL('../../', import.meta.url))
const isCi = process.argv.includes('--ci')
const wanted = process.argv.slice(2).filter((name) => name !== '--ci')
const all = readMutants(fileURLToPath(new URL('./', import.meta.url)))
const named = wanted.length === 0 ? all : all.filter(({ name }) => wanted.some((part) => name.includes(part)))
const mutants = isCi ? named.filter(({ tests }) => tests.includes(SIMULATOR)) : named
if (mutants.length === 0) fail(`no patch is named ${wanted.join(' or ')}`)

const queue = [...mutants]
const verdicts: Verdict[] = []
// One after the other: git locks its index.
const trees: WorkTree[] = []
try {
  while (trees.length < WORKERS) trees.push(await WorkTree.create(project))
  await Promise.all(trees.map((tree) => work(tree)))
  const survivors = verdicts.filter(({ caught }) => !caught)
  const [tree] = trees as [WorkTree, ...WorkTree[]]
  const green = isCi ? 'not asked' : await unpatched(tree)
  const told = new Set(['protocol', 'timing'])
  const protocol = mutants.filter(({ kind }) => told.has(kind)).length
  print(
    `${mutants.length} mutants, ${protocol} of protocol or timing: ${verdicts.length - survivors.length} caught, ${survivors.length} not; without a patch: ${green}`,
  )
  if (survivors.length > 0 || !(isCi || green === 'green')) process.exitCode = 1
} finally {
  for (const tree of trees) await tree.remove()
}

async function work(tree: WorkTree): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const startedMs = performance.now()
    const { caught, why } = await judge(tree, mutant)
    const verdict = { mutant, caught, why, seconds: (performance.now() - startedMs) / 1_000 }
    verdicts.push(verdict)
    print(line(verdict))
    await tree.reset()
  }
}

async function judge(tree: WorkTree, { path, laws, tests }: Mutant): Promise<Pick<Verdict, 'caught' | 'why'>> {
  const applied = await tree.apply(path)
  if (!applied.ok) return { caught: false, why: `does not apply, refresh it: ${firstLine(applied.text)}` }
  if (!isCi) {
    const compiled = await tree.compile()
    if (!compiled.ok) return { caught: false, why: `does not compile: ${firstLine(compiled.text)}` }
  }
  const { failed, trouble } = await tree.test(tests, true)
  if (trouble !== '') return { caught: false, why: `the tests did not run: ${firstLine(trouble)}` }
  const [first] = failed
  if (first === undefined) return { caught: false, why: `SURVIVES ${tests.join(' ')}` }
  const told = failed.find(({ text }) => laws.some((law) => text.includes(law)))
  if (told === undefined) return { caught: false, why: `caught, but not by ${laws.join(', ')}: ${first.title}` }
  return { caught: true, why: told.title }
}

/** What the tests of all mutants say of the tree as it is. */
async function unpatched(tree: WorkTree): Promise<string> {
  const compiled = await tree.compile()
  if (!compiled.ok) return `does not compile: ${firstLine(compiled.text)}`
  const { passed, failed, trouble } = await tree.test([...new Set(mutants.flatMap(({ tests }) => tests))], false)
  if (trouble !== '') return firstLine(trouble)
  if (failed.length > 0) return `${failed.length} tests fail, as ${failed[0]?.title}`
  return passed > 0 ? 'green' : 'no test ran'
}

function line({ mutant, caught, why, seconds }: Verdict): string {
  const verdict = caught ? 'caught  ' : 'MISSED  '
  return `${verdict} ${mutant.kind.padEnd(9)} ${mutant.name.padEnd(34)} ${seconds.toFixed(0).padStart(3)} s  ${why}`
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
