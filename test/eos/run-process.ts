import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { partEnvironment } from '../../stack/part-environment.ts'

const ERRORS_KEPT = 20_000

/** A Node process of a run, which ends with it, however that ends. Compiled sources are kept from process to process. */
export class RunProcess {
  /** The end of what it wrote to stderr. */
  errors = ''
  readonly ended: Promise<number | NodeJS.Signals>
  private readonly child: ChildProcess
  private end: number | NodeJS.Signals | null = null

  /** `onLine` is told each line of standard output as it comes. */
  constructor(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    onLine: (line: string) => void,
  ) {
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, program, ...args], {
      env: partEnvironment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { stdout, stderr } = this.child
    if (stdout === null || stderr === null) throw new Error('the process has no pipes')
    createInterface({ input: stdout }).on('line', onLine)
    stderr.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-ERRORS_KEPT)
    })
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.end = signal ?? code ?? -1
        resolve(this.end)
      })
    })
  }

  get running(): boolean {
    return this.end === null
  }

  /** Sends the signal, and resolves with how it ended. @throws Error when it had ended before. */
  async endBy(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (!this.running) throw new Error(`it had ended with ${this.end} before ${signal}: ${this.errors}`)
    this.child.kill(signal)
    return this.ended
  }
}
