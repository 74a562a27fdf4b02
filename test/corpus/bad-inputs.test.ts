import { expect, test } from 'vitest'
import { maskPayment } from '../../processors/mask/mask-payment.ts'
import { SLACK_BYTES } from '../../schemas/avro/bytes.ts'
import { FRAME_BYTES } from '../../schemas/avro/framing.ts'
import { BAD_TYPE, OK, TRAILING, TRUNCATED } from '../../schemas/avro/scan.ts'
import { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { APPEND_TIME_MS, context, submit } from '../processors/admit/submitted-payment.ts'
import { maskedPayment } from '../support/masked-payment.ts'
import {
  APPENDED_AT_MS,
  BAD_INPUTS,
  type BadInput,
  type DecidedField,
  GOOD_PAYMENT,
  valueOfInput,
} from './bad-inputs.ts'

// Goal: each bad input that concerns the stream, up to where admission and mask judge it: frame, schema, record.

const SCHEMA_ID = 1
/** Reasons that are given before a payment can be read. */
const UNREAD = new Set(['NULL_VALUE', 'BAD_MAGIC', 'UNKNOWN_SCHEMA'])
const DECODE_REASONS = {
  [OK]: null,
  [TRUNCATED]: 'DECODE_TRUNCATED',
  [TRAILING]: 'DECODE_TRAILING',
  [BAD_TYPE]: 'DECODE_TYPE',
}
const DECIDED_FIELDS: readonly DecidedField[] = [
  'merchantId',
  'merchantCategory',
  'terminalId',
  'deviceId',
  'cardMasked',
  'emailMasked',
  'ipMasked',
  'memo',
]

/** The decode's reason, or null when the value reads as a payment. */
function decodeReason(value: Uint8Array): string | null {
  if (value.length < FRAME_BYTES) return 'DECODE_TRUNCATED'
  const roomy = new Uint8Array(value.length + SLACK_BYTES)
  roomy.set(value)
  const reader = new PaymentSubmittedReader()
  return DECODE_REASONS[reader.wrap(roomy, new DataView(roomy.buffer), FRAME_BYTES, value.length)]
}

const readable = (input: BadInput) =>
  !UNREAD.has(input.reason ?? '') && (valueOfInput(input, SCHEMA_ID)?.length ?? 0) <= 262_144
const undecodable = (input: BadInput) => input.reason?.startsWith('DECODE_') === true

test('SPEC X5: the corpus and the tests agree on the time, and its good payment is good', () => {
  expect(APPENDED_AT_MS).toBe(APPEND_TIME_MS)
  expect(submit(GOOD_PAYMENT).disposition).toBe('pending')
})

test.each(BAD_INPUTS.filter(undecodable))('SPEC X5: bad input $row: $why: $reason', (input) => {
  expect(decodeReason(valueOfInput(input, SCHEMA_ID)!)).toBe(input.reason)
})

test.each(BAD_INPUTS.filter((input) => readable(input) && !undecodable(input)))(
  'SPEC X5: bad input $row: $why: $disposition',
  (input) => {
    const value = valueOfInput(input, SCHEMA_ID)!.subarray(FRAME_BYTES)
    const { fields = {}, decided = {} } = input
    const verdict = submit(
      { ...GOOD_PAYMENT, ...fields },
      { value, ...(input.key === undefined ? {} : { key: input.key }) },
    )
    if (input.disposition === 'dead-letter') {
      expect(verdict).toMatchObject({ disposition: 'dead-letter', reason: input.reason })
      return
    }
    expect(verdict.disposition).toBe('pending')
    const sent = maskPayment({ ...GOOD_PAYMENT, ...fields }, () => '0'.repeat(64), 'k1')
    const left = maskedPayment(verdict.payment, verdict.draft, context)
    for (const field of DECIDED_FIELDS) {
      expect({ [field]: left[field] }).toEqual({ [field]: decided[field] ?? sent[field] })
      if (decided[field] === undefined && field in fields) expect(left[field]).toBe(fields[field])
    }
  },
)

test('SPEC M6: no dead letter of the corpus says a value', () => {
  for (const input of BAD_INPUTS) {
    if (!readable(input) || undecodable(input)) continue
    const { detail } = submit(
      { ...GOOD_PAYMENT, ...input.fields },
      { value: valueOfInput(input, SCHEMA_ID)!.subarray(FRAME_BYTES) },
    )
    expect(detail).not.toMatch(/[0-9]{7}|\.\.\/|proto|ｔx/)
  }
})
