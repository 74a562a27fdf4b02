import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { PartError } from '../part-error.ts'
import { requirePrograms } from '../programs.ts'
import { runProgram } from '../run-program.ts'

/** Everything that is installed, each version exact. */
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const EXTENSION = 'spatial.duckdb_extension'
const INSTALL_WITHIN_MS = 600_000

/** A Python that has bqemulator, and a home folder with the DuckDB extension that it does not start without. */
export interface BigQueryDistribution {
  readonly python: string
  readonly home: string
}

/** bqemulator in a virtual environment of its own; installed at the first call. */
export async function bigQueryDistribution(): Promise<BigQueryDistribution> {
  requirePrograms('BigQuery’s endpoint', ['python3', 'setpriv'])
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
  const folder = await cached(`bqemulator-${digest}`, install)
  return { python: join(folder, 'bin', 'python'), home: join(folder, 'home') }
}

async function install(folder: string): Promise<void> {
  await run('python3', ['-m', 'venv', folder], 'make a virtual environment (apt-get install python3-venv)')
  const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '--requirement', REQUIREMENTS]
  await run(join(folder, 'bin', 'python'), pip, 'install bqemulator')
  copyExtension(join(folder, 'lib'), join(folder, 'home'))
}

/** DuckDB looks for its extension by version and platform under the home folder; the wheel has it elsewhere. */
function copyExtension(library: string, home: string): void {
  const found = readdirSync(library, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(EXTENSION))
  const version = found?.split('/').at(-2)
  if (found === undefined || version === undefined) throw new PartError(`the wheels hold no ${EXTENSION}`)
  const platform = process.arch === 'arm64' ? 'linux_arm64' : 'linux_amd64'
  const folder = join(home, '.duckdb', 'extensions', version, platform)
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(library, found), join(folder, EXTENSION))
}

async function run(program: string, args: readonly string[], purpose: string): Promise<void> {
  const { exitCode, stdout, stderr } = await runProgram(program, args, { withinMs: INSTALL_WITHIN_MS })
  if (exitCode !== 0) throw new PartError(`${program} cannot ${purpose}: ${(stdout + stderr).trim()}`)
}
