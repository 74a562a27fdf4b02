import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
/** How loosely a patch may fit: lines may have moved, and one line of context is enough. */
export const FITTING: readonly string[] = ['-C1', '--recount', '--whitespace=nowarn']
/** A mutant that makes a test run for ever is ended then. */
const RUN_MS_MAX = 600_000
const OUTPUT_BYTES_MAX = 64 << 20
/** As many as the suite runs: which of them finds a fault moves with every change of the code. */
const SEEDS = '200'

export interface Outcome {
  readonly ok: boolean
  readonly text: string
}

/** A test as vitest reports it. */
interface ReportedTest {
  readonly fullName: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

/** A failed test: its title, and all that it said. */
export interface FailedTest {
  readonly title: string
  readonly text: string
}

export interface TestRun {
  readonly passed: number
  readonly failed: readonly FailedTest[]
  /** What went wrong besides the tests: a file that could not be loaded or set up, a run that was ended. Empty when nothing did. */
  readonly trouble: string
}

/** The tree as it stands now (tracked files), in a temporary folder of its own. */
export class WorkTree {
  readonly #project: string
  readonly #path: string

  private constructor(project: string, path: string) {
    this.#project = project
    this.#path = path
  }

  static async create(project: string): Promise<WorkTree> {
    const { stdout } = await execute('git', ['stash', 'create'], { cwd: project })
    const path = join(mkdtempSync(join(tmpdir(), 'sluice-mutant-')), 'tree')
    await execute('git', ['worktree', 'add', '--detach', path, stdout.trim() || 'HEAD'], { cwd: project })
    symlinkSync(join(project, 'node_modules'), join(path, 'node_modules'))
    return new WorkTree(project, path)
  }

  /** Applies a patch, one line of context being enough; nothing is changed when it does not fit. */
  apply(patch: string): Promise<Outcome> {
    return this.#run('git', ['apply', ...FITTING, patch])
  }

  /** As before any patch. */
  async reset(): Promise<void> {
    await execute('git', ['checkout', '--quiet', '--', '.'], { cwd: this.#path })
  }

  compile(): Promise<Outcome> {
    const state = join(this.#path, '..', 'tsc.json')
    const program = join(this.#project, 'node_modules/.bin/tsc')
    return this.#run(program, ['--noEmit', '--incremental', '--tsBuildInfoFile', state, '-p', '.'])
  }

  /** Runs the test files, to the first failure when `bail` is set. */
  async test(files: readonly string[], bail: boolean): Promise<TestRun> {
    // Where vitest.config.ts has it written.
    const report = join(this.#path, 'test-report.json')
    rmSync(report, { force: true })
    const program = join(this.#project, 'node_modules/vitest/vitest.mjs')
    const flags = ['--maxWorkers=1', ...(bail ? ['--bail=1'] : [])]
    const { text } = await this.#run(process.execPath, [program, 'run', ...flags, ...files])
    return readReport(report, text)
  }

  async remove(): Promise<void> {
    await execute('git', ['worktree', 'remove', '--force', this.#path], { cwd: this.#project })
    rmSync(join(this.#path, '..'), { recursive: true, force: true })
  }

  async #run(program: string, args: readonly string[]): Promise<Outcome> {
    const settings = { timeout: RUN_MS_MAX, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const
    const env = { ...process.env, SLUICE_SIM_SEEDS: SEEDS }
    try {
      const { stdout, stderr } = await execute(program, args, { cwd: this.#path, env, ...settings })
      return { ok: true, text: stdout + stderr }
    } catch (error) {
      const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string }
      return { ok: false, text: `${stdout ?? ''}${stderr ?? ''}` || message }
    }
  }
}

function readReport(path: string, output: string): TestRun {
  let files: readonly { readonly assertionResults: readonly ReportedTest[]; readonly message: string }[]
  try {
    files = JSON.parse(readFileSync(path, 'utf8')).testResults
  } catch {
    return { passed: 0, failed: [], trouble: `no report: ${output.slice(-500)}` }
  }
  const tests = files.flatMap(({ assertionResults }) => assertionResults)
  // A hook that fails, as a `beforeAll` whose broker does not start, fails no test: those behind it are skipped, and only the file tells.
  const broken = files.filter(
    ({ assertionResults, message }) => message !== '' && !assertionResults.some(({ status }) => status === 'failed'),
  )
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => ({
        title: fullName.trim(),
        text: [fullName, ...failureMessages].join('\n'),
      })),
    trouble: broken.map(({ message }) => message).join('\n'),
  }
}
