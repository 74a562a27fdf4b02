import { setTimeout as pause } from 'node:timers/promises'
import { Worker as Thread } from 'node:worker_threads'
import type { Config } from '../../../platform/config.ts'
import type { Health } from '../../../platform/health-server.ts'
import type { MeasuredValues } from '../../../platform/metrics.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Question, ThreadOrder, ThreadReport, ToldFailure } from './worker-thread.ts'

// The package is run from its sources, and published as JavaScript.
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './worker-thread.ts' : './worker-thread.js', import.meta.url)
/** A thread that is busy for longer is left out of a scrape, and is not ready. */
const ANSWER_WITHIN_MS = 2_000

/** One worker of the group in a thread of its own: its own client, chain and partitions, and its own name for the group. */
export class WorkerThread {
  /** Resolves when nothing of it runs any more: with null after a stop, else with what ended it. */
  readonly ended: Promise<Error | null>
  private readonly thread: Thread
  private readonly waiting = new Map<number, (value: unknown) => void>()
  private asked = 0

  constructor(config: Config, number: number, onPartitions: (partitions: readonly number[]) => void) {
    const own: Config = { ...config, workerName: `${config.workerName}-${number}` }
    this.thread = new Thread(ENTRY, { workerData: own, name: own.workerName })
    let outcome: Error | null = new Error(`thread ${number} has ended without a word`)
    this.thread.on('message', (report: ThreadReport) => {
      if (report.kind === 'partitions') onPartitions(report.partitions)
      else if (report.kind === 'answer') this.settle(report.id, report.value)
      else outcome = report.failure && errorOf(report.failure)
    })
    this.thread.on('error', (error: Error) => {
      outcome = error
    })
    this.ended = new Promise((resolve) => {
      this.thread.once('exit', () => {
        for (const id of this.waiting.keys()) this.settle(id, null)
        resolve(outcome)
      })
    })
  }

  /** Asks it to drain, commit, write checkpoints and leave the group. */
  stop(): void {
    this.order({ kind: 'stop' })
  }

  /** Null when it does not answer in time. */
  health(): Promise<Health | null> {
    return this.ask('health') as Promise<Health | null>
  }

  /** Null when it does not answer in time. */
  metrics(): Promise<MeasuredValues | null> {
    return this.ask('metrics') as Promise<MeasuredValues | null>
  }

  private async ask(about: Question): Promise<unknown> {
    const id = this.asked++
    const answer = new Promise((resolve) => this.waiting.set(id, resolve))
    this.order({ kind: 'ask', id, about })
    const value = await Promise.race([answer, pause(ANSWER_WITHIN_MS, null, { ref: false })])
    this.waiting.delete(id)
    return value
  }

  private settle(id: number, value: unknown): void {
    this.waiting.get(id)?.(value)
    this.waiting.delete(id)
  }

  private order(order: ThreadOrder): void {
    this.thread.postMessage(order)
  }
}

/** Ready when every thread is; each is told of by its number. */
export async function gatherHealth(threads: readonly WorkerThread[], ending: boolean): Promise<Health> {
  const answers = await Promise.all(threads.map((thread) => thread.health()))
  return {
    ready: !ending && answers.length > 0 && answers.every((answer) => answer?.ready === true),
    details: {
      ending,
      threads: answers.map((answer, i) => ({
        thread: i + 1,
        member: 'SILENT',
        ...answer?.details,
        ready: answer?.ready === true,
      })),
    },
  }
}

function errorOf({ code, next, message, place }: ToldFailure): Error {
  // The message names the place already.
  return Object.assign(new StreamsError(code, next, message, place), { message })
}
