import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** What the oracle said of a dump, and its exit code: 0 when everything agrees. */
export interface OracleVerdict {
  readonly code: number
  readonly text: string
}

/** PyPy where the machine has one, since it needs half of CPython's time for 100,000 payments. */
const PYTHON = spawnSync('pypy3', ['--version']).status === 0 ? 'pypy3' : 'python3'
const PROGRAM = join(import.meta.dirname, 'oracle.py')
/** Checks without items are allowed, but for the decisions themselves. */
const MAY_BE_EMPTY = ['--may-be-empty', 'all']
const VERDICT = /^exit (\d+)$/

/** Runs `oracle.py` over a dump. */
export async function runOracle(dump: string, ...more: readonly string[]): Promise<OracleVerdict> {
  try {
    const args = [PROGRAM, dump, ...MAY_BE_EMPTY, ...more]
    const { stdout } = await promisify(execFile)(PYTHON, args, { maxBuffer: 1 << 24 })
    return { code: 0, text: stdout }
  } catch (cause) {
    const { code, stdout, stderr } = cause as { code: number; stdout: string; stderr: string }
    return { code, text: `${stdout}${stderr}` }
  }
}

/** One `oracle.py` for several dumps, one at a time: PyPy compiles most of it for the first. */
export class OracleProcess {
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>
  private errors = ''

  constructor() {
    this.child = spawn(PYTHON, [PROGRAM, ...MAY_BE_EMPTY], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stderr?.on('data', (text: Buffer) => {
      this.errors += text
    })
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  }

  async verdictOn(dump: string): Promise<OracleVerdict> {
    this.child.stdin?.write(`${dump}\n`)
    let text = ''
    for (;;) {
      const { value: line, done } = await this.lines.next()
      if (done === true) throw new Error(`the oracle ended: ${text}${this.errors}`)
      const code = VERDICT.exec(line)?.[1]
      if (code !== undefined) return { code: Number(code), text: `${text}${this.errors}` }
      text += `${line}\n`
    }
  }

  close(): void {
    this.child.kill()
  }
}
