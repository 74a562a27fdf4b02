import { expect, test } from 'vitest'
import { FORGERIES, forgeTooLarge } from '../../../producers/simulator/forgeries.ts'
import { FRAME_BYTES, readFrame } from '../../../schemas/avro/framing.ts'
import { BAD_TYPE, OK, TRAILING, TRUNCATED } from '../../../schemas/avro/scan.ts'
import { DEAD_LETTER_REASON_SYMBOLS } from '../../../schemas/generated/enums.ts'
import { PaymentSubmittedReader } from '../../../schemas/generated/payment-submitted.ts'
import { PAYMENT_SCHEMA_ID, recordsOf, simulationRun } from './simulation.ts'

// Goal: each forgery is broken in the way that its reason says, and in no earlier one.
const DECODE_CODES: Record<string, number> = {
  DECODE_TRUNCATED: TRUNCATED,
  DECODE_TRAILING: TRAILING,
  DECODE_TYPE: BAD_TYPE,
}
const VALUE_BYTES_MAX = 262_144

/** One telling of each forgery. */
const records = recordsOf('poison', simulationRun('forgeries'), { records: FORGERIES.length })

test.each(FORGERIES.map((forgery, i) => ({ ...forgery, i })))(
  'SPEC X5: $reason: $why',
  ({ reason, i, value: forge }) => {
    const record = records[i]
    if (record === undefined) throw new Error('the scenario leaves a forgery out')
    // One place of the list gives its turn to the large one.
    if (record.value?.length === VALUE_BYTES_MAX + 1) return
    expect(record.label.expectation).toEqual({ disposition: 'dead-letter', reason })
    expect(DEAD_LETTER_REASON_SYMBOLS).toContain(reason)
    const { value } = record
    expect(forge).toBeTypeOf('function')
    if (value === null) {
      expect(reason).toBe('NULL_VALUE')
      return
    }
    const view = new DataView(value.buffer, value.byteOffset, value.length)
    expect(view.getUint8(0) === 0).toBe(reason !== 'BAD_MAGIC')
    if (reason === 'BAD_MAGIC' || value.length < FRAME_BYTES) return
    expect(readFrame(view, 0, value.length) === PAYMENT_SCHEMA_ID).toBe(reason !== 'UNKNOWN_SCHEMA')
    expect(new PaymentSubmittedReader().wrap(value, view, FRAME_BYTES, value.length)).toBe(DECODE_CODES[reason] ?? OK)
  },
)

test('SPEC X5: TOO_LARGE is one byte over the limit and rare', () => {
  const all = recordsOf('poison', simulationRun('forgeries'))
  const large = all.filter((record) => (record.value?.length ?? 0) > VALUE_BYTES_MAX)
  expect(large).toHaveLength(2)
  expect(large.map((record) => record.label.expectation?.reason)).toEqual(['TOO_LARGE', 'TOO_LARGE'])
  expect(forgeTooLarge.reason).toBe('TOO_LARGE')
})
