import { type Expectation, fraud, genuine, type LabelledRecord, labelledPayment } from '../labelled-record.ts'
import { type Merchant, merchant, tradeNamed } from '../merchant.ts'
import { cardPayment, favouriteDevice, makePerson, type Person } from '../person.ts'
import type { Random } from '../random.ts'
import type { SimulationRun } from '../run.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'mall-burst'
const DAY_MS = 86_400_000
const HISTORY_DAYS = 30
/** The history is sent before the burst, at this pace; its event times lie in the 30 days before. */
const HISTORY_SEND_EVERY_MS = 10
const MORNING_MS = 9 * 3_600_000
const AFTERNOON_MS = 17 * 3_600_000

/** Second of the minute, trade, and minor units: the first four are the worked example's, the other two make it six. */
const VISITS = [
  { atMs: 5_000, trade: 'cafe', amountMinor: 450 },
  { atMs: 20_000, trade: 'restaurant', amountMinor: 1_200 },
  { atMs: 35_000, trade: 'clothes', amountMinor: 4_500 },
  { atMs: 45_000, trade: 'fuel', amountMinor: 3_500 },
  { atMs: 50_000, trade: 'books', amountMinor: 1_800 },
  { atMs: 55_000, trade: 'cafe', amountMinor: 420 },
] as const

/** What this sender usually spends a visit, lowest and highest: the burst lies well inside its own 5th and 95th percentile. */
const USUAL_MINOR: Record<(typeof VISITS)[number]['trade'], readonly [number, number]> = {
  cafe: [300, 500],
  restaurant: [1_000, 1_600],
  clothes: [4_300, 7_500],
  fuel: [3_000, 5_000],
  books: [1_200, 2_400],
}
const USUAL_TRADES = ['cafe', 'restaurant', 'clothes', 'fuel', 'cafe', 'clothes', 'books'] as const

/**
 * Three people at a shopping mall. The first pays four times in a minute, the second six times, both after 30 days of
 * payments of their own at the same shops: excused, nobody is blocked (SPEC S2). The third pays the second one's six
 * amounts without any history and from a new device: blocked at the fifth.
 */
export const mallBurstEpisode: Episode = (run, index, startMs) => {
  const random = run.random(`${NAME} ${index}`)
  const [four, six, stranger] = ['four', 'six', 'stranger'].map((role) =>
    makePerson(run.account(`mall-${role}`, index), random.fork(role), 'US'),
  ) as [Person, Person, Person]
  const fourHistory = history(run, four, `${index}.four`, startMs, random)
  const sixHistory = history(run, six, `${index}.six`, startMs, random)
  const burstMs = startMs + Math.max(fourHistory.length, sixHistory.length) * HISTORY_SEND_EVERY_MS
  return [
    ...fourHistory,
    ...sixHistory,
    ...burst(run, four, `${index}.four`, burstMs, 4, knownExpectation),
    ...burst(run, six, `${index}.six`, burstMs, 6, knownExpectation),
    ...burst(run, stranger, `${index}.stranger`, burstMs, 6, strangerExpectation),
  ]
}

export const mallBurst = repeatedly(
  NAME,
  'bursts of 4 and 6 purchases after 30 days of own history pass; the same 6 by a stranger are blocked at the 5th',
  mallBurstEpisode,
)

function knownExpectation(visit: number): Expectation {
  const flagged = visit >= 4
  return { disposition: 'decided', outcome: 'approve', flagged, excused: flagged, velocityCount: visit }
}

function strangerExpectation(visit: number): Expectation {
  const outcome = visit >= 5 ? 'block' : visit === 4 ? 'challenge' : 'approve'
  return { disposition: 'decided', outcome, flagged: visit >= 4, excused: false, velocityCount: visit }
}

/** Two visits a day, morning and afternoon, never within the same hour. */
function history(run: SimulationRun, person: Person, id: string, startMs: number, random: Random): LabelledRecord[] {
  const firstDayMs = Math.floor((startMs - HISTORY_DAYS * DAY_MS) / DAY_MS) * DAY_MS
  const visits = Array.from({ length: 2 * HISTORY_DAYS }, (_, i) => {
    const trade = USUAL_TRADES[i % USUAL_TRADES.length] ?? 'cafe'
    const [lowMinor, highMinor] = USUAL_MINOR[trade]
    const hourMs = (i % 2 === 0 ? MORNING_MS : AFTERNOON_MS) + random.below(3_600_000)
    return cardPayment(person, {
      transactionId: run.transactionId(NAME, `${id}.h${i + 1}`),
      eventTimeMs: firstDayMs + Math.floor(i / 2) * DAY_MS + hourMs,
      amountMinor: random.between(lowMinor, highMinor),
      merchant: shopOf(person, trade),
      deviceId: favouriteDevice(person),
    })
  })
  return visits.map((payment, i) => ({
    ...labelledPayment(payment, genuine(NAME, { disposition: 'decided', outcome: 'approve', flagged: false })),
    intendedSendMs: startMs + i * HISTORY_SEND_EVERY_MS,
  }))
}

function burst(
  run: SimulationRun,
  person: Person,
  id: string,
  startMs: number,
  visits: number,
  expected: (visit: number) => Expectation,
): LabelledRecord[] {
  const label = expected === strangerExpectation ? fraud : genuine
  return VISITS.slice(0, visits).map(({ atMs, trade, amountMinor }, i) =>
    labelledPayment(
      cardPayment(person, {
        transactionId: run.transactionId(NAME, `${id}.${i + 1}`),
        eventTimeMs: startMs + atMs,
        amountMinor,
        merchant: shopOf(person, trade),
        deviceId: favouriteDevice(person),
      }),
      label(NAME, expected(i + 1)),
    ),
  )
}

/** Each person has one shop of a trade. */
function shopOf(person: Person, trade: string): Merchant {
  return merchant(person.homeHour, tradeNamed(trade))
}
