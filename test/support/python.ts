import { cached } from '../../stack/cache.ts'
import { partEnvironment } from '../../stack/part-environment.ts'
import { type Outcome, runProgram } from '../../stack/run-program.ts'

/** librdkafka's client, and what checks Ed25519 signatures. */
const PACKAGES = ['confluent-kafka==2.12.2', 'cryptography==46.0.3'] as const
const WITHIN_MS = 600_000

/** Runs a Python program that may import the packages; what it printed. @throws Error with its complaint when it does not end with 0. */
export async function runPython(script: string, args: readonly string[], input = ''): Promise<string> {
  const packages = await pythonPackages(`python-${PACKAGES.join('-')}`, PACKAGES)
  return succeeded(await python([script, ...args], { PYTHONPATH: packages }, { input }), script)
}

/** A folder for PYTHONPATH with those packages, installed when it is not there. */
export function pythonPackages(name: string, pinned: readonly string[]): Promise<string> {
  return cached(name, async (folder) => {
    // Programs of a virtual environment know its path, so only the packages are kept.
    const args = ['-m', 'pip', 'install', '--quiet', '--target', folder, ...pinned]
    succeeded(await python(args, {}), 'pip')
  })
}

/** Runs Python as it is, whatever it ends with; what it leaves, it leaves in `folder`. */
export function python(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { input = '', folder = '.' }: { readonly input?: string; readonly folder?: string } = {},
): Promise<Outcome> {
  const more = { PYTHONDONTWRITEBYTECODE: '1', ...env }
  return runProgram('python3', args, { input, folder, env: partEnvironment(more), withinMs: WITHIN_MS })
}

function succeeded({ exitCode, stdout, stderr }: Outcome, what: string): string {
  if (exitCode !== 0) throw new Error(`python3 ${what} ended with ${exitCode}: ${stderr}${stdout}`)
  return stdout
}
