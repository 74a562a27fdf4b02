import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import type { StreamsError } from '../../../streams/errors.ts'
import { PaymentsDriver, PLAIN_PAYMENT, START_MS } from '../../support/payments-driver.ts'

// Goal: an exact answer over the horizon, to the ms and to the field of the content.
const HOUR_MS = 3_600_000

// biome-ignore format: a table
const HORIZON = [
  { why: 'exactly the horizon after its first sight it is remembered', steps: 'A@0 B@3600000 A@3600000', expected: 'decided decided duplicate' },
  { why: 'one ms of stream time later it is forgotten',                steps: 'A@0 B@3600001 A@3600001', expected: 'decided decided decided' },
  { why: 'the repeat\'s own time does not count, only stream time',    steps: 'A@0 A@3600001',           expected: 'decided duplicate' },
  { why: 'stream time right after the first sight begins the horizon', steps: 'B@9000 A@0 B2@3609000 A@0', expected: 'decided decided decided duplicate' },
  { why: 'and not the event time of an out-of-order first sight',      steps: 'B@9000 A@0 B2@3609001 A@0', expected: 'decided decided decided decided' },
  { why: 'a duplicate does not renew the first sight',                 steps: 'A@0 A@1000 B@3600001 A@3600001', expected: 'decided duplicate decided decided' },
  { why: 'forgotten, it is a first sight with a horizon of its own',   steps: 'A@0 B@3600001 A@3600001 C@7200001 A@7200001', expected: 'decided decided decided decided duplicate' },
  { why: 'a late payment is remembered too',                           steps: 'B@100000 A@0 A@0',        expected: 'decided decided duplicate' },
] as const
test.each(HORIZON)('SPEC D1: $why: $steps', ({ steps, expected }) => {
  const driver = new PaymentsDriver()
  const dispositions = steps.split(' ').map((step) => {
    const [transactionId, ms] = step.split('@')
    return driver.pay({ transactionId: transactionId!, eventTime: START_MS + Number(ms) }).disposition
  })
  expect(dispositions.join(' ')).toBe(expected)
})

const FIRST: PaymentSubmitted = {
  ...PLAIN_PAYMENT,
  transactionId: 'A',
  merchantId: 'shop',
  pan: '4111111111111111',
  ip: '203.0.113.9',
  deviceId: 'd1',
  memo: 'a',
  region: 'DE',
}

// biome-ignore format: a table
const CONTENT: readonly { readonly why: string; readonly change: Partial<PaymentSubmitted>; readonly same: boolean }[] = [
  { why: 'the same bytes',                         change: {},                                       same: true },
  { why: 'restamped',                              change: { eventTime: START_MS + 777 },            same: true },
  { why: 'from another address',                   change: { ip: '198.51.100.1' },                   same: true },
  { why: 'from another device',                    change: { deviceId: 'd2' },                       same: true },
  { why: 'with another idempotency key',           change: { idempotencyKey: 'again' },              same: true },
  { why: 'with another memo',                      change: { memo: 'b' },                            same: true },
  { why: 'in another region and channel',          change: { region: 'FR', channel: 'pos' },         same: true },
  { why: 'the currency in lower case',             change: { currency: 'eur' },                      same: true },
  { why: 'another card with the same last four',   change: { pan: '4000000000061111' },              same: true },
  { why: 'another amount',                         change: { amountMinor: 1_001 },                   same: false },
  { why: 'another currency',                       change: { currency: 'USD' },                      same: false },
  { why: 'another kind',                           change: { kind: 'refund' },                       same: false },
  { why: 'another receiver',                       change: { receiverAccountId: 'ACC-3' },           same: false },
  { why: 'another merchant',                       change: { merchantId: 'shop2' },                  same: false },
  { why: 'no merchant',                            change: { merchantId: null },                     same: false },
  { why: 'a merchant without a name is not none',  change: { merchantId: '' },                       same: false },
  { why: 'another card',                           change: { pan: '5555555555554444' },              same: false },
  { why: 'no card',                                change: { pan: null },                            same: false },
  { why: 'what moves from receiver to merchant',   change: { receiverAccountId: 'ACC-2s', merchantId: 'hop' }, same: false },
]
test.each(CONTENT)('SPEC D2: $why: the same content: $same', ({ change, same }) => {
  const driver = new PaymentsDriver()
  driver.decide(FIRST)
  const digest = driver.stores().digest()
  const again = driver.pay({ ...FIRST, ...change })
  expect(again.decisions).toEqual([])
  expect(again.actions).toEqual([])
  expect(driver.stores().digest()).toBe(digest)
  if (same) {
    expect(again).toMatchObject({ disposition: 'duplicate', deadLetters: [], alerts: [] })
    expect(again.duplicates).toEqual([
      {
        transactionId: 'A',
        senderAccountId: 'ACC-1',
        eventTime: change.eventTime ?? START_MS,
        inputTopic: 'payments.submitted',
        inputPartition: 0,
        inputOffset: 1,
        appendTime: change.eventTime ?? START_MS,
        firstOffset: 0,
        firstStreamTime: START_MS,
        semanticsVersion: 3,
      },
    ])
    return
  }
  expect(again).toMatchObject({ disposition: 'conflict', duplicates: [] })
  expect(again.deadLetters).toMatchObject([{ reason: 'ID_CONFLICT', inputOffset: 1 }])
  expect(again.alerts).toMatchObject([
    {
      kind: 'ID_CONFLICT',
      alertId: '0-1-0',
      transactionId: 'A',
      senderAccountId: 'ACC-1',
      eventTime: START_MS,
      severity: 'NONE',
    },
  ])
  expect(again.alerts[0]).toMatchObject({ velocityCount: 0, fraudCount: 0, fraudScore: 0, reasons: [] })
})

