import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ChildLine, ChildRole } from './log-child.ts'

const CHILD = fileURLToPath(new URL('./log-child.ts', import.meta.url))

/** A child of `log-child.ts` and what it has told so far. */
export class LogChild {
  readonly process: ChildProcess
  readonly lines: ChildLine[] = []
  private readonly ended: Promise<number | null>
  private errors = ''
  private onLine: (() => void) | null = null

  /** `under` is a command that runs the child, such as strace with its arguments. */
  constructor(
    directory: string,
    role: ChildRole,
    args: readonly (string | number)[] = [],
    under: readonly string[] = [],
  ) {
    const [command = '', ...rest] = [...under, process.execPath, CHILD, directory, role, ...args.map(String)]
    this.process = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    const { stdout, stderr } = this.process
    if (stdout === null || stderr === null) throw new Error('the child has no pipes')
    stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString()
    })
    const reader = createInterface({ input: stdout })
    reader.on('line', (line) => {
      this.lines.push(JSON.parse(line) as ChildLine)
      this.onLine?.()
    })
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code) => {
        resolve(code)
        this.onLine?.()
      })
    })
  }

  /** Resolves once the child has told something that fits. Rejects when it ends before. */
  async told<K extends ChildLine['kind']>(kind: K, atLeast = 1): Promise<void> {
    while (this.of(kind).length < atLeast) {
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        await this.ended
        if (this.of(kind).length >= atLeast) return
        throw new Error(`the child ended before "${kind}": ${this.errors}`)
      }
      await new Promise<void>((resolve) => {
        this.onLine = resolve
      })
    }
  }

  of<K extends ChildLine['kind']>(kind: K): Extract<ChildLine, { kind: K }>[] {
    return this.lines.filter((line): line is Extract<ChildLine, { kind: K }> => line.kind === kind)
  }

  /** kill -9, and until nothing more comes. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended
  }

  /** Resolves when the child has ended by itself. Rejects when it ended badly. */
  async finished(): Promise<void> {
    const code = await this.ended
    if (code !== 0) throw new Error(`the child ended with ${code}: ${this.errors}`)
  }

  /** Resolves when the child has ended: false by itself, true when its damaged heap ended it. Rejects for any other end. */
  async finishedOrAborted(): Promise<boolean> {
    const code = await this.ended
    if (code === 0) return false
    // What the C library does not notice first ends in an address that is nobody's.
    if (this.process.signalCode === 'SIGSEGV') return true
    if (/corrupted|double free|free\(\): invalid|munmap_chunk|malloc/.test(this.errors)) return true
    throw new Error(`the child ended with ${code ?? this.process.signalCode}: ${this.errors}`)
  }
}
