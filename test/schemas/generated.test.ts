import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OK } from '../../schemas/avro/scan.ts'
import { AlertReader } from '../../schemas/generated/alert.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { SIGNAL_SYMBOLS, SignalOrdinal } from '../../schemas/generated/enums.ts'
import {
  encodePaymentSubmitted,
  type PaymentSubmitted,
  PaymentSubmittedReader,
  paymentSubmittedDefaults,
} from '../../schemas/generated/payment-submitted.ts'
import { valuesOf } from './arbitrary-values.ts'
import { asOurs, RECORDS, withSlack } from './records.ts'
import { sourceOf } from './writer-source.ts'

// Goal: generated code and avsc agree on every value and on every byte.
// Method: values drawn from the schema; avsc encodes and we read, we write and avsc reads, and the bytes are compared.
const RUNS = 150
const SIGNAL_COUNT = SIGNAL_SYMBOLS.length

describe.each(RECORDS)('$name', ({ schema, reference, reader, encode, write }) => {
  const values = valuesOf(schema)

  test('SPEC R2: the reader sees what avsc wrote', () => {
    const property = fc.property(values, fc.nat(20), (value, start) => {
      const encoded = reference.toBuffer(value)
      const { buffer, view } = withSlack(Buffer.concat([Buffer.alloc(start, 0xaa), encoded]), 0xff)
      expect(reader.wrap(buffer, view, start, start + encoded.length)).toBe(OK)
      expect(reader.toObject()).toEqual(asOurs(schema, value))
    })
    fc.assert(property, { numRuns: RUNS })
  })

  test('SPEC R2: the plain writer gives the bytes that avsc gives, and avsc reads them', () => {
    const property = fc.property(values, (value) => {
      const ours = Buffer.from(encode(asOurs(schema, value) as never))
      expect(ours.equals(reference.toBuffer(value))).toBe(true)
      expect(asOurs(schema, reference.fromBuffer(ours))).toEqual(asOurs(schema, value))
    })
    fc.assert(property, { numRuns: RUNS })
  })

  test('SPEC R2: the writer over a source puts its fields in schema order', () => {
    const property = fc.property(values, fc.nat(20), (value, start) => {
      const expected = reference.toBuffer(value)
      const { buffer, view } = withSlack(new Uint8Array(start + expected.length))
      const end = write(buffer, view, start, sourceOf(schema, value) as never)
      expect(Buffer.from(buffer.subarray(start, end)).equals(expected)).toBe(true)
    })
    fc.assert(property, { numRuns: RUNS })
  })

  test('SPEC R2: each field copies as the bytes that it was', () => {
    const property = fc.property(values, (value) => {
      const encoded = reference.toBuffer(value)
      const { buffer, view } = withSlack(encoded)
      const copy = withSlack(encoded.map(() => 0xee))
      expect(reader.wrap(buffer, view, 0, encoded.length)).toBe(OK)
      const methods = reader as unknown as Record<string, (out: DataView, at: number) => number>
      let at = 0
      for (const { name } of schema.fields) {
        const method = `copy_${name}`.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
        at = methods[method]!(copy.view, at)
      }
      expect(at).toBe(encoded.length)
      expect(encoded.equals(copy.buffer.subarray(0, at))).toBe(true)
    })
    fc.assert(property, { numRuns: RUNS })
  })
})

const PAYMENT: PaymentSubmitted = {
  ...paymentSubmittedDefaults,
  channel: 'ecommerce',
  transactionId: 'TX-1',
  eventTime: 1_790_000_000_000,
  senderAccountId: 'ACC-1',
  receiverAccountId: 'ACC-2',
  amountMinor: 520_000,
  currency: 'EUR',
  kind: 'card',
  region: 'DE',
  latitude: 52.5,
  longitude: 13.4,
  email: 'ü@example.org',
}

function payment(change: Partial<PaymentSubmitted> = {}): PaymentSubmittedReader {
  const encoded = encodePaymentSubmitted({ ...PAYMENT, ...change })
  const { buffer, view } = withSlack(encoded)
  const reader = new PaymentSubmittedReader()
  expect(reader.wrap(buffer, view, 0, encoded.length)).toBe(OK)
  return reader
}

test('generated reader: text is a range until it is asked for', () => {
  const reader = payment()
  expect([reader.transactionIdLength, reader.transactionIdEnd - reader.transactionIdAt]).toEqual([4, 4])
  expect(Buffer.from(reader.buffer.subarray(reader.emailAt, reader.emailEnd)).toString()).toBe('ü@example.org')
  expect([reader.hasEmail, reader.emailLength]).toEqual([true, 14])
})

test('generated reader: what is null has no range and no number', () => {
  const reader = payment({ latitude: null })
  expect([reader.hasPan, reader.pan, reader.panLength, reader.panAt === reader.panEnd]).toEqual([false, null, 0, true])
  expect([reader.hasLatitude, reader.latitude, reader.longitude]).toEqual([false, Number.NaN, 13.4])
})

