import { expect, test } from 'vitest'
import type { DeadLetterReason } from '../../../schemas/generated/enums.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { encodePaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { APPEND_TIME_MS, PLAIN_PAYMENT, type RecordPlace, submit } from './submitted-payment.ts'

// Goal: each check at its edges, and which of two broken rules names the reason.

interface Row {
  readonly clause: string
  readonly why: string
  readonly fields?: Partial<PaymentSubmitted>
  readonly place?: RecordPlace
  readonly reason: DeadLetterReason | null
}

const id = (length: number) => 'i'.repeat(length)

const TABLE: readonly Row[] = [
  { clause: 'R1', why: 'the least payment', reason: null },
  { clause: 'R1', why: 'an id of 64', fields: { transactionId: id(64) }, reason: null },
  { clause: 'R1', why: 'an id of 65', fields: { transactionId: id(65) }, reason: 'BAD_ID' },
  { clause: 'R1', why: 'no id', fields: { transactionId: '' }, reason: 'BAD_ID' },
  { clause: 'R1', why: 'an id with a colon', fields: { transactionId: 'tx:1' }, reason: 'BAD_ID' },
  { clause: 'R1', why: 'an idempotency key of 255', fields: { idempotencyKey: id(255) }, reason: null },
  { clause: 'R1', why: 'an idempotency key of 256', fields: { idempotencyKey: id(256) }, reason: 'BAD_ID' },
  { clause: 'R1', why: 'an empty idempotency key', fields: { idempotencyKey: '' }, reason: 'BAD_ID' },
  { clause: 'R1', why: 'first and last of visible ASCII', fields: { idempotencyKey: '!~' }, reason: null },
  { clause: 'R1', why: 'a space in an idempotency key', fields: { idempotencyKey: 'a b' }, reason: 'BAD_ID' },
  { clause: 'R1', why: 'delete in an idempotency key', fields: { idempotencyKey: 'a\u007f' }, reason: 'BAD_ID' },
  { clause: 'R1', why: 'an account with a colon', fields: { senderAccountId: 'iban:DE1' }, reason: null },
  { clause: 'R1', why: 'an account with a space', fields: { senderAccountId: 'ACC 1' }, reason: 'BAD_PARTIES' },
  { clause: 'R1', why: 'no receiver', fields: { receiverAccountId: '' }, reason: 'BAD_PARTIES' },
  { clause: 'R1', why: 'a receiver of 65', fields: { receiverAccountId: id(65) }, reason: 'BAD_PARTIES' },
  { clause: 'R1', why: 'to oneself', fields: { receiverAccountId: 'ACC-1' }, reason: 'BAD_PARTIES' },
  { clause: 'R1', why: 'one letter more than oneself', fields: { receiverAccountId: 'ACC-11' }, reason: null },
  { clause: 'R3', why: 'another key', place: { key: 'ACC-9' }, reason: 'WRONG_PARTITION' },
  { clause: 'R3', why: 'a key that goes on', place: { key: 'ACC-11' }, reason: 'WRONG_PARTITION' },
  { clause: 'R3', why: 'no key', place: { key: null }, reason: 'WRONG_PARTITION' },
  { clause: 'R3', why: 'the key of another partition', place: { partition: 11 }, reason: 'WRONG_PARTITION' },
  { clause: 'R1', why: 'nothing, by card: an account verification', fields: { amountMinor: 0 }, reason: null },
  { clause: 'R1', why: 'nothing, by transfer', fields: { amountMinor: 0, kind: 'transfer' }, reason: 'BAD_AMOUNT' },
  { clause: 'R1', why: 'less than nothing', fields: { amountMinor: -1 }, reason: 'BAD_AMOUNT' },
  { clause: 'R1', why: '2^53 - 1', fields: { amountMinor: Number.MAX_SAFE_INTEGER }, reason: null },
  { clause: 'R1', why: 'lower case', fields: { currency: 'usd' }, reason: null },
  { clause: 'R1', why: 'a currency of nobody', fields: { currency: 'XXX' }, reason: 'BAD_CURRENCY' },
  { clause: 'R1', why: 'a withdrawn currency', fields: { currency: 'HRK' }, reason: 'BAD_CURRENCY' },
  { clause: 'R1', why: 'no currency', fields: { currency: '' }, reason: 'BAD_CURRENCY' },
  { clause: 'R1', why: 'the first ms of 2000', fields: { eventTime: 946_684_800_000 }, reason: null },
  { clause: 'R1', why: 'the last ms of 1999', fields: { eventTime: 946_684_799_999 }, reason: 'BAD_TIME' },
  { clause: 'R1', why: 'a time in s', fields: { eventTime: 1_764_000_000 }, reason: 'BAD_TIME' },
  { clause: 'V5', why: 'exactly 60 s ahead', fields: { eventTime: APPEND_TIME_MS + 60_000 }, reason: null },
  { clause: 'V5', why: '1 ms more', fields: { eventTime: APPEND_TIME_MS + 60_001 }, reason: 'FUTURE_EVENT' },
  { clause: 'V5', why: 'a time in us', fields: { eventTime: 1_764_000_000_000_000 }, reason: 'FUTURE_EVENT' },
  { clause: 'R1', why: 'a region', fields: { region: 'DE' }, reason: null },
  { clause: 'R1', why: 'a region of nobody', fields: { region: 'ZZ' }, reason: 'BAD_REGION' },
  { clause: 'R1', why: 'a region in lower case', fields: { region: 'de' }, reason: 'BAD_REGION' },
  { clause: 'R1', why: 'an empty region', fields: { region: '' }, reason: 'BAD_REGION' },
  { clause: 'R1', why: 'the far corner', fields: { latitude: -90, longitude: 180 }, reason: null },
  { clause: 'R1', why: 'a latitude of 90.1', fields: { latitude: 90.1, longitude: 0 }, reason: 'BAD_POSITION' },
  { clause: 'R1', why: 'a longitude of -180.1', fields: { latitude: 0, longitude: -180.1 }, reason: 'BAD_POSITION' },
  { clause: 'R1', why: 'a latitude of NaN', fields: { latitude: Number.NaN, longitude: 0 }, reason: 'BAD_POSITION' },
  {
    clause: 'R1',
    why: 'an endless longitude',
    fields: { latitude: 0, longitude: Number.POSITIVE_INFINITY },
    reason: 'BAD_POSITION',
  },
  { clause: 'R1', why: 'latitude alone', fields: { latitude: 1 }, reason: 'BAD_POSITION' },
  { clause: 'R1', why: 'longitude alone', fields: { longitude: 1 }, reason: 'BAD_POSITION' },
  { clause: 'X5', why: 'a merchant of 256', fields: { merchantId: id(256) }, reason: null },
  { clause: 'X5', why: 'a merchant of 257', fields: { merchantId: id(257) }, reason: 'TOO_LARGE' },
  { clause: 'X5', why: 'a device of 257', fields: { deviceId: id(257) }, reason: 'TOO_LARGE' },
  { clause: 'X5', why: 'an email of 257', fields: { email: id(257) }, reason: 'TOO_LARGE' },
  { clause: 'X5', why: 'a masked name of 257', fields: { cardholderNameMasked: id(257) }, reason: 'TOO_LARGE' },
  {
    clause: 'X5',
    why: 'many long ones, none too long',
    fields: { merchantId: id(200), terminalId: id(200) },
    reason: null,
  },
  { clause: 'X5', why: 'a memo of 4,096', fields: { memo: id(4_096) }, reason: null },
  { clause: 'X5', why: 'a memo of 4,097', fields: { memo: id(4_097) }, reason: 'TOO_LARGE' },
  {
    clause: 'R1',
    why: 'text of many scripts',
    fields: { memo: 'Grüße, 李小龍 😀\ufeff', merchantId: 'Café' },
    reason: null,
  },
]

