import { SLACK_BYTES } from '../../schemas/avro/bytes.ts'
import { FRAME_BYTES, putFrame } from '../../schemas/avro/framing.ts'
import type { DeadLetterReason } from '../../schemas/generated/enums.ts'
import {
  encodePaymentSubmitted,
  type PaymentSubmitted,
  PaymentSubmittedReader,
  paymentSubmittedDefaults,
} from '../../schemas/generated/payment-submitted.ts'
import type { Disposition } from '../../streams/disposition.ts'

/**
 * Bad inputs as records of `payments.submitted`, and what becomes of each. The numbers are those of a list of 40; what
 * is missing concerns the API alone (10 to 13, 26, 28 to 30, 40), lists of names (37) or windows (39).
 */
export interface BadInput {
  readonly row: number
  readonly why: string
  readonly fields?: Partial<PaymentSubmitted>
  /** The record key; the sender where it is left out. */
  readonly key?: string | null
  /** Makes the value from the frame and encoding that a good producer would have sent. */
  readonly value?: (framed: Uint8Array) => Uint8Array | null
  /** A payment that the same partition has taken before this one. */
  readonly before?: Partial<PaymentSubmitted>
  readonly disposition: Disposition
  readonly reason?: DeadLetterReason
  /** Fields of the decision, where they are not what was sent. */
  readonly decided?: Partial<Record<DecidedField, string | null>>
}

export type DecidedField =
  | 'merchantId'
  | 'merchantCategory'
  | 'terminalId'
  | 'deviceId'
  | 'cardMasked'
  | 'emailMasked'
  | 'ipMasked'
  | 'memo'

export const APPENDED_AT_MS = 1_764_000_000_000

/** What each row changes. */
export const GOOD_PAYMENT: PaymentSubmitted = {
  ...paymentSubmittedDefaults,
  transactionId: 'tx-good',
  eventTime: APPENDED_AT_MS,
  senderAccountId: 'ACC-1',
  receiverAccountId: 'ACC-2',
  amountMinor: 1_050,
  currency: 'EUR',
  kind: 'card',
  channel: 'ecommerce',
}

/** The record's value, framed with `schemaId`; null for a tombstone. */
export function valueOfInput(input: Pick<BadInput, 'fields' | 'value'>, schemaId: number): Uint8Array | null {
  const encoded = encodePaymentSubmitted({ ...GOOD_PAYMENT, ...input.fields })
  const framed = new Uint8Array(FRAME_BYTES + encoded.length)
  putFrame(new DataView(framed.buffer), 0, schemaId)
  framed.set(encoded, FRAME_BYTES)
  return input.value === undefined ? framed : input.value(framed)
}

/** The value with the encoding of one field replaced. */
const withField = (field: 'eventTime' | 'amountMinor', bytes: readonly number[]) => (framed: Uint8Array) => {
  const roomy = new Uint8Array(framed.length + SLACK_BYTES)
  roomy.set(framed)
  const reader = new PaymentSubmittedReader()
  reader.wrap(roomy, new DataView(roomy.buffer), FRAME_BYTES, framed.length)
  const [from, to] =
    field === 'eventTime'
      ? [reader.eventTimeField, reader.senderAccountIdField]
      : [reader.amountMinorField, reader.currencyField]
  return Uint8Array.of(...framed.subarray(0, from), ...bytes, ...framed.subarray(to))
}

/** Avro's encoding of a long that no number holds. */
function longBytes(value: bigint): number[] {
  const bytes: number[] = []
  let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; zigzag > 127n; zigzag >>= 7n) bytes.push(Number(zigzag & 127n) | 128)
  return [...bytes, Number(zigzag)]
}

const withByte = (at: number, byte: number) => (framed: Uint8Array) => framed.with(at, byte)
/** The last bytes of the value, which are those of the memo. */
const withTail =
  (...tail: readonly number[]) =>
  (framed: Uint8Array) => {
    const value = framed.slice()
    value.set(tail, value.length - tail.length)
    return value
  }

const padded = (more: number) => (framed: Uint8Array) => {
  const value = new Uint8Array(framed.length + more)
  value.set(framed)
  return value
}

const CARD = '4111111111111111'
const MASKED = 'XXXX-XXXX-XXXX-1111'
const REDACTED = 'XXXXXXXXXXXX1111'
const HOSTILE_TEXTS = [
  '=HYPERLINK("http://x")',
  '<script>alert(1)</script>',
  '\u001b[31mred',
  '$\u007bjndi:ldap://x}',
  'a\r\nb',
]

type Fields = Partial<PaymentSubmitted>

