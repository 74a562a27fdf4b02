import { expect, test } from 'vitest'
import type { Decision } from '../../../schemas/generated/decision.ts'
import type { Signal } from '../../../schemas/generated/enums.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { PaymentsDriver, START_MS } from '../../support/payments-driver.ts'

// Goal: each signal at its edge: it hits, it does not, or a missing field keeps it from being judged (SPEC S1).
// Method: a row is a history, one payment a line, and then the payment that is asked about.
type Fields = Partial<PaymentSubmitted> & { readonly atMs?: number }

interface Row {
  readonly why: string
  readonly before?: readonly Fields[]
  readonly fields: Fields
  readonly verdict: 'hit' | 'miss' | 'missing'
}

/** 2026-06-01 00:00 UTC. */
const MIDNIGHT_MS = START_MS - 12 * 3_600_000
const HOUR_MS = 3_600_000

function decisionOn({ before = [], fields }: Row): Decision {
  const driver = new PaymentsDriver()
  const payments = [...before, fields].map(({ atMs = 0, ...payment }, i) =>
    driver.decide({ transactionId: `t${i}`, eventTime: START_MS + atMs, ...payment }),
  )
  return payments.at(-1) as Decision
}

function verdictOn(row: Row, signal: Signal): 'hit' | 'miss' | 'missing' {
  const { reasons, notEvaluated } = decisionOn(row)
  if (notEvaluated.includes(signal)) return 'missing'
  return reasons.some((reason) => reason.signal === signal) ? 'hit' : 'miss'
}

/** `count` payments, `everyMs` apart. */
const burst = (count: number, everyMs: number, fields: Fields = {}): Fields[] =>
  Array.from({ length: count }, (_, i) => ({ atMs: i * everyMs, ...fields }))
const devices = (...names: readonly string[]): Fields[] => names.map((deviceId, i) => ({ deviceId, atMs: i }))
const BERLIN = { latitude: 52.52, longitude: 13.405 }
const PARIS = { latitude: 48.8566, longitude: 2.3522 }

/** All that a payment's fields and history give: none can be added to the schema without its rows. */
type FieldSignal = Exclude<Signal, 'OTP_FAILED' | 'LISTED' | 'SCORING_ERROR'>

