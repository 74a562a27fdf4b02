import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

export interface ProcessOptions {
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Standard output and error are appended here. */
  readonly logFile: string
}

/** A part that has not ended by itself by then is killed. */
const STOP_WITHIN_MS = 20_000
/** Lines of its log that an error shows. */
const LOG_LINES_SHOWN = 12

/**
 * One process of a part.
 *
 * It ends with the process that started it, even when that is killed with kill -9: `setpriv --pdeathsig` has the kernel
 * send it SIGKILL at that moment, and then becomes the program, so that there is no watchdog that could die first, and the
 * pid is the program's own. The kernel watches the thread that started it, so parts are started from the main thread.
 */
export class PartProcess {
  readonly logFile: string
  /** Resolves when the process has ended, with how. Never rejects. */
  readonly ended: Promise<string>
  private readonly child: ChildProcess
  private endedAs: string | null = null

  constructor(program: string, args: readonly string[], { folder, env, logFile }: ProcessOptions) {
    this.logFile = logFile
    const log = openSync(logFile, 'a')
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.endedAs = how
        resolve(how)
      }
      this.child.once('error', (error) => end(`could not be started: ${error.message}`))
      this.child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`))
    })
  }

  /** The program's process id, -1 when it could not be started. */
  get pid(): number {
    return this.child.pid ?? -1
  }

  /** How the process ended, null while it runs. */
  get end(): string | null {
    return this.endedAs
  }

  /** Stops it where it stands; its sockets stay open and answer nothing. */
  pause(): void {
    this.child.kill('SIGSTOP')
  }

  resume(): void {
    this.child.kill('SIGCONT')
  }

  /** kill -9; resolves when it has ended. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }

  /** Asks it to end, and kills it when it does not; resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.endedAs !== null) return
    this.child.kill('SIGTERM')
    this.resume() // A paused process would never read the signal.
    const deadline = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS)
    await this.ended
    clearTimeout(deadline)
  }

  /** The end of its log, for messages. */
  lastWords(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n')
    return [`the end of ${this.logFile}:`, ...lines.slice(-LOG_LINES_SHOWN)].join('\n  ')
  }
}
