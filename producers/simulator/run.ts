import { Random } from './random.ts'

/** Letters only, and no vowels: an id can neither look like a card number nor make a word. */
const LETTERS = 'bcdfghjkmnpqrstvwxz'
const RUN_ID_LETTERS = 10
const WORLD_ID_LETTERS = 4

export interface RunSettings {
  readonly seed: string
  /** When the first record is due, epoch ms. */
  readonly startMs: number
  /** The registry's id of PaymentSubmitted: scenarios that forge record values frame them with it. */
  readonly paymentSchemaId: number
}

/**
 * One run of the simulator. Its id comes from seed and start time: a second run has transaction ids of its own, and the
 * same run made twice has the same bytes. The world, that is its ordinary people and shops, comes from the seed alone,
 * so people keep their accounts and habits from run to run.
 */
export class SimulationRun {
  readonly settings: RunSettings
  readonly id: string
  readonly worldId: string
  readonly #random: Random
  readonly #worldRandom: Random

  constructor(settings: RunSettings) {
    if (!Number.isSafeInteger(settings.startMs)) throw new RangeError('startMs must be a whole number of milliseconds')
    this.settings = settings
    this.#random = new Random(`${settings.seed}@${settings.startMs}`)
    this.#worldRandom = new Random(settings.seed)
    this.id = letters(this.#random.fork('id'), RUN_ID_LETTERS)
    this.worldId = letters(this.#worldRandom.fork('id'), WORLD_ID_LETTERS)
  }

  /** The random stream of one part of this run, by name. */
  random(name: string): Random {
    return this.#random.fork(name)
  }

  /** The random stream of one part of the world, by name: the same in every run of this seed. */
  worldRandom(name: string): Random {
    return this.#worldRandom.fork(name)
  }

  /** A transaction id that no other run and no other number has, such as `card-testing-kzmtrwqbpd-17.4`. */
  transactionId(scenario: string, number: number | string): string {
    return `${scenario}-${this.id}-${number}`
  }

  /** An account of this run alone. */
  account(role: string, number: number | string): string {
    return `${role}-${this.id}-${number}`
  }

  /** An account of the world. */
  worldAccount(number: number): string {
    return `acct-${this.worldId}-${number}`
  }
}

function letters(random: Random, count: number): string {
  return Array.from({ length: count }, () => LETTERS[random.below(LETTERS.length)]).join('')
}
