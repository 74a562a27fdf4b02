import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { maskPayment } from '../../../processors/mask/mask-payment.ts'
import { MaskedFields } from '../../../processors/mask/masked-fields.ts'
import { readLong, SLACK_BYTES } from '../../../schemas/avro/bytes.ts'
import { MASK_RULE_SYMBOLS, MASKED_FIELD_SYMBOLS } from '../../../schemas/generated/enums.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { maskedPayment } from '../../support/masked-payment.ts'
import { context, PLAIN_PAYMENT, RAW_PAYMENT, SECRETS, submit, type Verdict } from '../admit/submitted-payment.ts'
import { TEST_CARDS } from './card-disguises.ts'

// Goal: what the stage lets through, what it refuses, and that a decision holds what the edge would have made.

const KEY_IDS = Object.keys(SECRETS)
const hmacHex = (secret: string) => (message: Uint8Array) => createHmac('sha256', secret).update(message).digest('hex')
const maskedBy = (payment: PaymentSubmitted, keyId = 'k1') => maskPayment(payment, hmacHex(SECRETS[keyId]!), keyId)

afterEach(() => {
  context.activeKey = 0
})

const out = new Uint8Array(256 + SLACK_BYTES)
const view = new DataView(out.buffer)

const written = ({ payment, draft }: Verdict) => maskedPayment(payment, draft, context)

function maskings({ payment, draft }: Verdict): string[] {
  const end = new MaskedFields(payment, draft, context).putMaskings(out, view, 0)
  const count = readLong(out, 0)
  if (count === 0) return []
  expect([end, out[end - 1]]).toEqual([2 + 2 * count, 0])
  const ordinal = (i: number) => readLong(out, i)
  return Array.from(
    { length: count },
    (_, i) => `${MASKED_FIELD_SYMBOLS[ordinal(1 + 2 * i)]} ${MASK_RULE_SYMBOLS[ordinal(2 + 2 * i)]}`,
  )
}

describe('SPEC M2: a raw payment', () => {
  test('becomes what its own producer would have made of it', () => {
    expect(written(submit(RAW_PAYMENT))).toEqual(maskedBy(RAW_PAYMENT))
  })

  test('keeps nothing but the last four digits in the draft', () => {
    const { draft } = submit({ ...RAW_PAYMENT, pan: '３７８２ ８２２４６３１ ０００５' })
    expect(draft.cardLastFour).toBe(5)
    expect(JSON.stringify(draft)).not.toMatch(/37828|Jane|jane|203\.0/)
  })

  test('names no key without personal data', () => {
    const verdict = submit({ memo: 'lunch' })
    expect(written(verdict).maskKeyId).toBeNull()
    expect(maskings(verdict)).toEqual([])
  })

  test('whatever the length of its email', () => {
    for (let length = 0; length < 256; length++) {
      const payment = { ...PLAIN_PAYMENT, email: 'a@'.padEnd(length, 'b').slice(0, length) }
      expect(written(submit(payment))).toEqual(maskedBy(payment))
    }
  })

  const anyRaw = fc.record({
    pan: fc.option(fc.constantFrom(...TEST_CARDS, '4111 1111 1111 1111')),
    expiry: fc.option(fc.constantFrom('01/30', '13/30', '')),
    cvv: fc.option(fc.constantFrom('123', '')),
    cardholderName: fc.option(fc.string({ unit: 'grapheme', maxLength: 30 })),
    email: fc.option(fc.oneof(fc.emailAddress(), fc.string({ maxLength: 200 }))),
    ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }))),
    memo: fc.option(fc.oneof(fc.string({ maxLength: 90 }), fc.constant('pan 4111111111111111 or 5555 5555 5555 4444'))),
    merchantId: fc.option(fc.constantFrom('M-1', '4111 1111 1111 1111')),
    merchantCategory: fc.option(fc.constantFrom('5411', '4111111111111111')),
    terminalId: fc.option(fc.constantFrom('T-1', '4111111111111111')),
    deviceId: fc.option(fc.constantFrom('d-1', '4111111111111111')),
  })

  test('whatever it holds: raw here and masked at the edge come out the same, under either key', () => {
    fc.assert(
      fc.property(anyRaw, fc.constantFrom(0, 1), (fields, key) => {
        context.activeKey = key
        const edge = maskedBy({ ...PLAIN_PAYMENT, ...fields }, KEY_IDS[key])
        const raw = submit(fields)
        expect(written(raw)).toEqual(edge)
        const { cardLastFour } = raw.draft
        const masked = submit(edge)
        expect(written(masked)).toEqual(edge)
        expect(masked.draft.cardLastFour).toBe(cardLastFour)
      }),
    )
  })
})

