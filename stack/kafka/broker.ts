import { partEnvironment } from '../part-environment.ts'
import { PartProcess } from '../part-process.ts'
import { untilReady } from '../ready.ts'
import { BROKER_JVM } from './distribution.ts'

export interface BrokerOptions {
  readonly id: number
  /** `host:port` for clients. */
  readonly address: string
  readonly classPath: string
  readonly folder: string
  readonly propertiesFile: string
  readonly logFile: string
  /** A real request; it is answered once this broker serves clients and its cluster knows it. */
  readonly ask: () => Promise<void>
}

const READY_WITHIN_MS = 120_000

/** One broker, and what can happen to it. */
export class Broker {
  readonly id: number
  readonly address: string
  private readonly options: BrokerOptions
  private process: PartProcess

  /** Starts the process; `ready` tells when it serves. */
  constructor(options: BrokerOptions) {
    this.id = options.id
    this.address = options.address
    this.options = options
    this.process = launch(options)
  }

  get pid(): number {
    return this.process.pid
  }

  ready(): Promise<void> {
    return untilReady(`Kafka broker ${this.id}`, [this.process], this.options.ask, READY_WITHIN_MS)
  }

  /** Stops it where it stands (SIGSTOP): connections stay open, nothing is answered, its session with the controller ends. */
  pause(): void {
    this.process.pause()
  }

  resume(): void {
    this.process.resume()
  }

  /** kill -9; resolves when it is gone. Its log folder stays. */
  kill(): Promise<void> {
    return this.process.kill()
  }

  /** An orderly end: it hands over its leaders first. */
  stop(): Promise<void> {
    return this.process.stop()
  }

  /** Starts it again on the same ports and log folder, ending it before where it still runs; resolves when it serves. */
  async restart(): Promise<void> {
    await this.process.stop()
    this.process = launch(this.options)
    await this.ready()
  }
}

function launch({ classPath, folder, propertiesFile, logFile }: BrokerOptions): PartProcess {
  const args = [...BROKER_JVM, '-cp', classPath, 'kafka.Kafka', propertiesFile]
  return new PartProcess('java', args, { folder, env: partEnvironment(), logFile })
}
