import { Random } from '../../producers/simulator/random.ts'

/** What a run does to a system at work. */
export const FAULTS = {
  kill: 'kill -9 of the next worker in turn, which is started again at once or within 1.5 s',
  death: 'kill -9 of a worker that stays away until the others have all of its partitions',
  members: 'a fifth worker joins, and leaves again',
  machine: 'kill -9 of a worker, and its data folder is deleted before it starts again',
  producer: 'kill -9 of the producer; the next one goes on from there',
  foreign: "another team's transaction on the input, committed or aborted",
  broker: 'kill -9 of the next broker in turn, which is started again',
  rolling: 'every broker is stopped and started again, one after the other (three brokers)',
} as const

export type FaultName = keyof typeof FAULTS

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]

/** One fault of a plan: after a pause, with a number in [0, 1) that settles what is left open. */
export interface PlannedFault {
  readonly name: FaultName
  readonly pauseMs: number
  readonly chance: number
}

/** How often each comes among the others: most are kills of workers. */
const WEIGHTS: Readonly<Record<FaultName, number>> = {
  kill: 8,
  death: 1,
  members: 1,
  machine: 1,
  producer: 1,
  foreign: 2,
  broker: 1,
  rolling: 1,
}
const PAUSE_MS = { least: 2_000, most: 4_500 } as const

/**
 * Faults without end: first each of `names` once, then rounds in which each comes as often as its weight says, in any order. A seed
 * gives one plan.
 */
export function* faultPlan(seed: string, names: readonly FaultName[]): Generator<PlannedFault> {
  const random = new Random(`${seed} faults`)
  const weighted = names.flatMap((name) => Array.from({ length: WEIGHTS[name] }, () => name))
  for (let round = [...names]; ; round = [...weighted]) {
    while (round.length > 0) {
      const [name] = round.splice(random.below(round.length), 1)
      if (name === undefined) break
      yield { name, pauseMs: random.between(PAUSE_MS.least, PAUSE_MS.most), chance: random.unit() }
    }
  }
}