/** A payment that is decided, with what its decision holds in place of what was sent. */
const taken = (row: number, why: string, fields: Fields, decided: BadInput['decided'] = {}): BadInput => {
  return { row, why, fields, decided, disposition: 'decided' }
}

/** A payment whose fields break a rule. */
const refused = (row: number, reason: DeadLetterReason, why: string, fields: Fields): BadInput => {
  return { row, why, fields, disposition: 'dead-letter', reason }
}

/** A record whose bytes break a rule. */
const broken = (row: number, reason: DeadLetterReason, why: string, value: BadInput['value'], fields: Fields = {}) => {
  return { ...refused(row, reason, why, fields), value } as BadInput
}

export const BAD_INPUTS: readonly BadInput[] = [
  taken(1, 'separators in pan', { pan: '4111 1111-1111.1111' }, { cardMasked: MASKED }),
  taken(1, 'NBSP in pan', { pan: '4111\u00a01111\u00a01111\u00a01111' }, { cardMasked: MASKED }),
  taken(2, 'fullwidth pan', { pan: '４１１１１１１１１１１１１１１１' }, { cardMasked: MASKED }),
  taken(2, 'Arabic-Indic pan', { pan: '٤١١١١١١١١١١١١١١١' }, { cardMasked: MASKED }),
  taken(2, 'mathematical pan', { pan: '𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏' }, { cardMasked: MASKED }),
  taken(3, 'unseen characters in pan', { pan: '4111\u200d1111\u00ad1111\u202e1111' }, { cardMasked: MASKED }),
  taken(4, 'card number in memo', { memo: `pan ${CARD}` }, { memo: `pan ${REDACTED}` }),
  taken(4, 'as merchant', { merchantId: CARD }, { merchantId: REDACTED }),
  taken(4, 'as category', { merchantCategory: CARD }, { merchantCategory: REDACTED }),
  taken(4, 'as terminal', { terminalId: CARD }, { terminalId: REDACTED }),
  taken(4, 'as device', { deviceId: CARD }, { deviceId: REDACTED }),
  taken(4, 'before an @', { email: `${CARD}@a.de` }, { emailMasked: '4***@a.de' }),
  refused(4, 'PAN_IN_ID', 'as id', { transactionId: CARD }),
  refused(4, 'PAN_IN_ID', 'as sender', { senderAccountId: CARD }),
  taken(5, 'over two lines', { memo: '4111 1111\n1111 1111' }, { memo: 'XXXX XXXX\nXXXX 1111' }),
  taken(6, 'order number that fails Luhn', { memo: 'order 4111111111111112' }),
  taken(6, 'IBAN', { memo: 'DE89 3704 0044 0532 0130 00' }),
  taken(6, 'telephone', { memo: '+49 170 1234567' }),
  taken(6, 'time in ns', { memo: '1764000000000000000' }),
  taken(7, 'percent escapes', { memo: '%34%31%31%311111-1111-1111' }, { memo: 'XXXXXXXX-XXXX-1111' }),
  taken(7, 'base64', { memo: btoa(CARD) }, { memo: btoa(REDACTED) }),
  taken(7, 'JSON in a string', { memo: `{\\"p\\":\\"${CARD}\\"}` }, { memo: `{\\"p\\":\\"${REDACTED}\\"}` }),
  taken(8, 'track data', { memo: `;${CARD}=27121010000?` }, { memo: `;${REDACTED}=27121010000?` }),
  refused(9, 'BAD_PAN', 'pan of 12 digits', { pan: '411111111111' }),
  refused(9, 'BAD_PAN', 'pan of 20 digits', { pan: '41111111111111111111' }),
  refused(9, 'BAD_PAN', 'pan that fails Luhn', { pan: '4111111111111112' }),
  refused(14, 'BAD_POSITION', 'latitude NaN', { latitude: Number.NaN, longitude: 0 }),
  refused(14, 'BAD_POSITION', 'longitude without end', { latitude: 0, longitude: Number.NEGATIVE_INFINITY }),
  taken(14, 'latitude -0', { latitude: -0, longitude: 0 }),
  refused(15, 'BAD_AMOUNT', 'less than nothing', { amountMinor: -1 }),
  refused(15, 'BAD_AMOUNT', 'nothing, by transfer', { amountMinor: 0, kind: 'transfer' }),
  taken(15, 'nothing, by card', { amountMinor: 0 }),
  broken(16, 'BAD_AMOUNT', '2^53 + 1', withField('amountMinor', longBytes(2n ** 53n + 1n))),
  broken(16, 'BAD_AMOUNT', 'the largest int64', withField('amountMinor', longBytes(2n ** 63n - 1n))),
  broken(16, 'DECODE_TYPE', 'past int64', withField('amountMinor', [...longBytes(-(2n ** 63n)).slice(0, -1), 2])),
  taken(17, 'usd', { currency: 'usd' }),
  ...['US$', 'XXX', 'XTS', 'HRK', ''].map((currency) =>
    refused(17, 'BAD_CURRENCY', `currency ${JSON.stringify(currency)}`, { currency }),
  ),
  taken(18, '59 s ahead', { eventTime: APPENDED_AT_MS + 59_000 }),
  refused(18, 'FUTURE_EVENT', '10 min ahead', { eventTime: APPENDED_AT_MS + 600_000 }),
  refused(18, 'FUTURE_EVENT', 'year 9999', { eventTime: 253_370_764_800_000 }),
  {
    ...taken(19, 'an hour behind stream time: late, still decided', { eventTime: APPENDED_AT_MS - 3_600_000 }),
    before: { transactionId: 'tx-newer' },
  },
  refused(20, 'BAD_TIME', 'time in s', { eventTime: 1_764_000_000 }),
  refused(20, 'FUTURE_EVENT', 'time in us', { eventTime: 1_764_000_000_000_000 }),
  broken(20, 'FUTURE_EVENT', 'time in ns', withField('eventTime', longBytes(1_764_000_000_000_000_000n))),
  { row: 21, why: 'the same again', before: {}, disposition: 'duplicate' },
  {
    row: 22,
    why: 'the same id, another amount',
    before: { amountMinor: 9 },
    disposition: 'conflict',
    reason: 'ID_CONFLICT',
  },
  { ...taken(24, 'ids that differ in case', { transactionId: 'TX-GOOD' }), before: {} },
  ...['TX-1 ', 'ｔx-1', '', '../../etc', 'tx\u0000', 'tx\r\n1', 'x'.repeat(100_000)].map((transactionId) =>
    refused(25, 'BAD_ID', `id ${JSON.stringify(transactionId.slice(0, 20))}`, { transactionId }),
  ),
  ...['__proto__', 'toString', 'hasOwnProperty', 'constructor'].map((transactionId) =>
    taken(27, `id ${transactionId}`, { transactionId }),
  ),
  broken(31, 'BAD_MAGIC', 'another magic byte', withByte(0, 1)),
  broken(31, 'UNKNOWN_SCHEMA', 'an unknown schema', withByte(1, 0x7f)),
  broken(31, 'DECODE_TRUNCATED', 'half a frame', (framed) => framed.slice(0, 3)),
  broken(31, 'DECODE_TRUNCATED', 'no byte', () => new Uint8Array(0)),
  broken(31, 'DECODE_TRUNCATED', 'a byte too few', (framed) => framed.slice(0, -1)),
  broken(31, 'DECODE_TRAILING', 'a byte too many', padded(1)),
  broken(31, 'DECODE_TYPE', 'a branch that is none', withTail(4)),
  broken(32, 'NULL_VALUE', 'a tombstone', () => null),
  { ...refused(32, 'WRONG_PARTITION', 'no key', {}), key: null },
  broken(33, 'TOO_LARGE', 'a value over 262,144 bytes', padded(262_144)),
  refused(33, 'TOO_LARGE', 'a memo over 4,096 bytes', { memo: 'm'.repeat(4_097) }),
  broken(34, 'BAD_TEXT', 'invalid UTF-8', withTail(0xff), { memo: 'memo' }),
  broken(34, 'BAD_TEXT', 'a lone surrogate', withTail(0xed, 0xa0, 0x80), { memo: 'memo' }),
  taken(34, 'a byte order mark is a character', { memo: '\ufeffmemo' }),
  ...HOSTILE_TEXTS.map((memo) => taken(35, `kept as it is: ${JSON.stringify(memo)}`, { memo, merchantId: memo })),
  refused(36, 'BAD_PARTIES', 'to oneself', { receiverAccountId: 'ACC-1' }),
  refused(38, 'BAD_POSITION', 'latitude 91', { latitude: 91, longitude: 0 }),
  refused(38, 'BAD_REGION', 'region ZZ', { region: 'ZZ' }),
  taken(38, 'local ip', { ip: '127.0.0.1' }, { ipMasked: '127.0.x.x' }),
  taken(38, 'IPv4 in IPv6', { ip: '::ffff:127.0.0.1' }, { ipMasked: '::x' }),
  taken(38, 'octal ip', { ip: '0177.0.0.1' }, { ipMasked: 'X' }),
]
