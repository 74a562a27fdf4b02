import { expect, test } from 'vitest'
import type { PaymentStores } from '../../../processors/stores/payment-stores.ts'
import type { Signal } from '../../../schemas/generated/enums.ts'
import { canonicalRules, type RuleSet } from '../../../schemas/rule-set.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import { sealBatch } from '../../../streams/record/batch-seal.ts'
import { encodeRecords } from '../../../streams/testing/plain-records.ts'
import {
  createTestRuntime,
  framed,
  PaymentsDriver,
  paymentRecord,
  SCHEMA_IDS,
  START_MS,
  type Submission,
} from '../../support/payments-driver.ts'
import {
  type ControlFields,
  signedControl,
  TEST_MASK_KEYS,
  TEST_SIGNERS,
  type TestSigner,
} from '../../support/test-keys.ts'
import { DEFAULT_RULES } from '../../support/test-rules.ts'
import { tokenOf } from './random-stream.ts'

// Goal: what may take effect, that nothing else changes anything, and that what does holds from its offset on.
const at = { eventTime: START_MS } as const
const BLOCK = { kind: 'ACCOUNT_BLOCKED', accountId: 'ACC-1', ...at } as const

interface Refusal {
  readonly why: string
  readonly fields: ControlFields
  readonly signer: TestSigner
  readonly submission?: Submission
  readonly detail: RegExp
}

// biome-ignore format: a table
const REFUSED: readonly Refusal[] = [
  { why: 'an unknown signer',                          fields: BLOCK, signer: 'stranger',                                        detail: /^signature/ },
  { why: 'another key under a known signer\'s id',     fields: { ...BLOCK, signerKeyId: 'board' }, signer: 'stranger',           detail: /^signature/ },
  { why: 'a signer of other kinds',                    fields: BLOCK, signer: 'api',                                             detail: /^signature/ },
  { why: 'the board may not change rules',             fields: { kind: 'RULES_SET', rules: '{}', ...at }, signer: 'board',       detail: /^signature/ },
  { why: 'the API may not end a review',               fields: { kind: 'REVIEW_APPROVED', decisionId: '0-0', ...at }, signer: 'api', detail: /^signature/ },
  { why: 'a record of another partition',              fields: { ...BLOCK, partition: 1 }, signer: 'board',                      detail: /^partition/ },
  { why: 'a serial of 0',                              fields: { ...BLOCK, serial: 0 }, signer: 'board',                         detail: /^serial/ },
  { why: 'a negative serial',                          fields: { ...BLOCK, serial: -1 }, signer: 'board',                        detail: /^serial/ },
  { why: 'a record under another account\'s key',      fields: BLOCK, signer: 'board', submission: { key: 'ACC-2' },             detail: /^account_id: not the record key/ },
  { why: 'a key that the account is the beginning of', fields: BLOCK, signer: 'board', submission: { key: 'ACC-10' },            detail: /^account_id: not the record key/ },
  { why: 'a standing of nobody',                       fields: { kind: 'ACCOUNT_LIFTED', ...at }, signer: 'board',               detail: /^account_id: missing/ },
  { why: 'an allowance without end',                   fields: { ...BLOCK, kind: 'ACCOUNT_ALLOWED' }, signer: 'board',           detail: /^until/ },
  { why: 'no rules',                                   fields: { kind: 'RULES_SET', ...at }, signer: 'admin',                    detail: /^rules/ },
  { why: 'rules that are no JSON',                     fields: { kind: 'RULES_SET', rules: '{', ...at }, signer: 'admin',        detail: /^rules/ },
  { why: 'rules with a field that nobody knows',       fields: { kind: 'RULES_SET', rules: JSON.stringify({ ...DEFAULT_RULES, more: 1 }), ...at }, signer: 'admin', detail: /^rules/ },
  { why: 'rules whose own currency is worth 2',        fields: { kind: 'RULES_SET', rules: JSON.stringify({ ...DEFAULT_RULES, rates: { USD: 2 } }), ...at }, signer: 'admin', detail: /^rules/ },
  { why: 'what no mask key can be called',             fields: { kind: 'MASK_KEY_ACTIVATED', subject: 'k 3', ...at }, signer: 'admin', detail: /^subject/ },
  { why: 'no mask key',                                fields: { kind: 'MASK_KEY_ACTIVATED', ...at }, signer: 'admin',           detail: /^subject/ },
  { why: 'a list that does not exist',                 fields: { kind: 'LIST_ADDED', subject: 'merchant:m', ...at }, signer: 'admin', detail: /^subject/ },
  { why: 'a list entry without a value',               fields: { kind: 'LIST_ADDED', subject: 'device:', ...at }, signer: 'admin', detail: /^subject/ },
  { why: 'an address that is no token',                fields: { kind: 'LIST_ADDED', subject: 'email:jane@example.com', ...at }, signer: 'admin', detail: /^subject/ },
  { why: 'an entry to remove that is none',            fields: { kind: 'LIST_REMOVED', ...at }, signer: 'admin',                 detail: /^subject/ },
  { why: 'an erasure of nobody',                       fields: { kind: 'ERASURE', ...at }, signer: 'admin',                      detail: /^account_id: missing/ },
]
test.each(REFUSED)(
  'SPEC S7: $why is refused, alerts and changes nothing',
  ({ fields, signer, submission = {}, detail }) => {
    const driver = new PaymentsDriver()
    driver.decide({ transactionId: 'before' })
    const digest = driver.stores().digest()
    const refused = driver.control(fields, signer, { partition: 0, appendTimeMs: START_MS + 5, ...submission })
    expect(refused).toMatchObject({ disposition: 'control-refused', resolutions: [], decisions: [] })
    expect(refused.deadLetters).toMatchObject([{ reason: 'CONTROL_REFUSED', inputOffset: 1, inputPartition: 0 }])
    expect(refused.deadLetters[0]?.detail).toMatch(detail)
    expect(refused.alerts).toEqual([
      {
        alertId: '0-1-0',
        kind: 'CONTROL_REFUSED',
        revised: false,
        transactionId: null,
        senderAccountId: null,
        eventTime: START_MS + 5,
        velocityCount: 0,
        severity: 'NONE',
        amountMinor: null,
        currency: null,
        region: null,
        fraudCount: 0,
        fraudScore: 0,
        reasons: [],
        inputTopic: 'payments.submitted',
        inputPartition: 0,
        inputOffset: 1,
        semanticsVersion: 3,
      },
    ])
    expect(driver.stores().digest()).toBe(digest)
    expect(driver.decide({ transactionId: 'after' })).toMatchObject({ outcome: 'approve', decidedBy: 'DEFAULT' })
  },
)

