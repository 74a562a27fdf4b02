import { luhnCheckDigit } from '../../producers/simulator/test-cards.ts'
import { controlRecordDefaults, encodeControlRecord } from '../../schemas/generated/control-record.ts'
import { encodePaymentSubmitted, type PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { disguise } from '../processors/mask/card-disguises.ts'
import { framed, PLAIN_PAYMENT, SCHEMA_IDS } from '../support/payments-driver.ts'

/** Personal data that nobody has, in a form that nothing else can contain by chance. */
export const CANARIES = {
  pan: withCheckDigit('457187391104262'),
  cvv: '739173917391',
  name: 'Zephyrine Quackenbush',
  email: 'zephyrine.quackenbush@canary.example',
  // The domain of a masked e-mail address stays.
  mailbox: 'zephyrine.quackenbush',
  ip: '198.51.100.237',
  ip6: '2001:db8:85a3:8d3:1319:8a2e:370:7334',
} as const

/** A CVV as cards have it: too short to be looked for among raw bytes, so fields alone are searched for it. */
export const SHORT_CVV = '7391'

/** A record of a foreign producer, with canaries in it. */
export interface CanaryRecord {
  readonly why: string
  readonly key: string
  readonly value: Uint8Array
  readonly headers: readonly (readonly [string, Uint8Array])[]
}

const DISGUISES = 60
const RAW: Partial<PaymentSubmitted> = {
  pan: CANARIES.pan,
  expiry: '12/29',
  cvv: SHORT_CVV,
  cardholderName: CANARIES.name,
  email: CANARIES.email,
  ip: CANARIES.ip,
}

/** Where a producer can write a text, besides the fields of personal data; a card number can stand in each. */
const TEXT_FIELDS = [
  'transactionId',
  'idempotencyKey',
  'senderAccountId',
  'receiverAccountId',
  'currency',
  'merchantId',
  'merchantCategory',
  'terminalId',
  'region',
  'deviceId',
  'memo',
] as const
const RAW_FIELDS = ['pan', 'expiry', 'cvv', 'cardholderName', 'email', 'ip'] as const
const MASKED_FIELDS = [
  'maskKeyId',
  'cardMasked',
  'cardToken',
  'expiryMasked',
  'cvvMasked',
  'cardholderNameMasked',
  'cardholderNameToken',
  'emailMasked',
  'emailToken',
  'ipMasked',
  'ipToken',
] as const

/** A canary in every place where a foreign producer can put one. Times are around `nowMs`; `keyId` is a live mask key. */
export function canaryRecords(nowMs: number, keyId: string): CanaryRecord[] {
  const records: CanaryRecord[] = []
  let made = 0
  const pay = (why: string, fields: Partial<PaymentSubmitted>, alter = (value: Uint8Array) => value) => {
    const number = made++
    const account = `ACC-${number % 7}`
    const ids = { transactionId: `tx-${number}`, senderAccountId: account, eventTime: nowMs - 60_000 + number * 100 }
    const payment: PaymentSubmitted = { ...PLAIN_PAYMENT, ...RAW, ...ids, ...fields }
    const value = alter(framed(SCHEMA_IDS.payment, encodePaymentSubmitted(payment)))
    records.push({ why, key: payment.senderAccountId, value, headers: HEADERS })
  }
  pay('raw fields', {})
  pay('a repeat of it', { transactionId: 'tx-0', senderAccountId: 'ACC-0' })
  pay('another payment under its id', { transactionId: 'tx-0', senderAccountId: 'ACC-0', amountMinor: 77 })
  pay('IPv6', { ip: CANARIES.ip6 })
  pay('a CVV of any length', { cvv: CANARIES.cvv })
  for (const field of TEXT_FIELDS) pay(`the card number as ${field}`, { [field]: CANARIES.pan })
  for (const field of RAW_FIELDS) {
    for (const canary of Object.values(CANARIES)) pay(`${canary} as ${field}`, { [field]: canary })
    pay(`the card number within ${field}`, { [field]: `x ${CANARIES.pan} y@z.example` })
  }
  for (const field of MASKED_FIELDS) {
    for (const canary of Object.values(CANARIES)) {
      pay(`${canary} as ${field}`, { ...maskedBy(keyId), [field]: canary })
      pay(`${canary} as ${field} beside raw fields`, { [field]: canary })
    }
  }
  pay('masked at the edge', { ...maskedBy(keyId), memo: CANARIES.pan })
  for (let n = 0; n < DISGUISES; n++) pay(`a memo: ${disguise(n).how}`, { memo: disguise(n).text })
  for (let n = 0; n < 8; n++) pay('a burst', { senderAccountId: 'ACC-burst', amountMinor: 100, memo: CANARIES.pan })
  pay('refused for its amount', { amountMinor: -1 })
  pay('refused for its time', { eventTime: nowMs + 3_600_000 })
  pay('cut', {}, (value) => value.subarray(0, value.length - 9))
  pay('with a tail', {}, (value) => Buffer.concat([value, Buffer.from(JSON.stringify(CANARIES))]))
  pay('of an unknown schema', {}, (value) => Buffer.concat([Buffer.from([0, 0, 0, 255, 1]), value.subarray(5)]))
  pay('without a frame', {}, (value) => value.subarray(5))
  pay('JSON', {}, () => Buffer.from(JSON.stringify({ ...RAW, memo: CANARIES.pan })))
  pay('not UTF-8', { deviceId: CANARIES.pan }, brokenText)
  for (const canary of Object.values(CANARIES)) {
    records.push({ why: 'a record key', key: canary, value: Buffer.from([1, 2, 3]), headers: HEADERS })
    records.push({ why: 'an unsigned control record', key: 'ACC-1', value: control(canary, nowMs), headers: HEADERS })
  }
  return records
}

const NOT_RAW = { pan: null, expiry: null, cvv: null, cardholderName: null, email: null, ip: null } as const

/** What a producer of ours says in place of raw values. */
function maskedBy(keyId: string): Partial<PaymentSubmitted> {
  const token = `v1:${keyId}:${'0'.repeat(64)}`
  return { ...NOT_RAW, maskKeyId: keyId, cardMasked: 'XXXX-XXXX-XXXX-1234', cardToken: token }
}

const HEADERS: CanaryRecord['headers'] = [
  ...Object.entries(CANARIES).map(([name, canary]) => [name, Buffer.from(canary)] as const),
  [CANARIES.pan, Buffer.from('as a name')],
]

function control(canary: string, eventTime: number): Uint8Array {
  const fields = { actor: canary, reason: canary, subject: canary, signerKeyId: canary, rules: canary }
  const record = { ...controlRecordDefaults, ...fields, kind: 'ACCOUNT_BLOCKED', eventTime, accountId: canary } as const
  const rest = { partition: 0, serial: 1, signature: Buffer.from(canary) }
  return framed(SCHEMA_IDS.control, encodeControlRecord({ ...record, ...rest }))
}

/** Makes one byte of the card number in the device id no UTF-8. */
function brokenText(value: Uint8Array): Uint8Array {
  const broken = Buffer.from(value)
  broken[broken.indexOf(CANARIES.pan) + 3] = 0xff
  return broken
}

function withCheckDigit(body: string): string {
  return body + luhnCheckDigit(body)
}
