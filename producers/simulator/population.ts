import { type PaymentSubmitted, paymentSubmittedDefaults } from '../../schemas/generated/payment-submitted.ts'
import { visitAmountMinor } from './merchant.ts'
import { cardPayment, makePerson, type Person } from './person.ts'
import type { Random } from './random.ts'
import type { SimulationRun } from './run.ts'

/** At 25 s or more between two payments of a person, at most three fall into a closed minute: nobody ordinary is flagged. */
const REST_MS = 25_000
const CANDIDATES_MAX = 8
const HOUR_MS = 3_600_000
const DAY_HOURS = 24
/** How likely a person pays at an hour, by its distance from the home hour: waking hours, then the rare night. */
const AWAKE_HOURS = 7
const ASLEEP_PROBABILITY = 0.08
const TRANSFER_PROBABILITY = 0.04
const LARGE_PROBABILITY = 0.0005
const LARGE_MINOR = 640_000
const MEMO_PROBABILITY = 0.05
const SECOND_DEVICE_PROBABILITY = 0.2
const MEMOS = ['lunch', 'rent', 'thank you', 'split the bill', 'birthday present', 'order for Friday'] as const

/** The ordinary people of a world. A person is made when first needed and kept with habits for the run. */
export class Population {
  readonly #run: SimulationRun
  readonly #people: (Person | null)[]
  readonly #lastPaidMs: Float64Array

  constructor(run: SimulationRun, size: number) {
    if (!Number.isSafeInteger(size) || size < 2) throw new RangeError('a population needs at least two people')
    this.#run = run
    this.#people = new Array<Person | null>(size).fill(null)
    this.#lastPaidMs = new Float64Array(size).fill(Number.NEGATIVE_INFINITY)
  }

  /** What somebody pays at `eventTimeMs`: mostly a card at a favourite shop, now and then a transfer to another person. */
  nextPayment(random: Random, transactionId: string, eventTimeMs: number): PaymentSubmitted {
    const person = this.#payer(random, eventTimeMs)
    if (random.chance(TRANSFER_PROBABILITY)) return this.#transfer(random, person, transactionId, eventTimeMs)
    // Favourites come first: the smaller of two draws.
    const shop =
      person.merchants[Math.min(random.below(person.merchants.length), random.below(person.merchants.length))]
    if (shop === undefined) throw new RangeError(`${person.account} goes nowhere`)
    return cardPayment(person, {
      transactionId,
      eventTimeMs,
      amountMinor: visitAmountMinor(random, shop.trade, person.spendScale),
      merchant: shop,
      deviceId: deviceOf(person, random),
      memo: random.chance(MEMO_PROBABILITY) ? random.pick(MEMOS) : null,
    })
  }

  #payer(random: Random, nowMs: number): Person {
    const hour = (nowMs / HOUR_MS) % DAY_HOURS
    let number = random.below(this.#people.length)
    for (let tried = 1; tried < CANDIDATES_MAX; tried++) {
      const rested = nowMs - (this.#lastPaidMs[number] ?? 0) >= REST_MS
      if (rested && (awake(this.#person(number), hour) || random.chance(ASLEEP_PROBABILITY))) break
      number = random.below(this.#people.length)
    }
    this.#lastPaidMs[number] = nowMs
    return this.#person(number)
  }

  #person(number: number): Person {
    const known = this.#people[number]
    if (known != null) return known
    const made = makePerson(this.#run.worldAccount(number), this.#run.worldRandom(`person ${number}`))
    this.#people[number] = made
    return made
  }

  #transfer(random: Random, person: Person, transactionId: string, eventTimeMs: number): PaymentSubmitted {
    const friend = this.#run.worldAccount(random.below(this.#people.length))
    const amountMinor = random.chance(LARGE_PROBABILITY / TRANSFER_PROBABILITY)
      ? LARGE_MINOR
      : visitAmountMinor(
          random,
          { name: 'friend', category: '', medianMinor: 3_000, channel: 'pos' },
          person.spendScale,
        )
    return {
      ...paymentSubmittedDefaults,
      transactionId,
      eventTime: eventTimeMs,
      senderAccountId: person.account,
      receiverAccountId: friend === person.account ? `${friend}.savings` : friend,
      amountMinor,
      currency: person.currency,
      kind: 'transfer',
      channel: 'mobile',
      region: person.region,
      deviceId: deviceOf(person, random),
      cardholderName: person.name,
      email: person.email,
      ip: person.ip,
    }
  }
}

function awake(person: Person, hour: number): boolean {
  const apart = Math.abs(hour - person.homeHour)
  return Math.min(apart, DAY_HOURS - apart) <= AWAKE_HOURS
}

function deviceOf(person: Person, random: Random): string | null {
  const [first, second] = person.devices
  return second !== undefined && random.chance(SECOND_DEVICE_PROBABILITY) ? second : (first ?? null)
}
