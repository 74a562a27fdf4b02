import { execFile } from 'node:child_process'

/** How a program ended, with what it said. */
export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  readonly folder?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What it reads on standard input; nothing by default. */
  readonly input?: string
  /** It is killed after that; 120 s by default. */
  readonly withinMs?: number
}

const OUTPUT_BYTES_MAX = 64 << 20

/** Runs a program to its end and hands back all it said. Rejects only when it cannot be started. */
export function runProgram(
  program: string,
  args: readonly string[],
  { folder, env, input = '', withinMs = 120_000 }: ProgramOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = {
      ...(folder !== undefined && { cwd: folder }),
      ...(env !== undefined && { env }),
      timeout: withinMs,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_BYTES_MAX,
    } as const
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ exitCode: 0, stdout, stderr })
      const { code } = error as { code?: number | string }
      if (code === 'ENOENT') return reject(error)
      resolve({ exitCode: typeof code === 'number' ? code : -1, stdout, stderr: stderr || error.message })
    })
    child.stdin?.on('error', () => {}) // It may end before it has read all; its exit code tells.
    child.stdin?.end(input)
  })
}
