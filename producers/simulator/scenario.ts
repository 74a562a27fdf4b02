import type { LabelledRecord } from './labelled-record.ts'
import type { SimulationRun } from './run.ts'
import { SendQueue } from './send-queue.ts'

export interface ScenarioOptions {
  /** Records due a second, on average. */
  readonly ratePerSecond: number
  /** How many records to make; infinity goes on until nobody asks. */
  readonly records: number
  /** `mixed`: how many ordinary people pay. */
  readonly people?: number
}

/** A story told in records: a pure generator in order of sending. The same run and options give the same records. */
export interface Scenario {
  readonly name: string
  /** One line for the command line's help. */
  readonly description: string
  records(run: SimulationRun, options: ScenarioOptions): Iterable<LabelledRecord>
}

/**
 * One telling of a story: number `index`, with the first record due at `startMs`, on accounts of its own. Its
 * expectations hold when the scenario runs alone and each record is sent when it is due.
 */
export type Episode = (run: SimulationRun, index: number, startMs: number) => readonly LabelledRecord[]

/** A scenario that tells `episode` over and over, often enough to keep the rate; tellings overlap. */
export function repeatedly(name: string, description: string, episode: Episode): Scenario {
  return { name, description, records: (run, options) => limited(tellings(run, options, episode), options.records) }
}

function* tellings(run: SimulationRun, options: ScenarioOptions, episode: Episode): Generator<LabelledRecord> {
  const queue = new SendQueue()
  let startMs = run.settings.startMs
  for (let index = 0; ; index++) {
    const records = episode(run, index, startMs)
    for (const record of records) queue.push(record)
    startMs += Math.max(1, Math.round((records.length * 1_000) / options.ratePerSecond))
    yield* due(queue, startMs)
  }
}

/** Takes out of `queue` what is due before `untilMs`. */
export function* due(queue: SendQueue, untilMs: number): Generator<LabelledRecord> {
  while (queue.firstDueMs < untilMs) {
    const record = queue.shift()
    if (record === undefined) return
    yield record
  }
}

/** The first `count` of `records`. */
export function* limited(records: Iterable<LabelledRecord>, count: number): Generator<LabelledRecord> {
  let left = count
  if (left <= 0) return
  for (const record of records) {
    yield record
    if (--left <= 0) return
  }
}
