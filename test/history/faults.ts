import { Random } from '../../producers/simulator/random.ts'
import { askRedis } from '../../stack/redis/redis-request.ts'
import type { Recorder } from './recorder.ts'
import type { Site } from './site.ts'

/** What a run does to a site at work. */
export const FAULTS = {
  cut: 'every connection to an API is reset',
  api: 'kill -9 of an API, which is started again at once',
  worker: 'kill -9 of the worker, which is started again at once',
  broker: 'kill -9 of the broker, which is started again at once',
  redis: 'Redis is emptied: rates, codes, tries and locks are gone',
} as const

export type FaultName = keyof typeof FAULTS

/** What was done, and how many calls were under way when it was. */
export interface Struck {
  fired: number
  inFlight: number
}

const WEIGHTS: Readonly<Record<FaultName, number>> = { cut: 4, api: 2, worker: 2, broker: 1, redis: 2 }
const PAUSE_MS = { least: 500, most: 2_500 } as const

/** First each of `names` once, then rounds in which each comes as often as its weight says. A seed gives one plan. */
export function* faultPlan(seed: string, names: readonly FaultName[]): Generator<{ name: FaultName; pauseMs: number }> {
  const random = new Random(`${seed} faults`)
  const weighted = names.flatMap((name) => Array.from({ length: WEIGHTS[name] }, () => name))
  for (let round = [...names]; ; round = [...weighted]) {
    while (round.length > 0) {
      const [name] = round.splice(random.below(round.length), 1)
      if (name !== undefined) yield { name, pauseMs: random.between(PAUSE_MS.least, PAUSE_MS.most) }
    }
  }
}

/** Strikes a site while calls are under way, and keeps count. */
export class Faults {
  readonly struck: Record<FaultName, Struck>
  private readonly site: Site
  private readonly recorder: Recorder
  private turn = 0

  constructor(site: Site, recorder: Recorder) {
    this.site = site
    this.recorder = recorder
    const names = Object.keys(FAULTS) as FaultName[]
    this.struck = Object.fromEntries(names.map((name) => [name, { fired: 0, inFlight: 0 }])) as Faults['struck']
  }

  /** Resolves with what was done, in words, once what was killed runs again. */
  async commit(name: FaultName): Promise<string> {
    const { instances, worker, kafka, redis } = this.site
    const instance = instances[this.turn++ % instances.length]
    if (instance === undefined) throw new Error('a site has instances')
    const isHit = name === 'cut' || name === 'api' ? instance.isOwn : () => true
    const inFlight = await this.recorder.untilInFlight(isHit)
    const struck = this.struck[name]
    switch (name) {
      case 'cut': {
        const before = instance.proxy.cuts
        instance.proxy.cut()
        // Calls may wait on connections that are still being made.
        if (instance.proxy.cuts === before) return 'no connection stood'
        break
      }
      case 'api':
        await instance.part.kill()
        await instance.part.start()
        break
      case 'worker':
        await worker.kill()
        await worker.start()
        break
      case 'broker': {
        const [broker] = kafka?.brokers ?? []
        if (broker === undefined) throw new Error('there is no broker to kill')
        await broker.kill()
        await broker.restart()
        break
      }
      case 'redis':
        if (redis === null) throw new Error('there is no Redis to empty')
        await askRedis(String(redis.addresses[0]), 'FLUSHALL')
        break
    }
    struck.fired++
    struck.inFlight += inFlight
    return `${FAULTS[name]}; ${inFlight} calls under way`
  }

  /** Why the faults prove nothing; empty when each that was named struck work. */
  problems(names: readonly FaultName[]): string[] {
    return names.flatMap((name) => {
      const { fired, inFlight } = this.struck[name]
      if (fired === 0) return [`${name} never fired`]
      return inFlight === 0 ? [`nothing was under way at ${name}`] : []
    })
  }
}