test('SPEC D2: after a conflict the first content still stands', () => {
  const driver = new PaymentsDriver()
  driver.decide(FIRST)
  driver.pay({ ...FIRST, amountMinor: 5 })
  expect(driver.pay({ ...FIRST, amountMinor: 5 }).disposition).toBe('conflict')
  expect(driver.pay(FIRST).disposition).toBe('duplicate')
})

test('SPEC D2: the same content masked by the producer, or after the key has changed, is a duplicate', () => {
  const driver = new PaymentsDriver()
  driver.decide(FIRST)
  const activated = driver.control({ kind: 'MASK_KEY_ACTIVATED', eventTime: START_MS, subject: 'k2' }, 'admin')
  expect(activated.disposition).toBe('control-applied')
  expect(driver.pay(FIRST).disposition).toBe('duplicate')
  const { pan: _pan, ip: _ip, ...rest } = FIRST
  const token = `v1:k2:${'0'.repeat(64)}`
  const masked = { ...rest, maskKeyId: 'k2', cardMasked: 'XXXX-XXXX-XXXX-1111', cardToken: token }
  expect(driver.pay(masked).disposition).toBe('duplicate')
})

test('SPEC D2: only what is left of a merchant in which a card number was found is compared', () => {
  const driver = new PaymentsDriver()
  driver.decide({ ...FIRST, merchantId: 'shop 4111111111111111' })
  expect(driver.pay({ ...FIRST, merchantId: 'shop 5500000000001111' }).disposition).toBe('conflict')
  expect(driver.pay({ ...FIRST, merchantId: 'shop XXXXXXXXXXXX1111' }).disposition).toBe('duplicate')
})

test('SPEC D6: a repeat leaves velocity, baseline, counts and stream time as they were', () => {
  const paid = (repeats: number) => {
    const driver = new PaymentsDriver()
    for (let i = 0; i < 4; i++) {
      for (let n = 0; n <= repeats; n++) driver.pay({ transactionId: `t${i}`, eventTime: START_MS + i * 1_000 + n })
    }
    return driver.decide({ transactionId: 'last', eventTime: START_MS + 5_000 })
  }
  const { decisionId, inputOffset, ...once } = paid(0)
  expect(paid(3)).toMatchObject(once)
  expect([decisionId, inputOffset]).toEqual(['0-4', 4])
})

