import { FRAME_BYTES, putFrame } from '../../schemas/avro/framing.ts'
import { encodePaymentSubmitted, type PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { merchant, tradeNamed } from './merchant.ts'
import { cardPayment, favouriteDevice, type Person } from './person.ts'

/** What a forged value is made from. */
export interface ForgerySubject {
  readonly person: Person
  readonly transactionId: string
  readonly eventTimeMs: number
  readonly schemaId: number
}

/** One way for a record value to be no payment, and the reason code that it must be given. */
export interface Forgery {
  readonly why: string
  readonly reason: string
  value(subject: ForgerySubject): Uint8Array | null
}

const VALUE_BYTES_MAX = 262_144
const NO_SUCH_SCHEMA_ID = 0x7fff_fffe
/** Breaks Luhn's check: a test card number with its last digit changed. */
const BAD_PAN = '4242424242424241'
const TEST_PAN = '4242424242424242'

/** Values that fail as bytes, then well-formed Avro whose fields fail, in the order in which admission checks them. */
export const FORGERIES: readonly Forgery[] = [
  { why: 'a tombstone', reason: 'NULL_VALUE', value: () => null },
  { why: 'JSON instead of Avro', reason: 'BAD_MAGIC', value: () => new TextEncoder().encode('{"amount":"1.00"}') },
  { why: 'four bytes', reason: 'DECODE_TRUNCATED', value: () => new Uint8Array(4) },
  {
    why: 'a schema id that nobody gave out',
    reason: 'UNKNOWN_SCHEMA',
    value: (of) => payment(of, {}, NO_SUCH_SCHEMA_ID),
  },
  { why: 'cut in the middle', reason: 'DECODE_TRUNCATED', value: cutInTheMiddle },
  { why: 'one byte too many', reason: 'DECODE_TRAILING', value: oneByteTooMany },
  { why: 'a kind that the enum lacks', reason: 'DECODE_TYPE', value: unknownKind },
  { why: 'an id with a space', reason: 'BAD_ID', value: (of) => payment(of, { transactionId: 'two words' }) },
  { why: 'an empty id', reason: 'BAD_ID', value: (of) => payment(of, { transactionId: '' }) },
  { why: 'pays itself', reason: 'BAD_PARTIES', value: (of) => payment(of, { receiverAccountId: of.person.account }) },
  { why: 'the key is not the sender', reason: 'WRONG_PARTITION', value: otherSender },
  { why: 'a negative amount', reason: 'BAD_AMOUNT', value: (of) => payment(of, { amountMinor: -1 }) },
  {
    why: 'a transfer of nothing',
    reason: 'BAD_AMOUNT',
    value: (of) => payment(of, { kind: 'transfer', amountMinor: 0 }),
  },
  { why: 'a currency for tests', reason: 'BAD_CURRENCY', value: (of) => payment(of, { currency: 'XTS' }) },
  { why: 'seconds taken for milliseconds', reason: 'BAD_TIME', value: secondsAsMilliseconds },
  { why: 'a country that is none', reason: 'BAD_REGION', value: (of) => payment(of, { region: 'ZZ' }) },
  { why: 'north of the pole', reason: 'BAD_POSITION', value: (of) => payment(of, { latitude: 91, longitude: 0 }) },
  { why: 'half a position', reason: 'BAD_POSITION', value: (of) => payment(of, { latitude: 40 }) },
  { why: 'a device id of a page', reason: 'TOO_LARGE', value: (of) => payment(of, { deviceId: 'd'.repeat(257) }) },
  { why: 'not UTF-8', reason: 'BAD_TEXT', value: notUtf8 },
  { why: 'raw and masked at once', reason: 'BAD_MASK', value: (of) => payment(of, { cvvMasked: 'XXX' }) },
  { why: 'a card number that fails its check', reason: 'BAD_PAN', value: (of) => payment(of, { pan: BAD_PAN }) },
  {
    why: 'a card number as an id',
    reason: 'PAN_IN_ID',
    value: (of) => payment(of, { transactionId: `tx-${TEST_PAN}` }),
  },
]

/** One byte more than a value may have; apart from the others because it is large. */
export const forgeTooLarge: Forgery = {
  why: 'over the size limit',
  reason: 'TOO_LARGE',
  value: () => new Uint8Array(VALUE_BYTES_MAX + 1),
}

/** A framed payment that is right but for `changed`. */
function payment(subject: ForgerySubject, changed: Partial<PaymentSubmitted>, schemaId = subject.schemaId): Uint8Array {
  const { person, transactionId, eventTimeMs } = subject
  const shop = merchant(person.homeHour, tradeNamed('books'))
  const purchase = { transactionId, eventTimeMs, amountMinor: 1_900, merchant: shop, deviceId: favouriteDevice(person) }
  const body = encodePaymentSubmitted({ ...cardPayment(person, purchase), ...changed })
  const value = new Uint8Array(FRAME_BYTES + body.length)
  putFrame(new DataView(value.buffer), 0, schemaId)
  value.set(body, FRAME_BYTES)
  return value
}

function cutInTheMiddle(subject: ForgerySubject): Uint8Array {
  const value = payment(subject, {})
  return value.slice(0, value.length >> 1)
}

function oneByteTooMany(subject: ForgerySubject): Uint8Array {
  const value = payment(subject, {})
  const longer = new Uint8Array(value.length + 1)
  longer.set(value)
  return longer
}

function unknownKind(subject: ForgerySubject): Uint8Array {
  const card = payment(subject, { kind: 'card' })
  const transfer = payment(subject, { kind: 'transfer' })
  const kindAt = card.findIndex((byte, at) => byte !== transfer[at])
  card[kindAt] = 9 << 1
  return card
}

function otherSender(subject: ForgerySubject): Uint8Array {
  return payment(subject, { senderAccountId: `${subject.person.account}x` })
}

function secondsAsMilliseconds(subject: ForgerySubject): Uint8Array {
  return payment(subject, { eventTime: Math.floor(subject.eventTimeMs / 1_000) })
}

function notUtf8(subject: ForgerySubject): Uint8Array {
  const value = payment(subject, { memo: 'x' })
  // The memo is the last field, so its one character is the last byte.
  value[value.length - 1] = 0xff
  return value
}
