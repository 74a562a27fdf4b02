import { cached } from '../../stack/cache.ts'
import { partEnvironment } from '../../stack/part-environment.ts'
import { runProgram } from '../../stack/run-program.ts'

/** librdkafka's client, and what checks Ed25519 signatures. */
const PACKAGES = ['confluent-kafka==2.12.2', 'cryptography==46.0.3'] as const
const WITHIN_MS = 600_000

/** Runs a Python program that may import the packages; what it printed. @throws Error with its complaint when it does not end with 0. */
export async function runPython(script: string, args: readonly string[], input = ''): Promise<string> {
  const packages = await cached(`python-${PACKAGES.join('-')}`, async (folder) => {
    // Programs of a virtual environment know its path, so only the packages are kept.
    await succeeded(['-m', 'pip', 'install', '--quiet', '--target', folder, ...PACKAGES], '', {})
  })
  return succeeded([script, ...args], input, { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' })
}

async function succeeded(
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const options = { input, env: partEnvironment(env), withinMs: WITHIN_MS }
  const { exitCode, stdout, stderr } = await runProgram('python3', args, options)
  if (exitCode !== 0) throw new Error(`python3 ${args[0]} ended with ${exitCode}: ${stderr}${stdout}`)
  return stdout
}
