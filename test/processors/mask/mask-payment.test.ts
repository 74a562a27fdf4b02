import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MaskError, maskPayment, maskPayments } from '../../../processors/mask/mask-payment.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { createHashKernel, HmacTokens } from '../../../streams/hash/index.ts'
import { PLAIN_PAYMENT, RAW_PAYMENT, SECRETS, submit } from '../admit/submitted-payment.ts'
import { TEST_CARDS } from './card-disguises.ts'

const secret = SECRETS['k1']!
const hmacHex = (message: Uint8Array) => createHmac('sha256', secret).update(message).digest('hex')
const token = (text: string) => `v1:k1:${hmacHex(new TextEncoder().encode(text))}`
const masked = (fields: Partial<PaymentSubmitted>) => maskPayment({ ...PLAIN_PAYMENT, ...fields }, hmacHex, 'k1')

test('SPEC M1: a raw payment leaves its producer masked, its tokens keyed', () => {
  expect(maskPayment({ ...RAW_PAYMENT, pan: '4111 1111-1111.1111' }, hmacHex, 'k1')).toEqual({
    ...PLAIN_PAYMENT,
    maskKeyId: 'k1',
    cardMasked: 'XXXX-XXXX-XXXX-1111',
    cardToken: token('4111111111111111'),
    expiryMasked: '12/XX',
    cvvMasked: 'XXX',
    cardholderNameMasked: 'J*** R***',
    cardholderNameToken: token('Jane Roe'),
    emailMasked: 'j***@example.com',
    emailToken: token('jane@example.com'),
    ipMasked: '203.0.x.x',
    ipToken: token('203.0.113.9'),
  })
})

test('SPEC M1: a payment without personal data names no key', () => {
  expect(masked({ memo: 'lunch' })).toEqual({ ...PLAIN_PAYMENT, memo: 'lunch' })
})

const FORMS: readonly { field: 'cardholderName' | 'email' | 'ip' | 'expiry'; raw: string; form: string }[] = [
  { field: 'cardholderName', raw: 'Jane Roe', form: 'J*** R***' },
  { field: 'cardholderName', raw: '  José   Ñu  ', form: 'J*** Ñ***' },
  { field: 'cardholderName', raw: '李 小龍', form: '李*** 小***' },
  { field: 'cardholderName', raw: '😀mile', form: '😀***' },
  { field: 'cardholderName', raw: 'a b c d e', form: 'a*** b*** c*** d***' },
  { field: 'cardholderName', raw: '', form: '***' },
  { field: 'cardholderName', raw: '4111 1111 1111 1111', form: '4*** 1*** 1*** 1***' },
  { field: 'email', raw: 'jane@example.com', form: 'j***@example.com' },
  { field: 'email', raw: 'a@b@c.de', form: 'a***@c.de' },
  { field: 'email', raw: '@c.de', form: '***@c.de' },
  { field: 'email', raw: 'nobody', form: '***@' },
  { field: 'email', raw: '', form: '***@' },
  { field: 'email', raw: 'ü@xn--4ca.de', form: 'ü***@xn--4ca.de' },
  { field: 'email', raw: 'a@4111111111111111.de', form: 'a***@XXXXXXXXXXXX1111.de' },
  { field: 'ip', raw: '203.0.113.9', form: '203.0.x.x' },
  { field: 'ip', raw: '0.0.0.0', form: '0.0.x.x' },
  { field: 'ip', raw: '256.0.0.1', form: 'X' },
  { field: 'ip', raw: '010.0.0.1', form: 'X' },
  { field: 'ip', raw: '1.2.3', form: 'X' },
  { field: 'ip', raw: '1.2.3.', form: 'X' },
  { field: 'ip', raw: '1.2.3.4.5', form: 'X' },
  { field: 'ip', raw: '2001:db8:0:1::5', form: '2001:db8::x' },
  { field: 'ip', raw: 'fe80::1', form: 'fe80::x' },
  { field: 'ip', raw: '::1', form: '::x' },
  { field: 'ip', raw: '::ffff:203.0.113.9', form: '::x' },
  { field: 'ip', raw: '12345::1', form: 'X' },
  { field: 'ip', raw: 'a:b', form: 'X' },
  { field: 'ip', raw: 'localhost', form: 'X' },
  { field: 'ip', raw: '', form: 'X' },
  { field: 'expiry', raw: '12/27', form: '12/XX' },
  { field: 'expiry', raw: '13/27', form: 'XX/XX' },
  { field: 'expiry', raw: '00/27', form: 'XX/XX' },
  { field: 'expiry', raw: '12/2027', form: 'XX/XX' },
  { field: 'expiry', raw: '1227', form: 'XX/XX' },
]
test.each(FORMS)('SPEC M2: $field $raw becomes $form', ({ field, raw, form }) => {
  const payment = masked({ [field]: raw })
  expect(payment[`${field}Masked`]).toBe(form)
  expect(payment[field]).toBeNull()
})

