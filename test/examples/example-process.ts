import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** An example in a process of its own. Its standard input stays open, as a terminal's does. */
export class ExampleProcess {
  readonly lines: string[] = []
  private readonly child: ChildProcess
  private readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  private errors = ''
  private over = false
  private onChange: () => void = () => {}

  constructor([program = '', ...args]: readonly string[], cwd: string) {
    this.child = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdout, stderr } = this.child
    if (stdout === null || stderr === null) throw new Error('the example has no pipes')
    stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk
    })
    createInterface({ input: stdout }).on('line', (line) => {
      this.lines.push(line)
      this.onChange()
    })
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.over = true
        resolve({ code, signal })
        this.onChange()
      })
    })
    onTestFinished(() => {
      this.child.kill('SIGKILL')
    })
  }

  /** Types a line. */
  type(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  /** Resolves once it has printed so many lines. Rejects when it ends before. */
  async printed(atLeast: number): Promise<void> {
    while (this.lines.length < atLeast) {
      if (this.over) throw new Error(`the example ended after ${this.lines.length} lines: ${this.errors}`)
      await new Promise<void>((resolve) => {
        this.onChange = resolve
      })
    }
  }

  /** Sends a signal to a process that must still run, and waits for its end. Answers the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<NodeJS.Signals | null> {
    if (this.over || !this.child.kill(signal)) throw new Error(`the example had ended before ${signal}: ${this.errors}`)
    return (await this.ended).signal
  }
}
