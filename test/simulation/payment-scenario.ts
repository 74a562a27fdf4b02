import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { DuplicateReader } from '../../schemas/generated/duplicate.ts'
import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import type { RecordInput } from '../../streams/testing/plain-records.ts'
import type { SeededRandom } from '../../streams/testing/seeded-random.ts'
import {
  createTestRuntime,
  framed,
  OUTPUT_TOPICS,
  paymentRecord,
  SCHEMA_IDS,
  START_MS,
} from '../support/payments-driver.ts'
import { type ControlFields, signedControl, type TestSigner } from '../support/test-keys.ts'
import type { Scenario } from './scenario.ts'

const PARTITIONS = 2
const RECORDS = 120
const SENDERS = ['ACC-1', 'ACC-2', 'ACC-3', 'ACC-4', 'ACC-5', 'ACC-6']

/** Payments of six senders in bursts, with repeats, conflicts, late ones, poison and control records. */
export function paymentScenario(): Scenario<PaymentStores> {
  return {
    name: 'payments',
    processor: createTestRuntime({ partitionCount: PARTITIONS }),
    partitions: PARTITIONS,
    outputTopics: OUTPUT_TOPICS,
    records: payments,
    dispositionOf,
  }
}

const READERS = {
  [SCHEMA_IDS.decision]: { reader: new DecisionReader(), offset: (reader: DecisionReader) => reader.inputOffset },
  [SCHEMA_IDS.duplicate]: { reader: new DuplicateReader(), offset: (reader: DuplicateReader) => reader.inputOffset },
  [SCHEMA_IDS.deadLetter]: { reader: new DeadLetterReader(), offset: (reader: DeadLetterReader) => reader.inputOffset },
} as const

function dispositionOf(_topic: string, value: Uint8Array): number | null {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const schemaId = readFrame(view, 0, value.length)
  const known = READERS[schemaId as keyof typeof READERS]
  if (known === undefined) return null
  if (known.reader.wrap(value, view, FRAME_BYTES, value.length) !== 0) return Number.NaN
  return known.offset(known.reader as never)
}

function payments(random: SeededRandom): readonly (readonly RecordInput[])[] {
  const lanes: RecordInput[][] = Array.from({ length: PARTITIONS }, () => [])
  const sent: Partial<PaymentSubmitted>[] = []
  const serials = { api: 0, board: 0, admin: 0, stranger: 0 }
  let nowMs = START_MS
  for (let i = 0; i < RECORDS; i++) {
    nowMs += random.below(random.next() < 0.1 ? 600_000 : 8_000)
    const chance = random.next()
    const record =
      chance < 0.03
        ? poison(random)
        : chance < 0.09
          ? controlRecord(random, nowMs, lanes, serials)
          : paymentRecord(payment(random, i, nowMs, sent))
    const key = record.key ?? new Uint8Array(0)
    lanes[partitionOf(key, 0, key.length, PARTITIONS)]?.push(record)
  }
  return lanes
}

function poison(random: SeededRandom): RecordInput {
  const key = Buffer.from(random.pick(SENDERS))
  return { key, value: random.pick([null, Buffer.from('{}'), framed(99, Buffer.of(1)), framed(1, Buffer.of(2, 65))]) }
}

/** A new payment or, now and then, one that was sent before: unchanged, restamped or with another amount. */
function payment(
  random: SeededRandom,
  number: number,
  nowMs: number,
  sent: Partial<PaymentSubmitted>[],
): Partial<PaymentSubmitted> {
  const chance = random.next()
  if (chance < 0.12 && sent.length > 0) {
    const former = random.pick(sent)
    if (chance < 0.04) return former
    return chance < 0.09 ? { ...former, eventTime: nowMs } : { ...former, amountMinor: 7 }
  }
  const fresh: Partial<PaymentSubmitted> = {
    transactionId: `tx-${number}`,
    eventTime: nowMs - (random.next() < 0.2 ? random.below(30_000) : 0),
    senderAccountId: random.pick(SENDERS),
    receiverAccountId: random.pick(['SHOP-1', 'SHOP-2', 'SHOP-3']),
    amountMinor: random.pick([100, 100, 2_500, 900_000]),
    deviceId: random.pick([null, 'phone', 'laptop']),
    region: random.pick([null, 'DE', 'JP']),
    pan: random.pick([null, '4111111111111111']),
    memo: random.pick([null, 'card 5555 5555 5555 4444']),
  }
  sent.push(fresh)
  return fresh
}

function controlRecord(
  random: SeededRandom,
  nowMs: number,
  lanes: readonly RecordInput[][],
  serials: Record<TestSigner, number>,
): RecordInput {
  const accountId = random.pick(SENDERS)
  const key = Buffer.from(accountId)
  const partition = partitionOf(key, 0, key.length, PARTITIONS)
  const ended = `${partition}-${random.below((lanes[partition]?.length ?? 0) + 1)}`
  const account = { eventTime: nowMs, accountId, partition }
  const [signer, fields] = random.pick<readonly [TestSigner, ControlFields]>([
    ['board', { ...account, kind: 'ACCOUNT_BLOCKED', until: nowMs + 600_000 }],
    ['board', { ...account, kind: 'ACCOUNT_LIFTED' }],
    ['stranger', { ...account, kind: 'ACCOUNT_LIFTED' }],
    ['api', { ...account, kind: 'CHALLENGE_PASSED', decisionId: ended }],
    ['api', { ...account, kind: 'CHALLENGE_FAILED', decisionId: ended, failedCodes: 3 }],
    ['board', { ...account, kind: 'REVIEW_APPROVED', decisionId: ended }],
  ])
  serials[signer]++
  const serial = /^(CHALLENGE|REVIEW)_/.test(fields.kind) ? 0 : serials[signer]
  return { key, value: framed(SCHEMA_IDS.control, signedControl({ serial, ...fields }, signer)) }
}