describe('SPEC M3: keys', () => {
  test('the key in force makes the tokens, and a payment under the other is still verified', () => {
    context.activeKey = 1
    expect(written(submit(RAW_PAYMENT)).cardToken).toBe(maskedBy(RAW_PAYMENT, 'k2').cardToken)
    const old = maskedBy(RAW_PAYMENT, 'k1')
    expect(written(submit(old))).toEqual(old)
    context.activeKey = 0
    expect(written(submit(RAW_PAYMENT)).cardToken).toBe(old.cardToken)
  })
})

describe('SPEC R1: a masked payment of the wrong shape is BAD_MASK', () => {
  const whole = maskedBy(RAW_PAYMENT)
  const hex = 'a'.repeat(64)
  const BROKEN: readonly { why: string; fields: Partial<PaymentSubmitted> }[] = [
    { why: 'raw pan beside it', fields: { pan: '4111111111111111' } },
    { why: 'raw cvv beside it', fields: { cvv: '123' } },
    { why: 'raw ip beside it', fields: { ip: '::1' } },
    { why: 'no key id', fields: { maskKeyId: null } },
    { why: 'an unknown key id', fields: { maskKeyId: 'k3' } },
    { why: 'an empty key id', fields: { maskKeyId: '' } },
    { why: 'no token for the card', fields: { cardToken: null } },
    { why: 'no form for the card', fields: { cardMasked: null } },
    { why: 'a card in clear', fields: { cardMasked: '4111-1111-1111-1111' } },
    { why: 'a card of five digits', fields: { cardMasked: 'XXXX-XXXX-XXX1-1111' } },
    { why: 'a card in small letters', fields: { cardMasked: 'xxxx-xxxx-xxxx-1111' } },
    { why: 'a letter among the last four', fields: { cardMasked: 'XXXX-XXXX-XXXX-111a' } },
    { why: 'a token of the other key', fields: { cardToken: `v1:k2:${hex}` } },
    { why: 'a token of another version', fields: { cardToken: `v2:k1:${hex}` } },
    { why: 'a token of 63 digits', fields: { emailToken: `v1:k1:${hex.slice(1)}` } },
    { why: 'a token in capitals', fields: { ipToken: `v1:k1:${hex.toUpperCase()}` } },
    { why: 'an unkeyed hash', fields: { cardholderNameToken: hex } },
    { why: 'a year in sight', fields: { expiryMasked: '12/27' } },
    { why: 'a month of 13', fields: { expiryMasked: '13/XX' } },
    { why: 'a cvv in clear', fields: { cvvMasked: '123' } },
    { why: 'a name in clear', fields: { cardholderNameMasked: 'Jane Roe' } },
    { why: 'a card number as a masked name', fields: { cardholderNameMasked: '4111111111111111 ***' } },
    { why: 'an email in clear', fields: { emailMasked: 'jane@example.com' } },
    { why: 'stars behind the @', fields: { emailMasked: 'jane@example.com***' } },
    { why: 'a card number as a masked domain', fields: { emailMasked: 'j***@4111111111111111' } },
    { why: 'an ip in clear', fields: { ipMasked: '203.0.113.9' } },
    { why: 'half of an ip', fields: { ipMasked: '203.0.x.9' } },
    { why: 'no ip', fields: { ipMasked: '' } },
    { why: 'no form for the ip', fields: { ipMasked: null } },
  ]
  test.each(BROKEN)('$why', ({ fields }) => expect(submit({ ...whole, ...fields }).reason).toBe('BAD_MASK'))

  // Two readings of one rule: the stage's, of bytes, and that of our own edges, of strings, which send nothing that it would refuse.
  test('SPEC M1, M2: property: an edge refuses what the stage refuses, and nothing else', () => {
    const properties = Object.keys(whole).filter((name) => /Masked$|Token$/.test(name)) as (keyof PaymentSubmitted)[]
    expect(properties.length).toBe(10)
    const values = properties.map((property) => {
      const broken = BROKEN.flatMap(({ fields }) => fields[property] ?? [])
      // Whole for the most part, so that a payment has a fault or two, or none.
      const other = { arbitrary: fc.constantFrom(null, ...broken), weight: 1 }
      return [property, fc.oneof({ arbitrary: fc.constant(whole[property]), weight: 9 }, other)] as const
    })
    const outcomes = { refused: 0, taken: 0 }
    fc.assert(
      fc.property(fc.record(Object.fromEntries(values)), (fields) => {
        const payment = { ...whole, ...fields } as PaymentSubmitted
        const { reason } = submit(payment)
        if (reason === 'BAD_MASK') expect(() => maskedBy(payment)).toThrow(expect.objectContaining({ reason }))
        else expect(maskedBy(payment)).toEqual(payment)
        outcomes[reason === 'BAD_MASK' ? 'refused' : 'taken']++
      }),
      { numRuns: 2_000 },
    )
    expect(Math.min(outcomes.refused, outcomes.taken)).toBeGreaterThan(100)
  })

  test('masked fields without a key id, one by one', () => {
    const fields = Object.entries(whole).filter(([name, value]) => value !== null && /Masked|Token/.test(name))
    expect(fields.length).toBe(10)
    for (const [name, value] of fields) expect(submit({ [name]: value }).reason).toBe('BAD_MASK')
  })

  test('the whole one, and one of some fields, pass', () => {
    expect(submit(whole).disposition).toBe('pending')
    expect(submit({ maskKeyId: 'k1', expiryMasked: 'XX/XX' }).disposition).toBe('pending')
    expect(submit({ maskKeyId: 'k1', ipMasked: 'X', ipToken: `v1:k1:${hex}` }).disposition).toBe('pending')
  })
})

