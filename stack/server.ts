import { getPriority, setPriority } from 'node:os'
import { PartProcess } from './part-process.ts'
import { untilAnswered } from './ready.ts'

export interface ServerOptions {
  /** What messages call it. */
  readonly name: string
  /** `host:port` that clients use. */
  readonly address: string
  readonly program: string
  readonly args: readonly string[]
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  /** As `nice` counts; that of who starts it when not given, or when that is higher. */
  readonly nice?: number
  /** A real request; rejects until the server answers it as it should. */
  readonly ask: () => Promise<void>
}

const READY_WITHIN_MS = 240_000

/** One process that serves clients, and what can happen to it. */
export class Server {
  readonly name: string
  readonly address: string
  private readonly options: ServerOptions
  private process: PartProcess

  /** Starts the process; `ready` tells when it serves. */
  constructor(options: ServerOptions) {
    this.name = options.name
    this.address = options.address
    this.options = options
    this.process = launch(options)
  }

  get pid(): number {
    return this.process.pid
  }

  /** Resolves when its process as it is now has ended, with how. */
  get ended(): Promise<string> {
    return this.process.ended
  }

  /** Resolves when it answers. @throws PartError when it ends before, or does not within four minutes, which only a machine with far too much to do needs. */
  ready(): Promise<void> {
    const { process } = this
    const whyNever = () => process.end && `ended before it was ready (${process.end}); ${process.lastWords()}`
    return untilAnswered(this.name, this.options.ask, READY_WITHIN_MS, whyNever)
  }

  /** Stops it where it stands (SIGSTOP): its connections stay open and nothing is answered. */
  pause(): void {
    this.process.pause()
  }

  resume(): void {
    this.process.resume()
  }

  /** kill -9; resolves when it is gone. Its data stay. */
  kill(): Promise<void> {
    return this.process.kill()
  }

  /** Asks it to end in its own way; resolves when it has. Its data stay. */
  stop(): Promise<void> {
    return this.process.stop()
  }

  /** Starts it again on the same port and data, ending it before where it still runs; resolves when it answers. */
  async restart(): Promise<void> {
    await this.process.stop()
    this.process = launch(this.options)
    await this.ready()
  }
}

function launch({ program, args, folder, env, logFile, nice }: ServerOptions): PartProcess {
  const process = new PartProcess(program, args, { folder, env, logFile })
  if (nice !== undefined && process.pid > 0) setPriority(process.pid, Math.max(nice, getPriority()))
  return process
}
