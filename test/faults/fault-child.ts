import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { FeederLine, FeederOrder } from './feeder.ts'
import type { WorkerLine, WorkerOrder } from './worker.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
const FEEDER = fileURLToPath(new URL('./feeder.ts', import.meta.url))

/** Compiled sources are kept from child to child: a start takes half the time. */
const COMPILE_CACHE = join(tmpdir(), 'sluice-test-compile-cache')

/** How a child ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A child process of these tests and what it has told so far. */
export class FaultChild<Line extends { readonly kind: string }> {
  readonly process: ChildProcess
  readonly lines: Line[] = []
  /** Everything it wrote to stderr. */
  errors = ''
  readonly ended: Promise<Ended>
  private onChange: (() => void) | null = null
  private over = false

  constructor(command: readonly string[]) {
    const [program = '', ...args] = command
    this.process = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
    })
    const { stdout, stderr } = this.process
    if (stdout === null || stderr === null) throw new Error('the child has no pipes')
    stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString()
    })
    createInterface({ input: stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line)
      this.onChange?.()
    })
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        this.over = true
        resolve({ code, signal })
        this.onChange?.()
      })
    })
  }

  /** Resolves once the child has told so many lines of a kind. Rejects when it ends before. */
  async told(kind: Line['kind'], atLeast = 1): Promise<void> {
    while (this.of(kind).length < atLeast) {
      if (this.over) throw new Error(`the child ended before "${kind}" no. ${atLeast}: ${this.errors}`)
      await new Promise<void>((resolve) => {
        this.onChange = resolve
      })
    }
  }

  of<K extends Line['kind']>(kind: K): Extract<Line, { kind: K }>[] {
    return this.lines.filter((line): line is Extract<Line, { kind: K }> => line.kind === kind)
  }

  /** kill -9, and until nothing more comes. Rejects when the child had ended by itself. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    const { signal } = await this.ended
    if (signal !== 'SIGKILL') throw new Error(`the child had ended before it was killed: ${this.errors}`)
  }

  /** Resolves when the child has ended well. */
  async finished(): Promise<void> {
    const { code, signal } = await this.ended
    if (code !== 0) throw new Error(`the child ended with ${signal ?? code}: ${this.errors} ${this.said()}`)
  }

  /** Ends what is left of it. */
  async release(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.ended
  }

  private said(): string {
    return JSON.stringify(this.lines.slice(-3))
  }
}

/** `under` is a command that runs the child, such as strace with its arguments. */
export function startWorker(order: WorkerOrder, under: readonly string[] = []): FaultChild<WorkerLine> {
  return new FaultChild([...under, process.execPath, WORKER, JSON.stringify(order)])
}

export function startFeeder(order: FeederOrder, under: readonly string[] = []): FaultChild<FeederLine> {
  return new FaultChild([...under, process.execPath, FEEDER, JSON.stringify(order)])
}
