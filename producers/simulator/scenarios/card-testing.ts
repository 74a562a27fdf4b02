import { type Expectation, fraud, type LabelledRecord, labelledPayment } from '../labelled-record.ts'
import { merchant, tradeNamed } from '../merchant.ts'
import { cardPayment, favouriteDevice, makePerson } from '../person.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'card-testing'
const CHARGES = 5
const CHARGE_MINOR = 100
const FIRST_CHARGE_MS = 5_000
const CHARGE_EVERY_MS = 10_000
const ATTEMPT_MINOR = 500_000

/** SPEC S3's worked example: what each charge of 1.00 must meet. */
const CHARGES_EXPECTED: readonly Expectation[] = [
  { disposition: 'decided', outcome: 'approve', flagged: false, velocityCount: 1 },
  { disposition: 'decided', outcome: 'approve', flagged: false, velocityCount: 2 },
  { disposition: 'decided', outcome: 'approve', flagged: false, velocityCount: 3 },
  { disposition: 'decided', outcome: 'challenge', flagged: true, velocityCount: 4, signal: 'TINY_EQUAL' },
  { disposition: 'decided', outcome: 'block', flagged: true, velocityCount: 5, signal: 'TINY_EQUAL' },
]
const ATTEMPT_EXPECTED: Expectation = { disposition: 'decided', outcome: 'block', flagged: true, velocityCount: 6 }

/**
 * A stolen card is tried out with five charges of 1.00, ten seconds apart from second 5 on, at one shop; then 5,000.00
 * is attempted at second 55. The fourth charge is flagged, the fifth blocked, the attempt declined.
 */
export const cardTestingEpisode: Episode = (run, index, startMs) => {
  const victim = makePerson(run.account('victim', index), run.random(`${NAME} ${index}`), 'US')
  const shop = merchant(index % 1_000, tradeNamed('streaming'))
  const goal = merchant(index % 1_000, tradeNamed('electronics'))
  const deviceId = favouriteDevice(victim)
  const charges: LabelledRecord[] = CHARGES_EXPECTED.map((expected, i) => {
    const eventTimeMs = startMs + FIRST_CHARGE_MS + i * CHARGE_EVERY_MS
    const transactionId = run.transactionId(NAME, `${index}.${i + 1}`)
    const charge = { transactionId, eventTimeMs, amountMinor: CHARGE_MINOR, merchant: shop, deviceId }
    return labelledPayment(cardPayment(victim, charge), fraud(NAME, expected))
  })
  const attempt = cardPayment(victim, {
    transactionId: run.transactionId(NAME, `${index}.${CHARGES + 1}`),
    eventTimeMs: startMs + FIRST_CHARGE_MS + CHARGES * CHARGE_EVERY_MS,
    amountMinor: ATTEMPT_MINOR,
    merchant: goal,
    deviceId,
  })
  return [...charges, labelledPayment(attempt, fraud(NAME, ATTEMPT_EXPECTED))]
}

export const cardTesting = repeatedly(
  NAME,
  'five charges of 1.00 within a minute, then 5,000.00: flagged at the 4th, blocked at the 5th, the last declined',
  cardTestingEpisode,
)
