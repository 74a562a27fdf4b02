import { expect, test } from 'vitest'
import { TOPICS } from '../../../schemas/topics.ts'
import type { StreamsError } from '../../../streams/errors.ts'
import { PaymentsDriver, paymentRecord, START_MS } from '../../support/payments-driver.ts'

// Goal: each store of a partition is bounded; at its bound the partition stops with the setting named and nothing half done.
const DAY_MS = 86_400_000
const ROOM = { dedupIdsMax: 10_000, sendersMax: 1_000, windowEntriesMax: 1_000 }

// biome-ignore format: a table
const BOUNDS = [
  { why: 'senders',        bounds: { ...ROOM, sendersMax: 20 },       setting: 'senders.maxPerPartition',         sender: (i: number) => `ACC-s${i}` },
  { why: 'window entries', bounds: { ...ROOM, windowEntriesMax: 20 }, setting: 'windows.maxEntriesPerPartition',  sender: (i: number) => `ACC-s${i % 5}` },
]
test.each(BOUNDS)(
  'SPEC V6: at the bound of $why the partition stops and names $setting; a larger one goes on',
  ({ bounds, setting, sender }) => {
    const payment = (i: number) => ({ transactionId: `t${i}`, senderAccountId: sender(i), eventTime: START_MS + i })
    const small = new PaymentsDriver({ bounds })
    for (let i = 0; i < 20; i++) small.decide(payment(i))
    const digest = small.stores().digest()
    let stopped: StreamsError | undefined
    try {
      small.decide(payment(20))
    } catch (error) {
      stopped = error as StreamsError
    }
    expect(stopped).toMatchObject({ code: 'ROWS_FULL', next: 'stop' })
    expect(stopped?.message).toContain(`${setting} = 20`)
    expect(small.stores().digest()).toBe(digest)
    const large = new PaymentsDriver({ bounds: ROOM })
    for (let i = 0; i < 21; i++) large.decide(payment(i))
  },
)

test('SPEC V6: what a window no longer holds makes room', () => {
  const driver = new PaymentsDriver({ bounds: { ...ROOM, windowEntriesMax: 20 } })
  for (let i = 0; i < 200; i++)
    driver.decide({ transactionId: `t${i}`, senderAccountId: `ACC-s${i % 7}`, eventTime: START_MS + i * 20_000 })
  expect(driver.stores().entries.size).toBeLessThanOrEqual(20)
})

test('SPEC S2: idle senders are evicted after 90 days, but not while a standing holds', () => {
  const driver = new PaymentsDriver()
  for (let i = 0; i < 100; i++) driver.decide({ transactionId: `t${i}`, senderAccountId: `ACC-s${i}` })
  const block = { kind: 'ACCOUNT_BLOCKED', eventTime: START_MS } as const
  driver.control({ ...block, accountId: 'ACC-s1' }, 'board')
  driver.control({ ...block, accountId: 'ACC-s2', until: START_MS + DAY_MS }, 'board')
  const { senders, watches } = driver.stores()
  const rows = () => [senders.rows.size, watches.rows.size]
  const passTime = (ms: number) => {
    driver.decide({ transactionId: `at${ms}`, senderAccountId: 'ACC-x', eventTime: START_MS + ms })
    driver.stores().expire(true)
  }
  passTime(90 * DAY_MS)
  expect(rows()).toEqual([101, 2])
  passTime(90 * DAY_MS + 1)
  expect(rows()).toEqual([3, 2])
  passTime(91 * DAY_MS + 1)
  expect(rows()).toEqual([2, 1])
  expect(
    driver.decide({ transactionId: 'last', senderAccountId: 'ACC-s1', eventTime: START_MS + 91 * DAY_MS }).decidedBy,
  ).toBe('HARD_BLOCK')
})

test('SPEC X1: a partition that stops within a batch has decided what came before, and nothing after', () => {
  const driver = new PaymentsDriver({ bounds: { ...ROOM, sendersMax: 10 } })
  const records = Array.from({ length: 15 }, (_, i) =>
    paymentRecord({ transactionId: `t${i}`, senderAccountId: `ACC-s${i}` }),
  )
  const { name } = TOPICS.paymentsSubmitted
  expect(() => driver.driver.pipeBatch(name, records, { appendTimeMs: START_MS })).toThrow(/senders\.maxPerPartition/)
  expect(driver.readOutputs().decisions.map(({ inputOffset }) => inputOffset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
