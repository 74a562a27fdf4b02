import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Config } from '../../platform/config.ts'

// The package is run from its sources, and published as JavaScript.
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../sluice.ts' : '../sluice.js', import.meta.url),
)
/** A simulator that has not flushed by then is ended; what it did not send nobody was promised. */
const STOP_WITHIN_MS = 5_000

/** `sluice simulate` in a process of its own, so that payments come from outside as they do in life. */
export class SimulatorProcess {
  private readonly child: ChildProcess
  private readonly exited: Promise<void>

  /** `onDied` is told when it ends without being asked to. */
  constructor(config: Config, onDied: (why: string) => void) {
    const { simulateScenario, simulateRate, simulateSeed, dataFolder } = config
    const args = ['--scenario', simulateScenario, '--rate', String(simulateRate), '--seed', simulateSeed]
    // The channel tells the child when this process is gone, however it went.
    this.child = spawn(process.execPath, [PROGRAM, 'simulate', ...args, '--data', dataFolder], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let complaint = ''
    this.child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2_000)
    })
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        if (!this.stopping) onDied(complaint.trim() || `it ended with ${signal ?? `exit code ${code}`}`)
        resolve()
      })
    })
  }

  private stopping = false

  /** Ends it; resolves when it has flushed what it sent. */
  async stop(): Promise<void> {
    this.stopping = true
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    if (this.child.connected) this.child.disconnect()
    const deadline = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS)
    await this.exited
    clearTimeout(deadline)
  }
}
