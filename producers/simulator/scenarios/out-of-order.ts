import { fraud, type LabelledRecord, labelledPayment } from '../labelled-record.ts'
import { merchant, tradeNamed } from '../merchant.ts'
import { cardPayment, favouriteDevice, makePerson } from '../person.ts'
import type { Random } from '../random.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'out-of-order'
const PAYMENTS = 6
const EVENT_EVERY_MS = 1_500
/** The first is sent when the last has been paid; all lie within the grace of 10 s. */
const SEND_FROM_MS = PAYMENTS * EVENT_EVERY_MS
const SEND_EVERY_MS = 40

/**
 * A burst of six within eight seconds whose records arrive shuffled. Each is counted exactly over what has arrived so
 * far, nothing is late, and windows that an older payment lifts over the threshold raise revised alerts (SPEC V3, V4).
 */
export const outOfOrderEpisode: Episode = (run, index, startMs) => {
  const random = run.random(`${NAME} ${index}`)
  const person = makePerson(run.account('shuffled', index), random.fork('person'), 'US')
  const order = shuffled(PAYMENTS, random)
  return order.map((number, position): LabelledRecord => {
    const payment = cardPayment(person, {
      transactionId: run.transactionId(NAME, `${index}.${number + 1}`),
      eventTimeMs: startMs + number * EVENT_EVERY_MS,
      amountMinor: 1_500 + 350 * number,
      merchant: merchant(person.homeHour, tradeNamed('pharmacy')),
      deviceId: favouriteDevice(person),
    })
    const velocityCount = order.slice(0, position + 1).filter((sent) => sent <= number).length
    const label = fraud(NAME, { disposition: 'decided', late: false, velocityCount, flagged: velocityCount > 3 })
    return { ...labelledPayment(payment, label), intendedSendMs: startMs + SEND_FROM_MS + position * SEND_EVERY_MS }
  })
}

export const outOfOrder = repeatedly(
  NAME,
  'a burst of six that arrives shuffled within the grace: counted exactly, later windows revised',
  outOfOrderEpisode,
)

/** The numbers 0 to count - 1 in random order (Fisher and Yates), never in their own. */
function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const other = random.below(i + 1)
    const kept = order[i] ?? i
    order[i] = order[other] ?? other
    order[other] = kept
  }
  return order.every((number, i) => number === i) ? order.reverse() : order
}