test('SPEC D3: at the bound the partition stops with the setting named, and goes on with a larger one', () => {
  const bounds = (dedupIdsMax: number) => ({ dedupIdsMax, sendersMax: 1_000, windowEntriesMax: 1_000 })
  const small = new PaymentsDriver({ bounds: bounds(100) })
  let stopped: StreamsError | undefined
  let taken = 0
  try {
    for (; taken < 1_000; taken++) small.decide({ transactionId: `t${taken}`, eventTime: START_MS + taken })
  } catch (error) {
    stopped = error as StreamsError
  }
  expect(stopped).toMatchObject({ code: 'DEDUP_FULL', next: 'stop' })
  expect(stopped?.message).toMatch(/dedup\.maxIdsPerPartition/)
  expect(taken).toBeGreaterThanOrEqual(100)
  // The record that did not fit has changed nothing: what is known is still answered, and the same record meets the same wall.
  expect(small.pay({ transactionId: 't0' }).disposition).toBe('duplicate')
  expect(() => small.decide({ transactionId: 'new', eventTime: START_MS + taken })).toThrow(/dedup\.maxIdsPerPartition/)
  const large = new PaymentsDriver({ bounds: bounds(1_000) })
  for (let i = 0; i <= taken; i++) large.decide({ transactionId: `t${i}`, eventTime: START_MS + i })
  expect(large.pay({ transactionId: 't0' }).disposition).toBe('duplicate')
})

test('SPEC D3: what the horizon has passed makes room; no live id goes', () => {
  const driver = new PaymentsDriver({ bounds: { dedupIdsMax: 64, sendersMax: 100, windowEntriesMax: 1_000 } })
  for (let i = 0; i < 300; i++) {
    driver.decide({ transactionId: `t${i}`, eventTime: START_MS + i * 100_000 })
    // 36 steps of 100 s are the horizon.
    if (i >= 36)
      expect(driver.pay({ transactionId: `t${i - 36}`, eventTime: START_MS + i * 100_000 }).disposition).toBe(
        'duplicate',
      )
  }
})

const payment = fc.record({
  id: fc.nat({ max: 12 }),
  amountMinor: fc.constantFrom(1, 1, 1, 2),
  stepMs: fc.oneof(fc.integer({ min: -20_000, max: 900_000 }), fc.constantFrom(0, HOUR_MS, HOUR_MS + 1)),
})

test('SPEC D1, D2: property: remembered for the horizon, forgotten after it, conflicts told apart', () => {
  fc.assert(
    fc.property(fc.array(payment, { maxLength: 60 }), (payments) => {
      const driver = new PaymentsDriver()
      const first = new Map<number, { readonly streamTimeMs: number; readonly amountMinor: number }>()
      let t = START_MS
      let streamTimeMs = Number.NEGATIVE_INFINITY
      for (const { id, amountMinor, stepMs } of payments) {
        t += stepMs
        const seen = first.get(id)
        const live = seen !== undefined && streamTimeMs - seen.streamTimeMs <= HOUR_MS
        const expected = !live ? 'decided' : seen.amountMinor === amountMinor ? 'duplicate' : 'conflict'
        expect(driver.pay({ transactionId: `t${id}`, amountMinor, eventTime: t }).disposition).toBe(expected)
        if (live) continue
        streamTimeMs = Math.max(streamTimeMs, t)
        first.set(id, { streamTimeMs, amountMinor })
      }
    }),
    { numRuns: 100 },
  )
})

const restamp = fc.record({
  eventTime: fc.integer({ min: START_MS - HOUR_MS, max: START_MS + 60_000 }),
  ip: fc.option(fc.ipV4()),
  deviceId: fc.option(fc.string({ maxLength: 40, unit: 'grapheme-ascii' })),
  channel: fc.constantFrom('pos' as const, 'web' as const),
  email: fc.option(fc.constant('a@example.com')),
})

test('SPEC D2: property: a retry may be restamped in any way', () => {
  fc.assert(
    fc.property(fc.array(restamp, { maxLength: 10 }), fc.boolean(), (retries, rotated) => {
      const driver = new PaymentsDriver()
      driver.decide(FIRST)
      if (rotated) driver.control({ kind: 'MASK_KEY_ACTIVATED', eventTime: START_MS, subject: 'k2' }, 'admin')
      for (const retry of retries) {
        expect(driver.pay({ ...FIRST, ...retry }, { appendTimeMs: START_MS }).disposition).toBe('duplicate')
      }
    }),
  )
})
