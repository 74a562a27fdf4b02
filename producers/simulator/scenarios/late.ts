import { genuine, labelledPayment } from '../labelled-record.ts'
import { merchant, tradeNamed } from '../merchant.ts'
import { cardPayment, favouriteDevice, makePerson } from '../person.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'late'
/** Sent one after the other; how far each one's event time lies behind the first, and whether that is late (SPEC V3). */
const PAYMENTS = [
  { behindMs: 0, late: false },
  { behindMs: 9_000, late: false },
  { behindMs: 11_000, late: true },
  { behindMs: 300_000, late: true },
  { behindMs: 7_200_000, late: true },
] as const

/**
 * A terminal that was off line hands in old payments after a new one: nine seconds behind is within the grace and on
 * time, the others are late, yet decided all the same.
 */
export const lateEpisode: Episode = (run, index, startMs) => {
  const person = makePerson(run.account('offline', index), run.random(`${NAME} ${index}`), 'DE')
  return PAYMENTS.map(({ behindMs, late }, i) => {
    const payment = cardPayment(person, {
      transactionId: run.transactionId(NAME, `${index}.${i + 1}`),
      eventTimeMs: startMs - behindMs,
      amountMinor: 1_000 + 100 * i,
      merchant: merchant(person.homeHour, tradeNamed('transit')),
      deviceId: favouriteDevice(person),
    })
    return labelledPayment(payment, genuine(NAME, { disposition: 'decided', late }), behindMs + i)
  })
}

export const late = repeatedly(
  NAME,
  'payments 9 s to 2 h behind the newest: those past the grace of 10 s are marked late and still decided',
  lateEpisode,
)
