import { partEnvironment } from '../part-environment.ts'
import { Server } from '../server.ts'

export interface BrokerOptions {
  readonly id: number
  readonly address: string
  /** Java's arguments up to the class to run. */
  readonly java: readonly string[]
  readonly folder: string
  readonly propertiesFile: string
  readonly logFile: string
  readonly ask: () => Promise<void>
}

/** One broker, by its `node.id`. Paused or killed, it loses its leaders when its session ends (6 s). */
export class Broker extends Server {
  readonly id: number

  constructor({ id, address, java, folder, propertiesFile, logFile, ask }: BrokerOptions) {
    super({
      name: `Kafka broker ${id}`,
      address,
      program: 'java',
      args: [...java, 'kafka.Kafka', propertiesFile],
      folder,
      env: partEnvironment(),
      logFile,
      ask,
    })
    this.id = id
  }
}
