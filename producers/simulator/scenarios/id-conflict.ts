import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { fraud, genuine, type Label, labelledPayment } from '../labelled-record.ts'
import { merchant, tradeNamed } from '../merchant.ts'
import { cardPayment, favouriteDevice, makePerson } from '../person.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'id-conflict'
const RESEND_EVERY_MS = 2_000

const CONFLICT: Label = {
  isFraud: true,
  scenario: NAME,
  listed: false,
  expectation: { disposition: 'conflict', reason: 'ID_CONFLICT' },
}
const RETRY: Label = { isFraud: false, scenario: NAME, listed: false, expectation: { disposition: 'duplicate' } }

/**
 * Somebody sends a known transaction id with other content: another amount, then another receiver. Both are refused as
 * conflicts and the first sight stays as it was: its true retry is still a duplicate, and velocity is untouched (SPEC D2).
 */
export const idConflictEpisode: Episode = (run, index, startMs) => {
  const person = makePerson(run.account('conflicted', index), run.random(`${NAME} ${index}`), 'US')
  const first = cardPayment(person, {
    transactionId: run.transactionId(NAME, `${index}.1`),
    eventTimeMs: startMs,
    amountMinor: 2_200,
    merchant: merchant(person.homeHour, tradeNamed('grocer')),
    deviceId: favouriteDevice(person),
  })
  const again = (number: number, changed: Partial<PaymentSubmitted>, label: Label) =>
    labelledPayment({ ...first, ...changed, eventTime: startMs + number * RESEND_EVERY_MS }, label)
  const next = { transactionId: run.transactionId(NAME, `${index}.2`), amountMinor: 700 }
  return [
    labelledPayment(first, genuine(NAME, { disposition: 'decided', outcome: 'approve', velocityCount: 1 })),
    again(1, { amountMinor: 220_000 }, CONFLICT),
    again(2, { receiverAccountId: run.account('mule', index) }, CONFLICT),
    again(3, {}, RETRY),
    again(4, next, fraud(NAME, { disposition: 'decided', outcome: 'approve', velocityCount: 2 })),
  ]
}

export const idConflict = repeatedly(
  NAME,
  'a known id with another amount and another receiver: both to the dead letters, the first decision stands',
  idConflictEpisode,
)
