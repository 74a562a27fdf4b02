import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// The package is run from its sources, and published as JavaScript.
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../sluice.ts' : '../sluice.js', import.meta.url),
)

/** How a child ended without being asked to. */
export interface ChildEnd {
  /** What it said last, or how it ended. */
  readonly why: string
  /** True when it was killed or crashed, so that another may do better. */
  readonly crashed: boolean
}

/** Another command of this program in a process of its own, which ends with this one, however that goes. */
export class ChildProgram {
  private readonly child: ChildProcess
  private readonly exited: Promise<void>
  private stopping = false

  /** `onDied` is told when it ends without being asked to. */
  constructor(args: readonly string[], onDied: (end: ChildEnd) => void) {
    // The channel tells the child when this process is gone.
    this.child = spawn(process.execPath, [...process.execArgv, PROGRAM, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let complaint = ''
    this.child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2_000)
    })
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        const why = complaint.trim() || `it ended with ${signal ?? `exit code ${code}`}`
        if (!this.stopping) onDied({ why, crashed: signal !== null })
        resolve()
      })
    })
  }

  /** Asks it to end; resolves when it has. One that has not ended by then is ended. */
  async stop(withinMs: number): Promise<void> {
    this.stopping = true
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    if (this.child.connected) this.child.disconnect()
    const deadline = setTimeout(() => this.child.kill('SIGKILL'), withinMs)
    await this.exited
    clearTimeout(deadline)
  }
}
