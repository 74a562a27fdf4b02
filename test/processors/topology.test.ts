import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TOPICS } from '../../schemas/topics.ts'
import { DISPOSITIONS } from '../../streams/disposition.ts'
import { addOutput, noOutputs, type PaymentOutputs } from '../support/payment-outputs.ts'
import {
  createTestRuntime,
  framed,
  OUTPUT_TOPICS,
  PaymentsDriver,
  paymentRecord,
  SCHEMA_IDS,
  START_MS,
} from '../support/payments-driver.ts'
import { signedControl } from '../support/test-keys.ts'

// Goal: whatever stands at an input offset has exactly one disposition and its outputs, in the partition's order; poison moves on.
const encoder = new TextEncoder()
const BLOCKED = { kind: 'ACCOUNT_BLOCKED', accountId: 'ACC-1', eventTime: START_MS, serial: 1 } as const

// biome-ignore format: a table
const WAYS: readonly { readonly why: string; readonly act: (driver: PaymentsDriver) => { disposition: string } & PaymentOutputs; readonly disposition: string; readonly outputs: string }[] = [
  { why: 'a first sight',            act: (driver) => driver.pay({ transactionId: 'n' }),                                            disposition: 'decided',         outputs: 'decisions' },
  { why: 'a challenged one',         act: (driver) => driver.pay({ transactionId: 'n', amountMinor: 900_000, senderAccountId: 'ACC-9' }), disposition: 'decided',      outputs: 'decisions actions' },
  { why: 'a repeat',                 act: (driver) => driver.pay({ transactionId: 'a' }),                                            disposition: 'duplicate',       outputs: 'duplicates' },
  { why: 'other content',            act: (driver) => driver.pay({ transactionId: 'a', amountMinor: 1 }),                            disposition: 'conflict',        outputs: 'deadLetters alerts' },
  { why: 'a bad payment',            act: (driver) => driver.pay({ transactionId: '' }),                                             disposition: 'dead-letter',     outputs: 'deadLetters' },
  { why: 'no value',                 act: (driver) => driver.submit(null, null),                                                     disposition: 'dead-letter',     outputs: 'deadLetters' },
  { why: 'no frame',                 act: (driver) => driver.submit(null, new Uint8Array(0)),                                        disposition: 'dead-letter',     outputs: 'deadLetters' },
  { why: 'another schema',           act: (driver) => driver.submit(null, framed(SCHEMA_IDS.decision, new Uint8Array(9))),           disposition: 'dead-letter',     outputs: 'deadLetters' },
  { why: 'a standing',               act: (driver) => driver.control({ ...BLOCKED, serial: 1 }, 'board'),                            disposition: 'control-applied', outputs: '' },
  { why: 'the end of a challenge',   act: (driver) => driver.control({ kind: 'CHALLENGE_PASSED', decisionId: '0-1', eventTime: 1 }, 'api'), disposition: 'control-applied', outputs: 'resolutions' },
  { why: 'the end of none',          act: (driver) => driver.control({ kind: 'CHALLENGE_PASSED', decisionId: '0-0', eventTime: 1 }, 'api'), disposition: 'control-ignored', outputs: '' },
  { why: 'a stranger\'s record',     act: (driver) => driver.control(BLOCKED, 'stranger'),                                           disposition: 'control-refused', outputs: 'deadLetters alerts' },
  { why: 'a control record in bits', act: (driver) => driver.submit(encoder.encode('ACC-1'), framed(SCHEMA_IDS.control, signedControl(BLOCKED, 'board').slice(0, 9))), disposition: 'dead-letter', outputs: 'deadLetters' },
]
test.each(WAYS)('SPEC X1: $why: $disposition, with $outputs', ({ act, disposition, outputs }) => {
  const driver = new PaymentsDriver()
  driver.decide({ transactionId: 'a' })
  expect(driver.decide({ transactionId: 'w', amountMinor: 900_000, receiverAccountId: 'first' }).outcome).toBe(
    'challenge',
  )
  const outcome = act(driver)
  expect(outcome.disposition).toBe(disposition)
  const written = Object.keys(noOutputs()).filter((kind) => outcome[kind as keyof PaymentOutputs].length > 0)
  expect(written.toSorted()).toEqual(outputs.split(' ').filter(Boolean).toSorted())
})

const record = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 80 }),
  fc.nat({ max: 9 }).map((i) => paymentRecord({ transactionId: `t${i}`, eventTime: START_MS + i }).value),
  fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 60 }), fc.nat({ max: 255 })).map(([i, at, byte]) => {
    const { value } = paymentRecord({ transactionId: `t${i}`, eventTime: START_MS + i, memo: 'memo', region: 'DE' })
    return value.with(at % value.length, byte)
  }),
  fc.nat({ max: 60 }).map((length) => paymentRecord({}).value.slice(0, length)),
  fc.constant(framed(SCHEMA_IDS.control, signedControl(BLOCKED, 'board'))),
)

test('SPEC X1, X5: property: every offset has one disposition and its outputs, in order, poison or not', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 40 }), (values) => {
      const driver = new PaymentsDriver()
      const records = values.map((value) => ({ key: encoder.encode('ACC-1'), value }))
      driver.driver.pipeBatch(TOPICS.paymentsSubmitted.name, records, { appendTimeMs: START_MS })
      const counted = [...driver.driver.counters().dispositions]
      expect(counted[0]).toBe(0)
      expect(counted.reduce((sum, count) => sum + count, 0)).toBe(values.length)
      const count = (name: (typeof DISPOSITIONS)[number]) => counted[DISPOSITIONS.indexOf(name)]!
      const { decisions, deadLetters, duplicates } = driver.readOutputs()
      expect(decisions).toHaveLength(count('decided'))
      expect(duplicates).toHaveLength(count('duplicate'))
      expect(deadLetters).toHaveLength(count('dead-letter') + count('conflict') + count('control-refused'))
      for (const list of [decisions, deadLetters, duplicates]) {
        const offsets = list.map(({ inputOffset }) => inputOffset)
        expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
      }
      const all = [...decisions, ...deadLetters, ...duplicates].map(({ inputOffset }) => inputOffset)
      expect(new Set(all).size + count('control-applied')).toBe(values.length)
    }),
  )
})

test('SPEC X1: within a topic the outputs of a batch stand in the order of their inputs, alerts before revised ones', () => {
  const driver = new PaymentsDriver()
  const seconds = [0, 1, 2, 59, 3, 4, 5]
  const records = seconds.map((second, i) =>
    paymentRecord({ transactionId: `t${i}`, eventTime: START_MS + second * 1_000 }),
  )
  driver.driver.pipeBatch(TOPICS.paymentsSubmitted.name, records, { appendTimeMs: START_MS + 59_000 })
  for (const topic of OUTPUT_TOPICS) {
    const outputs = noOutputs()
    for (const { value } of driver.driver.readOutputs(topic)) addOutput(outputs, value)
    const offsets = [...outputs.decisions, ...outputs.alerts, ...outputs.actions].map(({ inputOffset }) => inputOffset)
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
  }
})

test('SPEC D6: the stages stand in the order of the specification', () => {
  const types = createTestRuntime().topology.recordTypes
  expect(types.map(({ name }) => name)).toEqual(['payment', 'control record'])
  const names = types[0]!.stages.map((stage) => stage.name)
  expect(names).toEqual(['velocity', 'dedup', 'remember', 'score', 'decide', 'learn'])
})