// 5 000 and 2 USD in other currencies, by the rates of the default rules: EUR 1.08, JPY 0.0067, KWD 3.25.
// biome-ignore format: tables
const SIGNALS: Readonly<Record<FieldSignal, readonly Row[]>> = {
  VELOCITY: [
    { why: 'the fourth in 60 s',                     before: burst(3, 20_000), fields: { atMs: 60_000 },   verdict: 'hit' },
    { why: 'the third',                              before: burst(2, 20_000), fields: { atMs: 60_000 },   verdict: 'miss' },
  ],
  TINY_EQUAL: [
    { why: 'four of 1.00',                           before: burst(3, 1, { amountMinor: 100 }), fields: { amountMinor: 100, atMs: 3 }, verdict: 'hit' },
    { why: 'three are too few',                      before: burst(2, 1, { amountMinor: 100 }), fields: { amountMinor: 100, atMs: 3 }, verdict: 'miss' },
    { why: 'exactly 2 USD in EUR, cut: 1.85',        before: burst(3, 1, { amountMinor: 185 }), fields: { amountMinor: 185, atMs: 3 }, verdict: 'hit' },
    { why: 'a cent more',                            before: burst(3, 1, { amountMinor: 186 }), fields: { amountMinor: 186, atMs: 3 }, verdict: 'miss' },
    { why: 'one of them differs',                    before: [...burst(2, 1, { amountMinor: 100 }), { amountMinor: 101 }], fields: { amountMinor: 100, atMs: 3 }, verdict: 'miss' },
    { why: 'one in another currency',                before: [...burst(2, 1, { amountMinor: 100 }), { amountMinor: 100, currency: 'USD' }], fields: { amountMinor: 100, atMs: 3 }, verdict: 'miss' },
    { why: 'one that differs has left the window',   before: [{ amountMinor: 9 }, ...burst(3, 1, { amountMinor: 100 }).map((p) => ({ ...p, atMs: 60_001 }))], fields: { amountMinor: 100, atMs: 60_001 }, verdict: 'hit' },
    { why: 'yen have no cents: 298',                 before: burst(3, 1, { amountMinor: 298, currency: 'JPY' }), fields: { amountMinor: 298, currency: 'JPY', atMs: 3 }, verdict: 'hit' },
    { why: 'a yen more',                             before: burst(3, 1, { amountMinor: 299, currency: 'JPY' }), fields: { amountMinor: 299, currency: 'JPY', atMs: 3 }, verdict: 'miss' },
    { why: 'a currency without a rate',              fields: { currency: 'THB' }, verdict: 'missing' },
  ],
  HIGH_AMOUNT: [
    { why: 'exactly 5 000 USD',                      fields: { amountMinor: 500_000, currency: 'USD' },    verdict: 'miss' },
    { why: 'a cent more',                            fields: { amountMinor: 500_001, currency: 'USD' },    verdict: 'hit' },
    { why: '5 000 USD in EUR, cut: 4 629.62',        fields: { amountMinor: 462_962 },                     verdict: 'miss' },
    { why: 'a euro cent more',                       fields: { amountMinor: 462_963 },                     verdict: 'hit' },
    { why: 'in lower case',                          fields: { amountMinor: 462_963, currency: 'eur' },    verdict: 'hit' },
    { why: 'yen have no cents: 746 268',             fields: { amountMinor: 746_268, currency: 'JPY' },    verdict: 'miss' },
    { why: 'a yen more',                             fields: { amountMinor: 746_269, currency: 'JPY' },    verdict: 'hit' },
    { why: 'dinars have three places: 1 538.461',    fields: { amountMinor: 1_538_461, currency: 'KWD' },  verdict: 'miss' },
    { why: 'a fils more',                            fields: { amountMinor: 1_538_462, currency: 'KWD' },  verdict: 'hit' },
    { why: 'a currency without a rate',              fields: { amountMinor: 9e12, currency: 'THB' },       verdict: 'missing' },
  ],
  FIRST_RECEIVER: [
    { why: 'the first to this one',                  before: [{ receiverAccountId: 'r1' }], fields: { receiverAccountId: 'r2' }, verdict: 'hit' },
    { why: 'the second',                             before: [{ receiverAccountId: 'r1' }], fields: { receiverAccountId: 'r1' }, verdict: 'miss' },
    { why: 'sixteen are known',                      before: [{ receiverAccountId: 'r' }, ...burst(15, 0).map((p, i) => ({ ...p, receiverAccountId: `x${i}` }))], fields: { receiverAccountId: 'r' }, verdict: 'miss' },
    { why: 'the least recent one goes',              before: [{ receiverAccountId: 'r' }, ...burst(16, 0).map((p, i) => ({ ...p, receiverAccountId: `x${i}` }))], fields: { receiverAccountId: 'r' }, verdict: 'hit' },
    { why: 'one used again is recent',               before: [{ receiverAccountId: 'r' }, ...burst(15, 0).map((p, i) => ({ ...p, receiverAccountId: `x${i}` })), { receiverAccountId: 'r' }, { receiverAccountId: 'y' }], fields: { receiverAccountId: 'r' }, verdict: 'miss' },
    { why: 'another sender\'s receiver is unknown',  before: [{ receiverAccountId: 'r', senderAccountId: 'ACC-9' }], fields: { receiverAccountId: 'r' }, verdict: 'hit' },
  ],
  VELOCITY_5M: [
    { why: 'ten in 5 min',                           before: burst(9, 0), fields: { atMs: 300_000 },       verdict: 'miss' },
    { why: 'eleven, both ends included',             before: burst(10, 0), fields: { atMs: 300_000 },      verdict: 'hit' },
    { why: 'eleven, a ms too far apart',             before: burst(10, 0), fields: { atMs: 300_001 },      verdict: 'miss' },
  ],
  IMPOSSIBLE_TRAVEL: [
    { why: 'Berlin to Paris, 878 km, in 58 min',     before: [BERLIN], fields: { ...PARIS, atMs: 58 * 60_000 }, verdict: 'hit' },
    { why: 'in an hour: within 900 km/h',            before: [BERLIN], fields: { ...PARIS, atMs: HOUR_MS },     verdict: 'miss' },
    { why: 'back in time is no easier',              before: [{ ...BERLIN, atMs: 9_000 }], fields: PARIS,         verdict: 'hit' },
    { why: 'at once, 48 km: positions are not exact', before: [BERLIN], fields: { latitude: 52.088, longitude: 13.405 }, verdict: 'miss' },
    { why: 'at once, 51 km',                         before: [BERLIN], fields: { latitude: 52.061, longitude: 13.405 }, verdict: 'hit' },
    { why: 'over the date line is near',             before: [{ latitude: 0, longitude: 179.9 }], fields: { latitude: 0, longitude: -179.9 }, verdict: 'miss' },
    { why: 'the antipodes',                          before: [{ latitude: 0, longitude: 0 }], fields: { latitude: 0, longitude: 180, atMs: 22 * HOUR_MS }, verdict: 'hit' },
    { why: 'another region within 2 h',              before: [{ region: 'DE' }], fields: { region: 'FR', atMs: 2 * HOUR_MS }, verdict: 'hit' },
    { why: 'a ms later',                             before: [{ region: 'DE' }], fields: { region: 'FR', atMs: 2 * HOUR_MS + 1 }, verdict: 'miss' },
    { why: 'the same region',                        before: [{ region: 'DE' }], fields: { region: 'DE' }, verdict: 'miss' },
    { why: 'coordinates on both sides go before regions', before: [{ ...BERLIN, region: 'DE' }], fields: { ...BERLIN, region: 'FR' }, verdict: 'miss' },
    { why: 'without a last position, regions',       before: [{ region: 'DE' }], fields: { ...PARIS, region: 'FR' }, verdict: 'hit' },
    { why: 'the first place of all',                 fields: PARIS, verdict: 'miss' },
    { why: 'the last place is that of the highest time', before: [{ region: 'DE', atMs: 5_000 }, { region: 'FR' }], fields: { region: 'DE', atMs: 6_000 }, verdict: 'miss' },
    { why: 'of two of the same time the later arrival', before: [{ region: 'DE' }, { region: 'FR' }], fields: { region: 'FR' }, verdict: 'miss' },
    { why: 'neither coordinates nor region',         before: [BERLIN], fields: {}, verdict: 'missing' },
  ],
  NEW_DEVICE: [
    { why: 'the first device of all',                before: [{}], fields: { deviceId: 'a' },              verdict: 'miss' },
    { why: 'another than the known one',             before: devices('a'), fields: { deviceId: 'b' },      verdict: 'hit' },
    { why: 'a known one',                            before: devices('a', 'b'), fields: { deviceId: 'a' }, verdict: 'miss' },
    { why: 'eight are known',                        before: devices('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), fields: { deviceId: 'a' }, verdict: 'miss' },
    { why: 'the ninth pushed the first out',         before: devices('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'), fields: { deviceId: 'a' }, verdict: 'hit' },
    { why: 'no device',                              before: devices('a'), fields: {},                     verdict: 'missing' },
  ],
  MANY_DEVICES: [
    { why: 'three in the hour',                      before: devices('a', 'b'), fields: { deviceId: 'c', atMs: HOUR_MS }, verdict: 'miss' },
    { why: 'four, both ends included',               before: devices('a', 'b', 'c').map((p) => ({ ...p, atMs: 0 })), fields: { deviceId: 'd', atMs: HOUR_MS }, verdict: 'hit' },
    { why: 'four, one a ms too old',                 before: devices('a', 'b', 'c').map((p, i) => ({ ...p, atMs: i })), fields: { deviceId: 'd', atMs: HOUR_MS + 1 }, verdict: 'miss' },
    { why: 'no device',                              before: devices('a', 'b', 'c', 'd'), fields: {},      verdict: 'missing' },
  ],
  RISKY_CATEGORY: [
    { why: 'a listed one',                           fields: { merchantCategory: '7995' },                 verdict: 'hit' },
    { why: 'another',                                fields: { merchantCategory: '5411' },                 verdict: 'miss' },
    { why: 'a listed one and more',                  fields: { merchantCategory: '79950' },                verdict: 'miss' },
    { why: 'no digits',                              fields: { merchantCategory: 'abcd' },                 verdict: 'miss' },
    { why: 'an empty one is one',                    fields: { merchantCategory: '' },                     verdict: 'miss' },
    { why: 'none',                                   fields: {},                                           verdict: 'missing' },
  ],
  NIGHT: [
    { why: 'midnight',                               fields: { eventTime: MIDNIGHT_MS },                   verdict: 'hit' },
    { why: 'a ms before midnight',                   fields: { eventTime: MIDNIGHT_MS - 1 },               verdict: 'miss' },
    { why: '04:59:59.999',                           fields: { eventTime: MIDNIGHT_MS + 5 * HOUR_MS - 1 }, verdict: 'hit' },
    { why: '05:00',                                  fields: { eventTime: MIDNIGHT_MS + 5 * HOUR_MS },     verdict: 'miss' },
  ],
}

const CASES = Object.entries(SIGNALS).flatMap(([signal, rows]) =>
  rows.map((row) => ({ signal: signal as Signal, ...row })),
)
test.each(CASES)('SPEC S1: $signal: $why: $verdict', ({ signal, ...row }) =>
  expect(verdictOn(row, signal)).toBe(row.verdict),
)

test('SPEC S1: signals that were not evaluated are listed in the order of the table, and give no points', () => {
  const { notEvaluated, reasons, fraudScore } = decisionOn({ why: '', fields: { currency: 'THB' }, verdict: 'missing' })
  expect(notEvaluated).toEqual([
    'TINY_EQUAL',
    'HIGH_AMOUNT',
    'IMPOSSIBLE_TRAVEL',
    'NEW_DEVICE',
    'MANY_DEVICES',
    'RISKY_CATEGORY',
  ])
  expect([reasons, fraudScore]).toEqual([[{ signal: 'FIRST_RECEIVER', points: 15 }], 15])
})

// biome-ignore format: a table
const OTP: readonly { readonly why: string; readonly codes: readonly (readonly [atMs: number, codes: number])[]; readonly hit: boolean }[] = [
  { why: 'three failed codes in one record',     codes: [[0, 3]],                          hit: true },
  { why: 'two are too few',                      codes: [[0, 2]],                          hit: false },
  { why: 'three in two records',                 codes: [[0, 1], [5, 2]],                  hit: true },
  { why: 'exactly an hour ago is in',            codes: [[-HOUR_MS + 10_000, 3]],          hit: true },
  { why: 'a ms earlier is out',                  codes: [[-HOUR_MS + 9_999, 3]],           hit: false },
  { why: 'what comes after the payment',         codes: [[10_001, 3]],                     hit: false },
  { why: 'eight records are kept',               codes: [[0, 3], ...Array.from({ length: 7 }, () => [0, 0] as const)], hit: true },
  { why: 'the ninth pushes the first out',       codes: [[0, 3], ...Array.from({ length: 8 }, () => [0, 0] as const)], hit: false },
]
test.each(OTP)('SPEC S1: OTP_FAILED: $why', ({ codes, hit }) => {
  const driver = new PaymentsDriver()
  for (const [i, [atMs, failedCodes]] of codes.entries()) {
    const { decisionId, outcome } = driver.decide({
      transactionId: `t${i}`,
      receiverAccountId: `r${i}`,
      amountMinor: 600_000,
      eventTime: START_MS + i * 61_000,
    })
    expect(outcome).toBe('challenge')
    const end = {
      kind: 'CHALLENGE_FAILED',
      eventTime: START_MS + codes.length * 61_000 + atMs,
      decisionId,
      failedCodes,
    } as const
    expect(driver.control(end, 'api')).toMatchObject({
      disposition: 'control-applied',
      resolutions: [{ outcome: 'failed' }],
    })
  }
  const { reasons } = driver.decide({ transactionId: 'asked', eventTime: START_MS + codes.length * 61_000 + 10_000 })
  expect(reasons.some(({ signal }) => signal === 'OTP_FAILED')).toBe(hit)
})
