import { fileURLToPath } from 'node:url'
import { freePorts } from '../../stack/ports.ts'
import { RunProcess } from '../eos/run-process.ts'
import { TcpProxy } from '../faults/tcp-proxy.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/sluice.ts', import.meta.url))

/** A process of the product that is killed and started again, always by the same command. */
export class Part {
  readonly name: string
  /** Its starts so far. */
  lives = 0
  private readonly args: readonly string[]
  private readonly env: Readonly<Record<string, string>>
  private readonly onLine: (line: string) => void
  private process: RunProcess | null = null
  private ready: PromiseWithResolvers<void> = Promise.withResolvers()

  /** It is ready when it prints a line that `isReady` takes. */
  constructor(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    { isReady, onLine }: { readonly isReady: RegExp; readonly onLine: (line: string) => void },
  ) {
    this.name = name
    this.args = args
    this.env = env
    this.onLine = (line) => {
      if (isReady.test(line)) this.ready.resolve()
      onLine(line)
    }
  }

  /** Resolves when it is ready. @throws Error with its complaints when it ends before. */
  async start(): Promise<void> {
    this.lives++
    const ready = Promise.withResolvers<void>()
    this.ready = ready
    const started = new RunProcess(PROGRAM, this.args, this.env, this.onLine)
    this.process = started
    void started.ended.then((end) => ready.reject(new Error(`${this.name} ended with ${end}: ${started.errors}`)))
    await ready.promise
  }

  /** kill -9. @throws Error when it had ended by itself. */
  async kill(): Promise<void> {
    const end = await this.process?.endBy('SIGKILL')
    if (end !== 'SIGKILL')
      throw new Error(`${this.name} ended with ${end} and not by the kill: ${this.process?.errors}`)
  }

  /** @throws Error when it does not end well. */
  async leave(): Promise<void> {
    const end = await this.process?.endBy('SIGTERM')
    if (end !== 0) throw new Error(`${this.name} ended with ${end}: ${this.process?.errors}`)
  }

  /** Whatever it does. */
  async remove(): Promise<void> {
    if (this.process?.running === true) await this.process.endBy('SIGKILL')
  }
}

/** An API behind a proxy that can cut its connections. */
export class Instance {
  readonly part: Part
  readonly proxy: TcpProxy

  private constructor(part: Part, proxy: TcpProxy) {
    this.part = part
    this.proxy = proxy
  }

  static async open(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    onLine: (line: string) => void,
  ): Promise<Instance> {
    const [port = 0] = await freePorts(1)
    const command = ['api', '--port', String(port), '--metrics-port', '0', ...args]
    const part = new Part(name, command, env, { isReady: /^sluice api: /, onLine })
    return new Instance(part, await TcpProxy.listen(port))
  }

  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`
  }

  /** Tells this life of the instance from those before. */
  get life(): string {
    return `${this.part.name}-${this.part.lives}`
  }

  isOwn = (life: string): boolean => life.startsWith(`${this.part.name}-`)

  async remove(): Promise<void> {
    await this.part.remove()
    await this.proxy.close()
  }
}
