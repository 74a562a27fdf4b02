import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { fraud, genuine, labelledPayment } from '../labelled-record.ts'
import { merchant, tradeNamed } from '../merchant.ts'
import { cardPayment, makePerson, type Person } from '../person.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'impossible-travel'
const GAP_MS = 45_000

interface Place {
  readonly region: string
  readonly latitude: number | null
  readonly longitude: number | null
}
const NEW_YORK: Place = { region: 'US', latitude: 40.7128, longitude: -74.006 }
const LONDON: Place = { region: 'GB', latitude: 51.5072, longitude: -0.1276 }
/** Eleven kilometres from `NEW_YORK`. */
const BROOKLYN: Place = { region: 'US', latitude: 40.6501, longitude: -73.9496 }
const SOMEWHERE_US: Place = { region: 'US', latitude: null, longitude: null }
const SOMEWHERE_JAPAN: Place = { region: 'JP', latitude: null, longitude: null }

/**
 * Three people, each with two payments 45 s apart. A copied card pays in New York and in London; another one in two
 * countries without coordinates; the third person goes on to Brooklyn, which is no news.
 */
export const impossibleTravelEpisode: Episode = (run, index, startMs) => {
  const hop = (role: string, from: Place, to: Place, isFraud: boolean) => {
    const person = makePerson(run.account(`traveller-${role}`, index), run.random(`${NAME} ${index} ${role}`), 'US')
    const first = visit(person, run.transactionId(NAME, `${index}.${role}.1`), startMs, 'restaurant', from)
    const second = visit(person, run.transactionId(NAME, `${index}.${role}.2`), startMs + GAP_MS, 'clothes', to)
    const arrived = isFraud
      ? fraud(NAME, { disposition: 'decided', outcome: 'challenge', flagged: false, signal: 'IMPOSSIBLE_TRAVEL' })
      : genuine(NAME, { disposition: 'decided', outcome: 'approve', flagged: false })
    const left = genuine(NAME, { disposition: 'decided', outcome: 'approve', flagged: false })
    return [labelledPayment(first, left), labelledPayment(second, arrived)]
  }
  return [
    ...hop('coordinates', NEW_YORK, LONDON, true),
    ...hop('region', SOMEWHERE_US, SOMEWHERE_JAPAN, true),
    ...hop('near', NEW_YORK, BROOKLYN, false),
  ]
}

export const impossibleTravel = repeatedly(
  NAME,
  'a card pays in New York and 45 s later in London: challenged; Manhattan to Brooklyn is not',
  impossibleTravelEpisode,
)

/** A payment at a place. A copied card has no device to tell it by. */
function visit(
  person: Person,
  transactionId: string,
  eventTimeMs: number,
  trade: string,
  place: Place,
): PaymentSubmitted {
  const shop = merchant(person.homeHour, tradeNamed(trade))
  const purchase = { transactionId, eventTimeMs, amountMinor: 2_500, merchant: shop, deviceId: null }
  return { ...cardPayment(person, purchase), ...place }
}
