import { genuine, type Label, type LabelledRecord, labelledPayment } from '../labelled-record.ts'
import { Population } from '../population.ts'
import type { Random } from '../random.ts'
import type { SimulationRun } from '../run.ts'
import { due, type Episode, limited, type Scenario, type ScenarioOptions } from '../scenario.ts'
import { SendQueue } from '../send-queue.ts'
import { cardTestingEpisode } from './card-testing.ts'
import { futureClockEpisode } from './future-clock.ts'
import { idConflictEpisode } from './id-conflict.ts'
import { impossibleTravelEpisode } from './impossible-travel.ts'
import { lateEpisode } from './late.ts'
import { mallBurstEpisode } from './mall-burst.ts'
import { muleEpisode } from './mule.ts'
import { outOfOrderEpisode } from './out-of-order.ts'
import { poisonEpisode } from './poison.ts'
import { retryStormEpisode } from './retry-storm.ts'

/**
 * What is blended in, and after how many ordinary payments on average the next one begins. Together: about 2 % of the
 * payments flagged, 1 % repeats, 0.1 % poison.
 */
const BLEND: readonly { readonly name: string; readonly episode: Episode; readonly every: number }[] = [
  { name: 'card-testing', episode: cardTestingEpisode, every: 250 },
  { name: 'poison', episode: poisonEpisode, every: 1_000 },
  { name: 'out-of-order', episode: outOfOrderEpisode, every: 1_500 },
  { name: 'impossible-travel', episode: impossibleTravelEpisode, every: 1_500 },
  { name: 'late', episode: lateEpisode, every: 2_500 },
  { name: 'mule', episode: muleEpisode, every: 4_000 },
  { name: 'retry-storm', episode: retryStormEpisode, every: 4_000 },
  { name: 'id-conflict', episode: idConflictEpisode, every: 4_000 },
  { name: 'future-clock', episode: futureClockEpisode, every: 10_000 },
  { name: 'mall-burst', episode: mallBurstEpisode, every: 20_000 },
]
const RETRY_PROBABILITY = 0.004
const RETRY_AFTER_MS_MAX = 3_000
const RETRY: Label = { isFraud: false, scenario: 'ordinary', listed: false, expectation: { disposition: 'duplicate' } }
const ORDINARY: Label = genuine('ordinary')
/** About five minutes between two payments of one person, so that ordinary people rarely look like a burst. */
const PEOPLE_PER_RATE = 300
const PEOPLE_MIN = 2_000
const PEOPLE_MAX = 200_000

/**
 * Thousands of ordinary people with habits pay at random moments (a Poisson process at the asked rate), and the other
 * scenarios are blended in. Their expectations are hints here: neighbours in a partition move its stream time.
 */
export const mixed: Scenario = {
  name: 'mixed',
  description: 'thousands of ordinary people with habits of their own, and every other scenario blended in',
  records: (run, options) => limited(blended(run, options), options.records),
}

function* blended(run: SimulationRun, options: ScenarioOptions): Generator<LabelledRecord> {
  const random = run.random('mixed')
  const people = new Population(run, options.people ?? peopleFor(options.ratePerSecond))
  const stories = BLEND.map((part) => new Story(run, part.episode, part.every, options.ratePerSecond, part.name))
  const queue = new SendQueue()
  let clockMs = run.settings.startMs
  let queuedUntilMs = Math.min(...stories.map((story) => story.nextStartMs))
  for (let number = 0; ; number++) {
    clockMs += random.exponential(1_000 / options.ratePerSecond)
    if (clockMs >= queuedUntilMs) queuedUntilMs = tellUntil(stories, queue, clockMs)
    if (queue.firstDueMs < clockMs) yield* due(queue, clockMs)
    const payment = people.nextPayment(random, run.transactionId('pay', number), Math.floor(clockMs))
    yield labelledPayment(payment, ORDINARY)
    if (random.chance(RETRY_PROBABILITY)) {
      queue.push(labelledPayment(payment, RETRY, random.between(1, RETRY_AFTER_MS_MAX)))
    }
  }
}

/** Queues each story that begins before `untilMs`; returns when the next one does. */
function tellUntil(stories: readonly Story[], queue: SendQueue, untilMs: number): number {
  let nextMs = Number.POSITIVE_INFINITY
  for (const story of stories) {
    while (story.nextStartMs < untilMs) for (const record of story.tell()) queue.push(record)
    nextMs = Math.min(nextMs, story.nextStartMs)
  }
  return nextMs
}

/** When one of the blended scenarios begins again. */
class Story {
  nextStartMs: number
  readonly #run: SimulationRun
  readonly #episode: Episode
  readonly #meanGapMs: number
  readonly #random: Random
  #told = 0

  constructor(run: SimulationRun, episode: Episode, every: number, ratePerSecond: number, name: string) {
    this.#run = run
    this.#episode = episode
    this.#meanGapMs = (every * 1_000) / ratePerSecond
    this.#random = run.random(`mixed ${name}`)
    this.nextStartMs = run.settings.startMs + this.#gapMs()
  }

  tell(): readonly LabelledRecord[] {
    const startMs = this.nextStartMs
    this.nextStartMs += this.#gapMs()
    return this.#episode(this.#run, this.#told++, startMs)
  }

  #gapMs(): number {
    return 1 + Math.round(this.#random.exponential(this.#meanGapMs))
  }
}

function peopleFor(ratePerSecond: number): number {
  return Math.min(PEOPLE_MAX, Math.max(PEOPLE_MIN, Math.ceil(ratePerSecond * PEOPLE_PER_RATE)))
}
