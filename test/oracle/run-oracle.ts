import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What the oracle said of a dump, and its exit code: 0 when everything agrees. */
export interface OracleVerdict {
  readonly code: number
  readonly text: string
}

/** PyPy where the machine has one, since it needs half of CPython's time for 100,000 payments. */
const PYTHON = spawnSync('pypy3', ['--version']).status === 0 ? 'pypy3' : 'python3'

/** Runs `oracle.py` over a dump; checks without items are allowed, but for the decisions themselves. */
export async function runOracle(dump: string, ...more: readonly string[]): Promise<OracleVerdict> {
  const program = join(import.meta.dirname, 'oracle.py')
  try {
    const args = [program, dump, '--may-be-empty', 'all', ...more]
    const { stdout } = await promisify(execFile)(PYTHON, args, { maxBuffer: 1 << 24 })
    return { code: 0, text: stdout }
  } catch (cause) {
    const { code, stdout, stderr } = cause as { code: number; stdout: string; stderr: string }
    return { code, text: `${stdout}${stderr}` }
  }
}