describe('SPEC M4: ids are never rewritten', () => {
  const card = '4111-1111-1111-1111'
  test.each([
    { field: 'transactionId', detail: 'transaction_id holds a card number' },
    { field: 'idempotencyKey', detail: 'idempotency_key holds a card number' },
    { field: 'senderAccountId', detail: 'sender_account_id holds a card number' },
    { field: 'receiverAccountId', detail: 'receiver_account_id holds a card number' },
  ])('a card number in $field is PAN_IN_ID, in raw and masked payments', ({ field, detail }) => {
    for (const payment of [PLAIN_PAYMENT, maskedBy(RAW_PAYMENT)]) {
      const verdict = submit({ ...payment, [field]: card })
      expect([verdict.reason, verdict.detail]).toEqual(['PAN_IN_ID', detail])
    }
  })
})

describe('SPEC M5: what was masked, by which rule', () => {
  test('of a raw payment, in the order of the schema', () => {
    expect(maskings(submit({ ...RAW_PAYMENT, memo: '4111111111111111', deviceId: '4111111111111111' }))).toEqual([
      'pan TOKENISED',
      'expiry TRUNCATED',
      'cvv REMOVED',
      'cardholder_name TOKENISED',
      'email TOKENISED',
      'ip TOKENISED',
      'device_id REDACTED',
      'memo REDACTED',
    ])
  })

  test('of a masked payment, whose text is redacted here', () => {
    const payment = { ...maskedBy({ ...RAW_PAYMENT, expiry: null, email: null }), terminalId: '4111111111111111' }
    expect(maskings(submit(payment))).toEqual([
      'pan AT_PRODUCER',
      'cvv AT_PRODUCER',
      'cardholder_name AT_PRODUCER',
      'ip AT_PRODUCER',
      'terminal_id REDACTED',
    ])
  })

  test('nothing of the payment before is left in a draft that is used again', () => {
    const { draft } = submit({ ...RAW_PAYMENT, memo: '4111111111111111' })
    const next = submit({ memo: 'lunch' }, { draft })
    expect(maskings(next)).toEqual([])
    expect(written(next)).toEqual({ ...PLAIN_PAYMENT, memo: 'lunch' })
    expect(draft).toMatchObject({ maskKey: -1, cardLastFour: -1 })
  })
})
