import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { child, messageOf } from './harness.ts'
import { type FeederDone, type FeederPlan, monotonicMs } from './load-feeder.ts'
import type { PipelineAsked, PipelineSays, PipelineState } from './load-pipeline.ts'

const POLL_MS = 20

/** Runs `work` with a new data folder's path, and removes the folder. */
export async function withDataFolder<T>(work: (data: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  try {
    return await work(join(directory, 'data'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** A pipeline in a process of its own (see `load-pipeline.ts`). */
export class PipelineProcess {
  readonly startedMs: number = monotonicMs()
  /** When every task had restored, and the offset that the folds began at. */
  readonly running: Promise<{ readonly atMs: number; readonly foldedFrom: number }>
  /** When the first decision was committed. */
  readonly first: Promise<number>
  private readonly process: ChildProcess
  private readonly exited: Promise<void>
  private readonly counted: ((processed: number) => void)[] = []
  private readonly asked: ((state: PipelineState) => void)[] = []

  constructor(data: string, log: 'keep' | 'drop') {
    this.process = child('load-pipeline.ts', [data, log])
    this.exited = new Promise((resolve) => this.process.once('exit', () => resolve()))
    const running = Promise.withResolvers<{ readonly atMs: number; readonly foldedFrom: number }>()
    const first = Promise.withResolvers<number>()
    this.running = running.promise
    this.first = first.promise
    this.process.on('message', (said: PipelineSays) => {
      if (said.kind === 'running') running.resolve(said)
      else if (said.kind === 'first') first.resolve(said.atMs)
      else if (said.kind === 'processed') this.counted.shift()?.(said.processed)
      else this.asked.shift()?.(said.state)
    })
    this.process.once('exit', (code) => {
      const ended = new Error(`the pipeline's process ended with ${code}`)
      running.reject(ended)
      first.reject(ended)
    })
    // Whoever awaits one hears of the end; whoever awaits none meant it.
    running.promise.catch(() => undefined)
    first.promise.catch(() => undefined)
  }

  state(): Promise<PipelineState> {
    return new Promise((resolve) => {
      this.asked.push(resolve)
      this.process.send('state' satisfies PipelineAsked)
    })
  }

  /** Resolves with the state once so many records have a disposition, or once `withinMs` has passed. */
  async processed(records: number, withinMs: number = Number.POSITIVE_INFINITY): Promise<PipelineState> {
    for (const endMs = monotonicMs() + withinMs; ; ) {
      if ((await this.count()) >= records || monotonicMs() >= endMs) return this.state()
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  /** Resolves once so many records are committed. */
  async committed(records: number): Promise<void> {
    while ((await this.state()).committedOffsets < records) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }

  private count(): Promise<number> {
    return new Promise((resolve) => {
      this.counted.push(resolve)
      this.process.send('processed' satisfies PipelineAsked)
    })
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.exited
  }

  async stop(): Promise<void> {
    this.process.disconnect()
    await this.exited
  }
}

/** A feeder in a process of its own (see `load-feeder.ts`), ready to begin its first round; then the next one. */
export async function openFeeder(plan: FeederPlan): Promise<(atMs: number) => Promise<FeederDone>> {
  const feeder = child('load-feeder.ts', [JSON.stringify(plan)])
  await messageOf(feeder, 'the feeder')
  return (atMs) => {
    feeder.send({ atMs })
    return messageOf<FeederDone>(feeder, 'the feeder')
  }
}

/** Feeds at once and waits until the log has everything. */
export async function feed(plan: FeederPlan): Promise<FeederDone> {
  const begin = await openFeeder(plan)
  return begin(monotonicMs())
}