test('SPEC S7: an unsigned record is refused, and its alert passes on no key', () => {
  const driver = new PaymentsDriver()
  const signed = signedControl({ ...BLOCK, serial: 1 }, 'board')
  // The last 65 bytes are the signature and its length.
  const unsigned = Uint8Array.from([...signed.subarray(0, -66), 0])
  const key = new TextEncoder().encode('4111111111111111')
  driver.driver.pipeInput(TOPICS.paymentsSubmitted.name, key, framed(SCHEMA_IDS.control, unsigned), {})
  const outputs = driver.readRecords()
  expect(outputs.map(({ topic, key: outputKey }) => [topic, outputKey])).toEqual([
    ['payments.dlq', null],
    ['fraud.alerts', null],
  ])
})

test('SPEC S7: a record that took effect is refused when it comes again, and one copied to another partition', () => {
  const driver = new PaymentsDriver({ partitionCount: 4 })
  const { partition } = driver.control(BLOCK, 'board')
  const key = new TextEncoder().encode('ACC-1')
  const value = framed(SCHEMA_IDS.control, signedControl({ ...BLOCK, partition, serial: 1 }, 'board'))
  expect(driver.submit(key, value, { partition })).toMatchObject({ disposition: 'control-refused' })
  const copied = driver.submit(key, value, { partition: (partition + 1) % 4 })
  expect(copied.deadLetters).toMatchObject([{ detail: 'partition: the record belongs to another partition' }])
  const astray = driver.control({ ...BLOCK, partition: (partition + 1) % 4 }, 'board', {
    partition: (partition + 1) % 4,
  })
  expect(astray.deadLetters).toMatchObject([{ detail: 'account_id: belongs to another partition' }])
})