test('SPEC M4: free text of raw and masked payments is redacted at the edge', () => {
  const once = masked({ email: 'a@b.de', memo: 'pan 4111111111111111', deviceId: '4111-1111-1111-1111' })
  expect([once.memo, once.deviceId]).toEqual(['pan XXXXXXXXXXXX1111', 'XXXX-XXXX-XXXX-1111'])
  const again = maskPayment({ ...once, terminalId: '378282246310005' }, hmacHex, 'k2')
  expect(again).toEqual({ ...once, terminalId: 'XXXXXXXXXXX0005' })
})

const REFUSED: readonly { why: string; fields: Partial<PaymentSubmitted>; reason: string; field: string }[] = [
  { why: 'a pan that fails Luhn', fields: { pan: '4111111111111112' }, reason: 'BAD_PAN', field: 'pan' },
  {
    why: 'a card number as id',
    fields: { transactionId: '4111111111111111' },
    reason: 'PAN_IN_ID',
    field: 'transaction_id',
  },
  { why: 'raw beside masked', fields: { maskKeyId: 'k1', ip: '::1' }, reason: 'BAD_MASK', field: 'mask_key_id' },
]
test.each(REFUSED)('SPEC M1: never sent: $why', ({ fields, reason, field }) => {
  const error = attempt(fields)
  expect(error).toBeInstanceOf(MaskError)
  expect(error).toMatchObject({ reason, field })
  expect(String(error)).not.toMatch(/[0-9]{6}/)
})

const HEX = 'a'.repeat(64)
const CANARY = '4111111111111111'
const WHOLE: Partial<PaymentSubmitted> = {
  maskKeyId: 'k0',
  cardMasked: 'XXXX-XXXX-XXXX-1111',
  cardToken: `v1:k0:${HEX}`,
  expiryMasked: '12/XX',
  cvvMasked: 'XXX',
  cardholderNameMasked: 'J*** R***',
  cardholderNameToken: `v1:k0:${HEX}`,
  emailMasked: 'j***@example.com',
  emailToken: `v1:k0:${HEX}`,
  ipMasked: '203.0.x.x',
  ipToken: `v1:k0:${HEX}`,
}
const MASKED_NAMES = {
  cardMasked: 'card_masked',
  cardToken: 'card_token',
  expiryMasked: 'expiry_masked',
  cvvMasked: 'cvv_masked',
  cardholderNameMasked: 'cardholder_name_masked',
  cardholderNameToken: 'cardholder_name_token',
  emailMasked: 'email_masked',
  emailToken: 'email_token',
  ipMasked: 'ip_masked',
  ipToken: 'ip_token',
} as const

test.each(Object.entries(MASKED_NAMES))('SPEC M6: never sent: anything in clear as %s', (property, field) => {
  const refused = { reason: 'BAD_MASK', field }
  for (const clear of [CANARY, 'Jane Roe', 'jane@example.com', '203.0.113.9', '123', '', `v1:k1:${CANARY}`]) {
    expect(attempt({ ...WHOLE, [property]: clear }), clear).toMatchObject(refused)
    // With raw fields beside it, and without, where no key is named.
    expect(attempt({ [property]: clear }), clear).toMatchObject(refused)
    expect(attempt({ ...RAW_PAYMENT, [property]: clear }), clear).toMatchObject(refused)
  }
})

