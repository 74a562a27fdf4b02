import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/sluice.ts', import.meta.url))
/** Compiled sources are kept from start to start. */
const COMPILE_CACHE = join(tmpdir(), 'sluice-test-compile-cache')

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | null
  /** A command that runs the program, such as strace with its arguments. */
  readonly under?: readonly string[]
}

/** The program in a process of its own, as a user starts it without a terminal. It ends with the process that started it. */
export class StartedSluice {
  stdout = ''
  stderr = ''
  readonly args: readonly string[]
  readonly child: ChildProcess
  /** Resolves with the exit code when the process has ended and said everything. */
  readonly ended: Promise<number | null>
  private over = false

  constructor(args: readonly string[], { env = {}, input = null, under = [] }: StartOptions = {}) {
    this.args = args
    const { PATH = '', HOME = '' } = process.env
    const command = ['--pdeathsig', 'KILL', '--', ...under, process.execPath, PROGRAM, ...args]
    this.child = spawn('setpriv', command, {
      env: { PATH, HOME, NODE_COMPILE_CACHE: COMPILE_CACHE, SLUICE_BOARD_PORT: '0', ...env },
    })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk
    })
    this.child.stdin?.on('error', () => {}) // A program that ended at once reads no input.
    this.child.stdin?.end(input ?? undefined)
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        this.over = true
        resolve(code)
      })
    })
  }

  /** True until it has ended and said everything. */
  get running(): boolean {
    return !this.over
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Resolves when standard output has something that fits; rejects when the process ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(pattern, () => this.stdout)
  }

  /** The same of standard error. */
  complains(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(pattern, () => this.stderr)
  }

  private async until(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(text())
      if (match !== null) return match
      if (this.over) throw new Error(`ended without ${pattern}; said ${this.stdout}\n${this.stderr}`)
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.child.stdout?.off('data', wake)
          this.child.stderr?.off('data', wake)
          this.child.off('close', wake)
          resolve()
        }
        this.child.stdout?.on('data', wake)
        this.child.stderr?.on('data', wake)
        this.child.on('close', wake)
      })
    }
  }
}