// biome-ignore format: a table
const SERIALS = [
  { why: 'the first may be any positive number',          serials: [41],           expected: ['applied'] },
  { why: 'gaps are no harm',                              serials: [1, 7],         expected: ['applied', 'applied'] },
  { why: 'the same again',                                serials: [7, 7],         expected: ['applied', 'refused'] },
  { why: 'a lower one',                                   serials: [7, 6],         expected: ['applied', 'refused'] },
  { why: 'a refused one uses none up',                    serials: [-9, 7],        expected: ['refused', 'applied'] },
] as const
test.each(SERIALS)('SPEC S7: serials: $why', ({ serials, expected }) => {
  const driver = new PaymentsDriver()
  const answers = serials.map((serial) => driver.control({ ...BLOCK, serial }, 'board').disposition)
  expect(answers).toEqual(expected.map((answer) => `control-${answer}`))
})

test('SPEC S7: a refused record uses no serial up, and each signer and partition counts apart', () => {
  const driver = new PaymentsDriver({ partitionCount: 4 })
  const list = { kind: 'LIST_ADDED', subject: 'device:d', ...at } as const
  const answers = [
    driver.control({ ...list, subject: 'nothing', serial: 5 }, 'admin', { partition: 0 }),
    driver.control({ ...list, serial: 5 }, 'admin', { partition: 0 }),
    driver.control({ ...list, serial: 5 }, 'admin', { partition: 1 }),
    driver.control({ ...BLOCK, serial: 5 }, 'board'),
  ]
  expect(answers.map(({ disposition }) => disposition)).toEqual([
    'control-refused',
    'control-applied',
    'control-applied',
    'control-applied',
  ])
})

test('SPEC S7: the ends of challenges and reviews neither need a serial nor move one', () => {
  const board = TEST_SIGNERS.find(({ id }) => id === 'board')!
  const driver = new PaymentsDriver({ signers: [{ ...board, kinds: ['CHALLENGE_PASSED', 'ACCOUNT_BLOCKED'] }] })
  expect(driver.control({ ...BLOCK, serial: 5 }, 'board').disposition).toBe('control-applied')
  for (const serial of [-7, 0, 9]) {
    const end = { kind: 'CHALLENGE_PASSED', decisionId: '0-9', serial, ...at } as const
    expect(driver.control(end, 'board').disposition).toBe('control-ignored')
  }
  expect(driver.control({ ...BLOCK, serial: 5 }, 'board').disposition).toBe('control-refused')
  expect(driver.control({ ...BLOCK, serial: 6 }, 'board').disposition).toBe('control-applied')
})

// Fields of a control record and the byte of each value that is broken; a lone continuation byte is no UTF-8.
test.each(['accountId', 'decisionId', 'subject', 'rules', 'actor', 'reason', 'signerKeyId'] as const)(
  'SPEC R2: a control record whose %s is not UTF-8 is poison, whoever signed it',
  (field) => {
    const driver = new PaymentsDriver()
    const digest = driver.stores().digest()
    const avro = signedControl({ ...BLOCK, serial: 1, [field]: 'caf\u00e9!' }, 'board')
    const place = Buffer.from(avro).indexOf(Buffer.from('\u00e9!'))
    avro[place] = 0x41
    const poison = driver.submit(new TextEncoder().encode('ACC-1'), framed(SCHEMA_IDS.control, avro))
    expect(poison).toMatchObject({ disposition: 'dead-letter', alerts: [], deadLetters: [{ reason: 'BAD_TEXT' }] })
    expect(driver.stores().digest()).toBe(digest)
  },
)