test('generated reader: a long past 2^53 is told apart, and exact when asked so', () => {
  const encoded = Buffer.from(encodePaymentSubmitted({ ...PAYMENT, amountMinor: 0 }))
  const at = payment({ amountMinor: 0 }).amountMinorField
  // 2^62 as a zigzag varint of ten bytes, in the place of the amount.
  const amount = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])
  const forged = Buffer.concat([encoded.subarray(0, at), amount, encoded.subarray(at + 1)])
  const { buffer, view } = withSlack(forged)
  const reader = new PaymentSubmittedReader()
  expect(reader.wrap(buffer, view, 0, forged.length)).toBe(OK)
  expect(Number.isSafeInteger(reader.amountMinor)).toBe(false)
  expect(reader.amountMinorExact).toBe(2n ** 62n)
  expect(() => reader.toObject()).toThrow(/amount_minor: .* cannot hold/)
})

test('generated reader: a run of fields copies as the fields one by one', () => {
  const reader = payment()
  const [run, single] = [withSlack(new Uint8Array(200)), withSlack(new Uint8Array(200))]
  const end = reader.copyMaskKeyIdThroughMemo(run.view, 0)
  let at = reader.copyMaskKeyId(single.view, 0)
  at = reader.copyCardMasked(single.view, at)
  at = reader.copyCardToken(single.view, at)
  at = reader.copyExpiryMasked(single.view, at)
  at = reader.copyCvvMasked(single.view, at)
  at = reader.copyCardholderNameMasked(single.view, at)
  at = reader.copyCardholderNameToken(single.view, at)
  at = reader.copyEmailMasked(single.view, at)
  at = reader.copyEmailToken(single.view, at)
  at = reader.copyIpMasked(single.view, at)
  at = reader.copyIpToken(single.view, at)
  at = reader.copyMemo(single.view, at)
  expect(end).toBe(at)
  expect(run.buffer.subarray(0, end)).toEqual(single.buffer.subarray(0, at))
})

test('generated reader: arrays in several blocks, sized or not, read as one', () => {
  const { schema, reference } = RECORDS.find(({ name }) => name === 'Alert')!
  const reasons = fc.array(fc.record({ signal: fc.nat(SIGNAL_COUNT - 1), points: fc.integer() }), { maxLength: 6 })
  const property = fc.property(valuesOf(schema), reasons, fc.nat(6), fc.boolean(), (value, items, cut, sized) => {
    const plain = items.map(({ signal, points }) => ({ signal: SIGNAL_SYMBOLS[signal]!, points }))
    const whole = reference.toBuffer({ ...(value as object), reasons: [] })
    const found = new AlertReader()
    const { buffer, view } = withSlack(whole)
    found.wrap(buffer, view, 0, whole.length)
    const forged = Buffer.concat([
      whole.subarray(0, found.reasonsField),
      block(plain.slice(0, cut), sized),
      block(plain.slice(cut), sized),
      whole.subarray(found.reasonsField),
    ])
    const room = withSlack(forged)
    expect(found.wrap(room.buffer, room.view, 0, forged.length)).toBe(OK)
    expect(found.reasons).toEqual(plain)
    expect(found.openReasons().count()).toBe(plain.length)
    expect(asOurs(schema, reference.fromBuffer(forged))).toEqual(found.toObject())
  })
  fc.assert(property, { numRuns: RUNS })
})

/** One block of an array of reasons; a sized one has a negative count and its length in bytes. */
function block(items: readonly { signal: string; points: number }[], sized: boolean): Buffer {
  if (items.length === 0) return Buffer.alloc(0)
  const { reference } = RECORDS.find(({ name }) => name === 'Alert')!
  const fields = (reference as unknown as { fields: { name: string; type: Encoder }[] }).fields
  const array = fields.find(({ name }) => name === 'reasons')!.type.toBuffer(items)
  const body = array.subarray(1, array.length - 1)
  if (!sized) return array.subarray(0, array.length - 1)
  return Buffer.concat([zigzag(-items.length), zigzag(body.length), body])
}

interface Encoder {
  toBuffer(value: unknown): Buffer
}

/** A long of one or two bytes. */
function zigzag(value: number): Buffer {
  const code = value < 0 ? -2 * value - 1 : 2 * value
  return code < 128 ? Buffer.from([code]) : Buffer.from([(code & 127) | 128, code >>> 7])
}

test('generated reader: a cursor walks without decoding, and stays at the end', () => {
  const { schema, reference } = RECORDS.find(({ name }) => name === 'Decision')!
  const property = fc.property(valuesOf(schema), (value) => {
    const encoded = reference.toBuffer(value)
    const { buffer, view } = withSlack(encoded)
    const reader = new DecisionReader()
    reader.wrap(buffer, view, 0, encoded.length)
    const plain = reader.toObject()
    const points: number[] = []
    const reasons = reader.openReasons()
    while (reasons.next()) points.push(SIGNAL_SYMBOLS[reasons.signal] === reasons.signalSymbol ? reasons.points : NaN)
    expect(points).toEqual(plain.reasons.map((reason) => reason.points))
    expect([reasons.next(), reasons.next()]).toEqual([false, false])
    const signals: number[] = []
    const notEvaluated = reader.openNotEvaluated()
    while (notEvaluated.next()) signals.push(notEvaluated.ordinal)
    expect(signals).toEqual(plain.notEvaluated.map((signal) => SignalOrdinal[signal]))
    const peers: string[] = []
    const cursor = reader.openVelocityFraudPeers()
    while (cursor.next()) peers.push(Buffer.from(buffer.subarray(cursor.textAt, cursor.end)).toString())
    expect(peers).toEqual(plain.velocityFraudPeers)
  })
  fc.assert(property, { numRuns: 50 })
})