test.each(TABLE)('SPEC $clause: $why: $reason', ({ fields = {}, place = {}, reason }) => {
  const verdict = submit(fields, place)
  expect(verdict.reason).toBe(reason)
  expect(verdict.disposition).toBe(reason === null ? 'pending' : 'dead-letter')
  expect(verdict.detail === '').toBe(reason === null)
})

const FIRST = [
  { breaks: ['BAD_ID', 'BAD_PARTIES'], fields: { transactionId: '', receiverAccountId: '' } },
  { breaks: ['BAD_AMOUNT', 'BAD_CURRENCY'], fields: { amountMinor: -1, currency: '' } },
  { breaks: ['BAD_CURRENCY', 'BAD_TIME'], fields: { currency: '', eventTime: 0 } },
  { breaks: ['FUTURE_EVENT', 'BAD_REGION'], fields: { eventTime: APPEND_TIME_MS * 2, region: '' } },
  { breaks: ['BAD_REGION', 'BAD_POSITION'], fields: { region: '', latitude: 91 } },
  { breaks: ['TOO_LARGE', 'BAD_MASK'], fields: { memo: id(5_000), cardMasked: 'x' } },
  { breaks: ['BAD_MASK', 'BAD_PAN'], fields: { pan: '1', cardMasked: 'x' } },
  { breaks: ['BAD_PAN', 'PAN_IN_ID'], fields: { pan: '1', transactionId: '4111111111111111' } },
]
test.each(FIRST)('SPEC X5: of $breaks the first names the reason', ({ breaks, fields }) => {
  expect(submit(fields).reason).toBe(breaks[0])
})

const BAD_UTF8 = [
  { bytes: [0x80], why: 'a continuation alone' },
  { bytes: [0xc3], why: 'cut short' },
  { bytes: [0xc0, 0xaf], why: 'overlong' },
  { bytes: [0xe0, 0x80, 0xaf], why: 'overlong in three' },
  { bytes: [0xed, 0xa0, 0x80], why: 'a surrogate' },
  { bytes: [0xf4, 0x90, 0x80, 0x80], why: 'past U+10FFFF' },
  { bytes: [0xf5, 0x80, 0x80, 0x80], why: 'a lead byte that is none' },
  { bytes: [0xe2, 0x82, 0x41], why: 'a letter inside' },
]
test.each(BAD_UTF8)('SPEC X5: a string that is not UTF-8: $why', ({ bytes }) => {
  const value = encodePaymentSubmitted({ ...PLAIN_PAYMENT, memo: `memo ${'~'.repeat(bytes.length)}`, deviceId: 'ü' })
  value.set(bytes, value.length - bytes.length)
  const verdict = submit({}, { value })
  expect(verdict.reason).toBe('BAD_TEXT')
  expect(verdict.detail).toBe('memo is not UTF-8')
})