// biome-ignore format: a table
const STANDINGS: readonly { readonly why: string; readonly controls: readonly ControlFields[]; readonly atMs: number; readonly decidedBy: string }[] = [
  { why: 'a block without end',                  controls: [BLOCK],                                                          atMs: 9e12 / 10, decidedBy: 'HARD_BLOCK' },
  { why: 'a block until then, a ms before',      controls: [{ ...BLOCK, until: START_MS + 1_000 }],                          atMs: 999,   decidedBy: 'HARD_BLOCK' },
  { why: 'and at its end',                       controls: [{ ...BLOCK, until: START_MS + 1_000 }],                          atMs: 1_000, decidedBy: 'DEFAULT' },
  { why: 'an allowance, a ms before its end',    controls: [{ ...BLOCK, kind: 'ACCOUNT_ALLOWED', until: START_MS + 1_000 }], atMs: 999,   decidedBy: 'ALLOW_OVERRIDE' },
  { why: 'and at its end',                       controls: [{ ...BLOCK, kind: 'ACCOUNT_ALLOWED', until: START_MS + 1_000 }], atMs: 1_000, decidedBy: 'DEFAULT' },
  { why: 'a block wins over an allowance',       controls: [BLOCK, { ...BLOCK, kind: 'ACCOUNT_ALLOWED', until: START_MS + 1_000 }], atMs: 1, decidedBy: 'HARD_BLOCK' },
  { why: 'a lift ends a block',                  controls: [BLOCK, { ...BLOCK, kind: 'ACCOUNT_LIFTED' }],                    atMs: 1,     decidedBy: 'DEFAULT' },
  { why: 'but no allowance',                     controls: [{ ...BLOCK, kind: 'ACCOUNT_ALLOWED', until: START_MS + 1_000 }, { ...BLOCK, kind: 'ACCOUNT_LIFTED' }], atMs: 1, decidedBy: 'ALLOW_OVERRIDE' },
  { why: 'the last word holds: a shorter block', controls: [BLOCK, { ...BLOCK, until: START_MS + 1 }],                       atMs: 1,     decidedBy: 'DEFAULT' },
  { why: 'a block of somebody else',             controls: [{ ...BLOCK, accountId: 'ACC-9' }],                               atMs: 1,     decidedBy: 'DEFAULT' },
]
test.each(STANDINGS)('SPEC S6: $why', ({ controls, atMs, decidedBy }) => {
  for (const paidBefore of [false, true]) {
    const driver = new PaymentsDriver()
    if (paidBefore) driver.decide({ transactionId: 'first' })
    for (const fields of controls) expect(driver.control(fields, 'board').disposition).toBe('control-applied')
    expect(driver.decide({ transactionId: 'x', eventTime: START_MS + atMs })).toMatchObject({ decidedBy })
  }
})

test('SPEC S4: a lift ends an automatic block', () => {
  const driver = new PaymentsDriver()
  for (let i = 0; i < 5; i++) driver.decide({ transactionId: `t${i}`, eventTime: START_MS + i })
  const later = { eventTime: START_MS + 2 * 3_600_000 }
  expect(driver.decide({ transactionId: 'a', ...later }).decidedBy).toBe('AUTOMATIC_BLOCK')
  driver.control({ ...BLOCK, kind: 'ACCOUNT_LIFTED' }, 'board')
  expect(driver.decide({ transactionId: 'b', ...later }).decidedBy).toBe('DEFAULT')
})

const rules = (version: string, points: number): RuleSet => ({
  ...DEFAULT_RULES,
  version,
  signals: { ...DEFAULT_RULES.signals, FIRST_RECEIVER: { points } },
})

test('SPEC S6: a rule set holds from its offset on, also within one batch; a bad one changes nothing', () => {
  const driver = new PaymentsDriver()
  const payment = (i: number) =>
    paymentRecord({ transactionId: `t${i}`, eventTime: START_MS + i, receiverAccountId: `r${i}` })
  const set = (serial: number, text: string) => ({
    key: null,
    value: framed(SCHEMA_IDS.control, signedControl({ kind: 'RULES_SET', rules: text, serial, ...at }, 'admin')),
  })
  const records = [
    payment(0),
    set(1, canonicalRules(rules('2', 33))),
    payment(1),
    set(2, '{}'),
    payment(2),
    set(2, canonicalRules(rules('3', 7))),
    payment(3),
  ]
  driver.driver.pipeBatch(TOPICS.paymentsSubmitted.name, records, { appendTimeMs: START_MS })
  const { decisions, deadLetters } = driver.readOutputs()
  const told = decisions.map(({ ruleVersion, reasons }) => [
    ruleVersion,
    reasons.find(({ signal }) => signal === 'FIRST_RECEIVER')?.points,
  ])
  expect(told).toEqual([
    ['1', 15],
    ['2', 33],
    ['2', 33],
    ['3', 7],
  ])
  expect(new Set(decisions.map(({ ruleHash }) => ruleHash)).size).toBe(3)
  expect(deadLetters.map(({ inputOffset }) => inputOffset)).toEqual([3])
})

