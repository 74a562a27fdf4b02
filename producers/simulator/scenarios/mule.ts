import { type PaymentSubmitted, paymentSubmittedDefaults } from '../../../schemas/generated/payment-submitted.ts'
import { type Expectation, fraud, type LabelledRecord, labelledPayment } from '../labelled-record.ts'
import { favouriteDevice, makePerson, type Person } from '../person.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'mule'
/** Money transfer (ISO 18245). */
const TRANSFER_CATEGORY = '4829'
const VICTIMS = 4
const VICTIM_EVERY_MS = 20_000
const VICTIM_MINOR = 640_000
/** The money stays for half a minute. */
const ONWARD_AFTER_MS = VICTIMS * VICTIM_EVERY_MS + 30_000
const ONWARD_EVERY_MS = 8_000
const ONWARD_MINOR = 510_000

/** Each is talked into a transfer over 5,000 to somebody new: 40 points, so a code is asked for. */
const VICTIM_EXPECTED: Expectation = {
  disposition: 'decided',
  outcome: 'challenge',
  flagged: false,
  velocityCount: 1,
  signal: 'HIGH_AMOUNT',
}

/** SPEC S3: the burst adds its points at the fourth, which is then over 80 and waits for a person; the fifth is blocked. */
const ONWARD_EXPECTED: readonly Expectation[] = [
  { disposition: 'decided', outcome: 'challenge', flagged: false, velocityCount: 1, signal: 'RISKY_CATEGORY' },
  { disposition: 'decided', outcome: 'challenge', flagged: false, velocityCount: 2, signal: 'FIRST_RECEIVER' },
  { disposition: 'decided', outcome: 'challenge', flagged: false, velocityCount: 3, signal: 'FIRST_RECEIVER' },
  { disposition: 'decided', outcome: 'review', flagged: true, velocityCount: 4, signal: 'VELOCITY' },
  { disposition: 'decided', outcome: 'block', flagged: true, velocityCount: 5, signal: 'VELOCITY' },
]

/**
 * An account that launders: four people are talked into sending it 6,400.00 each, and within a minute it sends 5,100.00 on to
 * each of five others who were never paid from it. No rule looks at who is paid, so it is caught as a sender.
 */
export const muleEpisode: Episode = (run, index, startMs) => {
  const random = run.random(`${NAME} ${index}`)
  const mule = makePerson(run.account('mule', index), random.fork('mule'), 'US')
  const received = Array.from({ length: VICTIMS }, (_, i): LabelledRecord => {
    const victim = makePerson(run.account('talked-into', `${index}.${i + 1}`), random.fork(`victim ${i}`), 'US')
    const id = run.transactionId(NAME, `${index}.in.${i + 1}`)
    const sent = transfer(victim, mule.account, id, startMs + i * VICTIM_EVERY_MS, VICTIM_MINOR)
    return labelledPayment(sent, fraud(NAME, VICTIM_EXPECTED))
  })
  const onward = ONWARD_EXPECTED.map((expected, i) => {
    const id = run.transactionId(NAME, `${index}.out.${i + 1}`)
    const receiver = run.account('drop', `${index}.${i + 1}`)
    const sentMs = startMs + ONWARD_AFTER_MS + i * ONWARD_EVERY_MS
    return labelledPayment(transfer(mule, receiver, id, sentMs, ONWARD_MINOR), fraud(NAME, expected))
  })
  return [...received, ...onward]
}

export const mule = repeatedly(
  NAME,
  'four transfers of 6,400.00 come in, five of 5,100.00 leave within a minute: the 4th waits for a person, the 5th is blocked',
  muleEpisode,
)

/** From account to account, with no card. */
function transfer(
  from: Person,
  receiverAccountId: string,
  transactionId: string,
  eventTimeMs: number,
  amountMinor: number,
): PaymentSubmitted {
  return {
    ...paymentSubmittedDefaults,
    transactionId,
    eventTime: eventTimeMs,
    senderAccountId: from.account,
    receiverAccountId,
    amountMinor,
    currency: from.currency,
    kind: 'transfer',
    channel: 'mobile',
    merchantCategory: TRANSFER_CATEGORY,
    region: from.region,
    deviceId: favouriteDevice(from),
    cardholderName: from.name,
    email: from.email,
    ip: from.ip,
  }
}
