import { genuine, type Label, type LabelledRecord, labelledPayment } from '../labelled-record.ts'
import { merchant, tradeNamed } from '../merchant.ts'
import { cardPayment, favouriteDevice, makePerson } from '../person.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'retry-storm'
const EQUAL_RETRIES = 12
const RESTAMPED_RETRIES = 12
const RETRY_EVERY_MS = 250
const NEXT_AFTER_MS = 10_000

const RETRY: Label = { isFraud: false, scenario: NAME, listed: false, expectation: { disposition: 'duplicate' } }

/**
 * A client that never hears the answer sends one payment 25 times: 12 times again as it was, and 12 times restamped,
 * with a new event time, another address and another device. One decision, 24 duplicates (SPEC D2). The sender's next
 * payment has a velocity of 2: retries do not count (SPEC V1).
 */
export const retryStormEpisode: Episode = (run, index, startMs) => {
  const person = makePerson(run.account('retrier', index), run.random(`${NAME} ${index}`), 'US')
  const purchase = {
    transactionId: run.transactionId(NAME, `${index}.1`),
    eventTimeMs: startMs,
    amountMinor: 3_400,
    merchant: merchant(person.homeHour, tradeNamed('books')),
    deviceId: favouriteDevice(person),
  }
  const first = cardPayment(person, purchase)
  const retries = Array.from({ length: EQUAL_RETRIES + RESTAMPED_RETRIES }, (_, i): LabelledRecord => {
    const delayMs = (i + 1) * RETRY_EVERY_MS
    if (i < EQUAL_RETRIES) return labelledPayment(first, RETRY, delayMs)
    const restamped = { eventTime: startMs + delayMs, ip: `198.51.100.${i + 1}`, deviceId: `proxy-${i % 3}` }
    return labelledPayment({ ...first, ...restamped }, RETRY)
  })
  const next = cardPayment(person, {
    ...purchase,
    transactionId: run.transactionId(NAME, `${index}.2`),
    eventTimeMs: startMs + NEXT_AFTER_MS,
    amountMinor: 900,
  })
  return [
    labelledPayment(first, genuine(NAME, { disposition: 'decided', outcome: 'approve', velocityCount: 1 })),
    ...retries,
    labelledPayment(next, genuine(NAME, { disposition: 'decided', outcome: 'approve', velocityCount: 2 })),
  ]
}

export const retryStorm = repeatedly(
  NAME,
  'one payment sent 25 times, half of them restamped: one decision, 24 duplicates, velocity untouched',
  retryStormEpisode,
)