const K1 = TEST_MASK_KEYS[0]!
const PERSONAL = { pan: '4111111111111111', email: 'a@example.com', ip: '203.0.113.9', deviceId: 'd1' } as const
const MASKED = {
  deviceId: 'd1',
  maskKeyId: 'k1',
  cardMasked: 'XXXX-XXXX-XXXX-1111',
  cardToken: tokenOf(K1, PERSONAL.pan),
  emailMasked: 'a***@example.com',
  emailToken: tokenOf(K1, PERSONAL.email),
  ipMasked: '203.0.x.x',
  ipToken: tokenOf(K1, PERSONAL.ip),
} as const

// biome-ignore format: a table
const LISTS = [
  { entry: 'sender:ACC-1',                         other: 'sender:ACC-2' },
  { entry: 'receiver:ACC-2',                       other: 'receiver:ACC-1' },
  { entry: 'device:d1',                            other: 'device:d' },
  { entry: `card:${tokenOf(K1, PERSONAL.pan)}`,    other: `card:${tokenOf(TEST_MASK_KEYS[1]!, PERSONAL.pan)}` },
  { entry: `email:${tokenOf(K1, PERSONAL.email)}`, other: `email:${tokenOf(K1, 'other@example.com')}` },
  { entry: `ip:${tokenOf(K1, PERSONAL.ip)}`,       other: `ip:${tokenOf(K1, '203.0.113.10')}` },
]
test.each(LISTS)('SPEC S1: LISTED: $entry blocks hard, raw or masked; $other does not', ({ entry, other }) => {
  for (const fields of [PERSONAL, MASKED]) {
    const driver = new PaymentsDriver()
    const list = (kind: 'LIST_ADDED' | 'LIST_REMOVED', subject: string, until: number | null = null) =>
      expect(driver.control({ kind, subject, until, ...at }, 'admin').disposition).toBe('control-applied')
    let i = 0
    const decide = (atMs: number) => driver.decide({ transactionId: `t${i++}`, eventTime: START_MS + atMs, ...fields })
    list('LIST_ADDED', other)
    expect(decide(0).decidedBy).toBe('DEFAULT')
    list('LIST_ADDED', entry, START_MS + 100_000)
    const listed = decide(99_999)
    expect(listed).toMatchObject({ outcome: 'block', decidedBy: 'HARD_BLOCK' })
    expect(listed.reasons).toContainEqual({ signal: 'LISTED' satisfies Signal, points: 0 })
    expect(decide(100_000).decidedBy).toBe('DEFAULT')
    list('LIST_ADDED', entry)
    expect(decide(200_000).decidedBy).toBe('HARD_BLOCK')
    list('LIST_REMOVED', entry)
    expect(decide(300_000).decidedBy).toBe('DEFAULT')
  }
})

