import { type Expectation, genuine, labelledPayment } from '../labelled-record.ts'
import { merchant, tradeNamed } from '../merchant.ts'
import { cardPayment, favouriteDevice, makePerson } from '../person.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'future-clock'
const SEND_EVERY_MS = 100
/** The last millisecond of the year 9999. */
const YEAR_9999_MS = 253_402_300_799_999
const DECIDED: Expectation = { disposition: 'decided', late: false }
const REFUSED: Expectation = { disposition: 'dead-letter', reason: 'FUTURE_EVENT' }

/**
 * A sender whose clock runs wild: right, 9 s ahead (accepted), 10 min ahead, in the year 9999 (both refused), and right
 * again. The last is decided and on time: what was refused has not moved stream time (SPEC V5). Ten minutes ahead is
 * measured against the log's clock, so it is only refused when the record is sent when due.
 */
export const futureClockEpisode: Episode = (run, index, startMs) => {
  const person = makePerson(run.account('wild-clock', index), run.random(`${NAME} ${index}`), 'GB')
  const sent = (number: number, eventTimeMs: number, expected: Expectation) => {
    const sendMs = startMs + number * SEND_EVERY_MS
    const payment = cardPayment(person, {
      transactionId: run.transactionId(NAME, `${index}.${number + 1}`),
      eventTimeMs,
      amountMinor: 800 + 50 * number,
      merchant: merchant(person.homeHour, tradeNamed('cafe')),
      deviceId: favouriteDevice(person),
    })
    return { ...labelledPayment(payment, genuine(NAME, expected)), intendedSendMs: sendMs }
  }
  return [
    sent(0, startMs, DECIDED),
    sent(1, startMs + 9_000, DECIDED),
    sent(2, startMs + 600_000, REFUSED),
    sent(3, YEAR_9999_MS, REFUSED),
    sent(4, startMs + 4 * SEND_EVERY_MS, DECIDED),
  ]
}

export const futureClock = repeatedly(
  NAME,
  'event times 10 minutes ahead and in the year 9999 go to the dead letters and never move stream time',
  futureClockEpisode,
)
