import { describe, expect, test } from 'vitest'
import { FDH_COLUMNS, FdhHeaderError, readFdh } from '../../../producers/import/fdh.ts'
import { paymentSubmittedDefaults } from '../../../schemas/generated/payment-submitted.ts'
import { StreamsError } from '../../../streams/errors.ts'
import { SkippingClock } from '../faulty-log.ts'
import { imported, sourceOf } from './imported.ts'

// Goal: every row of the handbook's format is a payment or is reported with its line, none is lost or moved.
const HEADER = `${FDH_COLUMNS.join(',')}\n`
const START_MS = Date.UTC(2018, 3, 1)

describe('fdh import', () => {
  test('SPEC R1: a row is a card payment in euros at its own event time, the terminal being the receiver', async () => {
    const { payments, labels } = await imported(sourceOf(`${HEADER}748067,6739220,2400,7641,27.6,1,2\n`), readFdh)
    expect(payments).toEqual([
      {
        ...paymentSubmittedDefaults,
        transactionId: '748067',
        eventTime: START_MS + 6_739_220_000,
        senderAccountId: 'customer-2400',
        receiverAccountId: 'terminal-7641',
        amountMinor: 2760,
        currency: 'EUR',
        kind: 'card',
        channel: 'pos',
        terminalId: '7641',
      },
    ])
    expect(labels).toEqual(['748067,1,fdh-terminal'])
  })

  test('fdh import: a customer and a terminal of one number are two parties', async () => {
    const { payments } = await imported(sourceOf(`${HEADER}1,0,77,77,1.00,0,0\n`), readFdh)
    expect(payments[0]?.senderAccountId).not.toBe(payments[0]?.receiverAccountId)
  })

  test('fdh import: counts zero and rounded amounts, frauds, disorder, and keeps the order of the file', async () => {
    const rows = ['1,100,1,1,0.0,0,0', '2,160,2,1,1108.8500000000001,1,1', '3,130,3,1,5.5,1,3', '4,160,4,1,1,0,0']
    const { payments, summary, progress } = await imported(sourceOf(HEADER + rows.join('\n')), readFdh)
    expect(payments.map((payment) => payment.transactionId)).toEqual(['1', '2', '3', '4'])
    expect(payments.map((payment) => payment.amountMinor)).toEqual([0, 110_885, 550, 100])
    expect(summary).toEqual({
      rows: 4,
      sent: 4,
      bad: 0,
      frauds: 2,
      zeroAmounts: 1,
      roundedAmounts: 1,
      outOfOrder: 1,
      disorderMsMax: 30_000,
      firstEventMs: START_MS + 100_000,
      lastEventMs: START_MS + 160_000,
    })
    expect(progress.at(-1)).toEqual({ summary, bytesRead: progress.at(-1)?.bytesTotal, bytesTotal: expect.any(Number) })
  })

  test.each([
    { why: 'a column less', row: '1,0,1,1,1.00,0', field: null },
    { why: 'a column more', row: '1,0,1,1,1.00,0,0,0', field: null },
    { why: 'an id with a space', row: 'a b,0,1,1,1.00,0,0', field: 'TRANSACTION_ID' },
    { why: 'no id', row: ',0,1,1,1.00,0,0', field: 'TRANSACTION_ID' },
    { why: 'a fraction of a second', row: '1,0.5,1,1,1.00,0,0', field: 'TX_TIME_SECONDS' },
    { why: 'a time before the start', row: '1,-1,1,1,1.00,0,0', field: 'TX_TIME_SECONDS' },
    { why: 'a time in milliseconds', row: '1,6739220000,1,1,1.00,0,0', field: 'TX_TIME_SECONDS' },
    { why: 'no customer', row: '1,0,,1,1.00,0,0', field: 'CUSTOMER_ID' },
    { why: 'no terminal', row: '1,0,1,,1.00,0,0', field: 'TERMINAL_ID' },
    { why: 'a negative amount', row: '1,0,1,1,-1.00,0,0', field: 'TX_AMOUNT' },
    { why: 'an exponent', row: '1,0,1,1,1e3,0,0', field: 'TX_AMOUNT' },
    { why: 'half a cent', row: '1,0,1,1,1.005,0,0', field: 'TX_AMOUNT' },
    { why: 'too much money', row: '1,0,1,1,99999999999999999,0,0', field: 'TX_AMOUNT' },
    { why: 'a label that is none', row: '1,0,1,1,1.00,2,0', field: 'TX_FRAUD' },
    { why: 'a scenario that is none', row: '1,0,1,1,1.00,0,4', field: 'TX_FRAUD_SCENARIO' },
    { why: 'a scenario in words', row: '1,0,1,1,1.00,0,toString', field: 'TX_FRAUD_SCENARIO' },
  ])('fdh import: $why is reported with its line, and the next row goes on', async ({ row, field }) => {
    const { payments, bad, summary } = await imported(sourceOf(`${HEADER}${row}\r\n9,1,1,1,1.00,0,0\r\n`), readFdh)
    expect(bad).toEqual([{ line: 2, field, reason: expect.any(String) }])
    expect(payments.map((payment) => payment.transactionId)).toEqual(['9'])
    expect(summary).toMatchObject({ rows: 2, sent: 1, bad: 1 })
  })

  test('fdh import: bytes that are not UTF-8 and lines without end are reported, not held', async () => {
    const long = 'x'.repeat(300_000)
    const bytes = Buffer.concat([
      Buffer.from(`${HEADER}${long}\n`),
      Buffer.from([0xff, 10]),
      Buffer.from('9,1,1,1,1.00,0,0'),
    ])
    const { bad, payments } = await imported(sourceOf(bytes, { chunkBytes: 65_536 }), readFdh)
    expect(bad).toEqual([
      { line: 2, field: null, reason: 'is too long' },
      { line: 3, field: null, reason: 'is not UTF-8' },
    ])
    expect(payments).toHaveLength(1)
  })

  test.each(['', 'TRANSACTION_ID\n', '1,0,1,1,1.00,0,0\n'])(
    'fdh import: without its header nothing is imported',
    async (text) => {
      await expect(imported(sourceOf(text), readFdh)).rejects.toThrow(FdhHeaderError)
    },
  )

  test('fdh import: a packed file is unpacked whatever its name, and one that is cut off is an error', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => `${i},${i},1,2,1.00,0,0\n`).join('')
    const { summary } = await imported(sourceOf(HEADER + rows, { gzip: true, chunkBytes: 100 }), readFdh)
    expect(summary.sent).toBe(500)
    const whole = sourceOf(HEADER + rows, { gzip: true, chunkBytes: 100 })
    async function* cut() {
      let left = 5
      for await (const chunk of whole.bytes) if (left-- > 0) yield chunk
    }
    await expect(imported({ ...whole, bytes: cut() }, readFdh)).rejects.toThrow()
  })

  test('fdh import: what the producer refuses is a bad row; a stopped producer ends the import', async () => {
    const text = `${HEADER}1,0,1,1,1.00,0,0\n2,0,1,1,1.00,0,0\n`
    const refuse = (error: Error) => () => {
      throw error
    }
    const refused = await imported(sourceOf(text), readFdh, { send: refuse(new RangeError('4242 is no such thing')) })
    expect(refused.bad).toEqual([
      { line: 2, field: null, reason: 'holds a value outside its type' },
      { line: 3, field: null, reason: 'holds a value outside its type' },
    ])
    const stopped = imported(sourceOf(text), readFdh, { send: refuse(new StreamsError('DISK_FULL', 'stop', 'full')) })
    await expect(stopped).rejects.toMatchObject({ code: 'DISK_FULL' })
  })

  test('fdh import: at a multiple of real time each payment is due by its event time', async () => {
    const clock = new SkippingClock()
    const startMs = clock.now()
    const sentAfterMs: number[] = []
    const text = `${HEADER}1,100,1,1,1.00,0,0\n2,110,1,1,1.00,0,0\n3,105,1,1,1.00,0,0\n4,700,1,1,1.00,0,0\n`
    await imported(sourceOf(text), readFdh, {
      clock,
      speed: 60,
      send: () => {
        sentAfterMs.push(Math.round(clock.now() - startMs))
        return undefined
      },
    })
    expect(sentAfterMs).toEqual([0, 167, 167, 10_000])
    await expect(imported(sourceOf(text), readFdh, { speed: 0 })).rejects.toThrow(RangeError)
  })
})