test('SPEC X1: a fold knows a listed card by its token, though it computes none to write', () => {
  const listing = signedControl(
    { kind: 'LIST_ADDED', subject: LISTS[3]!.entry, partition: 0, serial: 1, ...at },
    'admin',
  )
  const records = [
    { key: null, value: framed(SCHEMA_IDS.control, listing) },
    ...['t1', 't2', 't3'].map((transactionId) => paymentRecord({ transactionId, ...PERSONAL })),
  ]
  const live = new PaymentsDriver()
  live.driver.pipeBatch(TOPICS.paymentsSubmitted.name, records, { appendTimeMs: START_MS })
  expect(live.readOutputs().decisions.map(({ decidedBy }) => decidedBy)).toEqual(Array(3).fill('HARD_BLOCK'))
  const processor = createTestRuntime()
  const folded = processor.topology.createStores(0)
  const [batch] = encodeRecords(records, START_MS)
  sealBatch(batch!.bytes, {
    baseOffset: 0,
    appendTimeMs: START_MS,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    transactional: false,
  })
  const input = { topic: TOPICS.paymentsSubmitted.name, partition: 0 }
  expect(processor.process(folded, null, input, batch!.bytes, 0, 4).records).toBe(4)
  // A token that was not there would be a SCORING_ERROR, and the payment pending in review.
  const reviews = (stores: PaymentStores) => stores.pending.entries.rows.size
  expect([folded.digest(), reviews(folded)]).toEqual([live.stores().digest(), 0])
})

test('SPEC S1: a device in which a card number was found is listed by what is left of it', () => {
  const driver = new PaymentsDriver()
  driver.control({ kind: 'LIST_ADDED', subject: 'device:phone XXXXXXXXXXXX1111', ...at }, 'admin')
  expect(driver.decide({ deviceId: 'phone 4111111111111111' })).toMatchObject({
    deviceId: 'phone XXXXXXXXXXXX1111',
    decidedBy: 'HARD_BLOCK',
  })
})

test('SPEC S6: 10 000 list entries stand; one more is refused, an old one may change, one removed makes room', () => {
  const driver = new PaymentsDriver()
  const add = (subject: string, until: number | null = null) =>
    driver.control({ kind: 'LIST_ADDED', subject, until, ...at }, 'admin').disposition
  const many = Array.from({ length: 10_000 }, (_, i) => [`device:d${i}`, START_MS - 1] as const)
  const { partition } = driver.stores()
  partition.set({ ...partition.get(), lists: new Map(many) })
  expect(add('device:new')).toBe('control-refused')
  expect(add('device:d5')).toBe('control-applied')
  expect(driver.control({ kind: 'LIST_REMOVED', subject: 'device:d6', ...at }, 'admin').disposition).toBe(
    'control-applied',
  )
  expect(add('device:new')).toBe('control-applied')
  expect(add('device:newer')).toBe('control-refused')
})

test('SPEC M3 S6: a machine without the key that is put in force stops before the record, and decides nothing without it', () => {
  const driver = new PaymentsDriver()
  expect(driver.pay({ transactionId: 'before' })).toMatchObject({ decisions: [{ transactionId: 'before' }] })
  expect(() => driver.control({ kind: 'MASK_KEY_ACTIVATED', subject: 'k3', ...at }, 'admin')).toThrow(
    expect.objectContaining({
      code: 'MASK_KEY_MISSING',
      next: 'stop',
      message: expect.stringMatching(/mask key k3.*put it there/),
    }),
  )
})

test('SPEC M3: a mask key is in force from its offset on, also within one batch', () => {
  const driver = new PaymentsDriver()
  const payment = (i: number) => paymentRecord({ transactionId: `t${i}`, pan: PERSONAL.pan })
  const activate = (subject: string, serial: number) => ({
    key: null,
    value: framed(SCHEMA_IDS.control, signedControl({ kind: 'MASK_KEY_ACTIVATED', subject, serial, ...at }, 'admin')),
  })
  const records = [payment(0), activate('k2', 1), payment(1), payment(0), activate('k1', 2), payment(2)]
  driver.driver.pipeBatch(TOPICS.paymentsSubmitted.name, records, { appendTimeMs: START_MS })
  const { decisions, duplicates } = driver.readOutputs()
  const tokens = decisions.map(({ maskKeyId, cardToken }) => [maskKeyId, cardToken])
  const under = (key: (typeof TEST_MASK_KEYS)[number]) => [key.id, tokenOf(key, PERSONAL.pan)]
  expect(tokens).toEqual([under(K1), under(TEST_MASK_KEYS[1]!), under(K1)])
  expect(duplicates).toMatchObject([{ inputOffset: 3, firstOffset: 0 }])
})
