import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RunProcess } from './run-process.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/sluice.ts', import.meta.url))

/** One `sluice worker` on a machine of its own: its data folder is nobody else's. */
export class CrewWorker {
  readonly name: string
  /** Ends that nobody asked for, with last words. */
  readonly accidents: string[] = []
  /** What it owns now, by its own word. */
  partitions: readonly number[] = []
  private readonly folder: string
  private readonly env: Readonly<Record<string, string>>
  private readonly onChange: () => void
  private process: RunProcess | null = null
  private ending = false

  constructor(root: string, name: string, env: Readonly<Record<string, string>>, onChange: () => void) {
    this.name = name
    this.folder = join(root, 'machines', name)
    this.env = env
    this.onChange = onChange
  }

  get running(): boolean {
    return this.process?.running === true
  }

  /** The end of what the life before, or this one, complained of. */
  get errors(): string {
    return this.process?.errors ?? ''
  }

  start(): void {
    const env = { ...this.env, SLUICE_DATA: this.folder, SLUICE_WORKER_NAME: this.name, SLUICE_METRICS_PORT: '0' }
    const started = new RunProcess(PROGRAM, ['worker'], env, (line) => {
      const owned = /^partitions: (?:none|(\d+(?: \d+)*))$/.exec(line)
      if (owned !== null) this.owns(owned[1]?.split(' ').map(Number) ?? [])
    })
    this.process = started
    this.ending = false
    void started.ended.then((end) => {
      if (!this.ending) this.accidents.push(`${this.name} ended with ${end}: ${started.errors}`)
      if (this.process === started) this.owns([])
    })
  }

  /** kill -9; resolves when it is gone. @throws Error when it had ended by itself. */
  async kill(): Promise<void> {
    this.ending = true
    const end = await this.process?.endBy('SIGKILL')
    if (end !== 'SIGKILL') throw new Error(`${this.name} ended with ${end} and not by the kill: ${this.errors}`)
  }

  /** Ctrl-C: drains, writes checkpoints and leaves. @throws Error when it does not end well. */
  async leave(): Promise<void> {
    this.ending = true
    const end = await this.process?.endBy('SIGINT')
    if (end !== 0) throw new Error(`${this.name} ended with ${end} when it was asked to leave: ${this.errors}`)
  }

  /** The machine is lost with all that stood on it. */
  wipe(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  private owns(partitions: readonly number[]): void {
    this.partitions = partitions
    this.onChange()
  }
}

/** All workers of a run. */
export class Crew {
  readonly workers: CrewWorker[] = []
  private readonly root: string
  private readonly env: Readonly<Record<string, string>>
  private waiting: (() => void)[] = []

  constructor(root: string, env: Readonly<Record<string, string>>) {
    this.root = root
    this.env = env
  }

  add(name: string): CrewWorker {
    const worker = new CrewWorker(this.root, name, this.env, () => {
      for (const wake of this.waiting.splice(0)) wake()
    })
    this.workers.push(worker)
    worker.start()
    return worker
  }

  /** Resolves when `holds`, which is asked whenever partitions change. @throws Error naming what was waited for when it takes too long. */
  async until(what: string, withinMs: number, holds: () => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(withinMs)
    while (!holds()) {
      const changed = new Promise<void>((resolve) => {
        this.waiting.push(resolve)
        deadline.addEventListener('abort', () => resolve(), { once: true })
      })
      await changed
      if (deadline.aborted && !holds()) throw new Error(`${what} took over ${withinMs / 1_000} s; ${this.situation()}`)
    }
  }

  /** Whether the workers that run own so many partitions, each once. */
  ownEach(partitions: number): boolean {
    const owned = this.workers.filter(({ running }) => running).flatMap((worker) => worker.partitions)
    return owned.length === partitions && new Set(owned).size === partitions
  }

  /** For messages. */
  situation(): string {
    return this.workers
      .map(({ name, running, partitions, errors }) => {
        return `${name} ${running ? `owns ${partitions.join(' ') || 'none'}` : 'is down'}${errors && `, said ${errors.slice(-1_000)}`}`
      })
      .join('; ')
  }
}