const OTHERS: readonly { why: string; fields: Partial<PaymentSubmitted>; reason: string; field: string }[] = [
  { why: 'a card number as key id', fields: { maskKeyId: CANARY }, reason: 'BAD_MASK', field: 'mask_key_id' },
  { why: 'an address as key id', fields: { maskKeyId: 'a@b.de' }, reason: 'BAD_MASK', field: 'mask_key_id' },
  { why: 'a token of another key', fields: { ...WHOLE, maskKeyId: 'k1' }, reason: 'BAD_MASK', field: 'card_token' },
  { why: 'a form without its token', fields: { ...WHOLE, ipToken: null }, reason: 'BAD_MASK', field: 'ip_token' },
  {
    why: 'a card number in a masked name',
    fields: { ...WHOLE, cardholderNameMasked: `${CANARY} ***` },
    reason: 'BAD_MASK',
    field: 'cardholder_name_masked',
  },
  { why: 'a card number as currency', fields: { currency: CANARY }, reason: 'BAD_CURRENCY', field: 'currency' },
  { why: 'a name as currency', fields: { currency: 'Ann' }, reason: 'BAD_CURRENCY', field: 'currency' },
  { why: 'a card number as region', fields: { region: CANARY }, reason: 'BAD_REGION', field: 'region' },
  { why: 'a text past ASCII as region', fields: { region: 'DÉ' }, reason: 'BAD_REGION', field: 'region' },
]
test.each(OTHERS)('SPEC M6: never sent: $why', ({ fields, reason, field }) => {
  const error = attempt(fields)
  expect(error).toBeInstanceOf(MaskError)
  expect(error).toMatchObject({ reason, field })
  expect(String(error)).not.toMatch(/[0-9]{6}|Ann|a@b/)
})

test('SPEC M1: what another of our producers masked passes, under a key that this one does not have in use', () => {
  for (const fields of [WHOLE, { maskKeyId: 'k0', expiryMasked: 'XX/XX' }, { currency: 'eur', region: 'DE' }]) {
    expect(masked(fields)).toEqual({ ...PLAIN_PAYMENT, ...fields })
  }
})

function attempt(fields: Partial<PaymentSubmitted>): unknown {
  try {
    return masked(fields)
  } catch (error) {
    return error
  }
}

const text = fc.option(fc.string({ unit: 'binary', maxLength: 40 }).filter((string) => string.isWellFormed()))
const anyRaw: fc.Arbitrary<PaymentSubmitted> = fc
  .record({
    pan: fc.option(fc.constantFrom(...TEST_CARDS)),
    expiry: fc.option(fc.constantFrom('01/30', '13/30', '', '1/3')),
    cvv: fc.option(fc.constantFrom('123', '', '9999')),
    cardholderName: text,
    email: fc.option(fc.oneof(fc.emailAddress(), fc.string({ maxLength: 20 }))),
    ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }))),
    memo: text,
    merchantId: fc.option(fc.constantFrom('M-1', '4111 1111 1111 1111')),
  })
  .map((fields) => ({ ...PLAIN_PAYMENT, ...fields }))

test('SPEC M1: masking is idempotent, and what it makes is admitted', () => {
  fc.assert(
    fc.property(anyRaw, (raw) => {
      const once = maskPayment(raw, hmacHex, 'k1')
      expect(maskPayment(once, hmacHex, 'k1')).toEqual(once)
      expect(submit(once)).toMatchObject({ disposition: 'pending', detail: '' })
    }),
  )
})

test('SPEC M1: masked in bulk or one by one, the same', () => {
  const bulk = new HmacTokens(createHashKernel({ arenaBytes: 64 }))
  bulk.useKey(bulk.loadKey(new TextEncoder().encode(secret)))
  fc.assert(
    fc.property(fc.array(anyRaw, { maxLength: 20 }), (payments) => {
      expect(maskPayments(payments, bulk, 'k1')).toEqual(payments.map((one) => maskPayment(one, hmacHex, 'k1')))
    }),
    { numRuns: 50 },
  )
})
