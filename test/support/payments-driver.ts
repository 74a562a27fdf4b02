import { createPaymentRuntime, type PaymentRuntimeOptions } from '../../bin/runtime/payment-runtime.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { FRAME_BYTES, putFrame } from '../../schemas/avro/framing.ts'
import type { DeadLetter } from '../../schemas/generated/dead-letter.ts'
import type { Decision } from '../../schemas/generated/decision.ts'
import {
  encodePaymentSubmitted,
  type PaymentSubmitted,
  paymentSubmittedDefaults,
} from '../../schemas/generated/payment-submitted.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { DISPOSITIONS, type Disposition } from '../../streams/disposition.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { type OutputRecord, TopologyTestDriver } from '../../streams/testing/topology-test-driver.ts'
import { addOutput, noOutputs, type PaymentOutputs } from './payment-outputs.ts'
import {
  type ControlFields,
  signedControl,
  TEST_MASK_KEYS,
  TEST_SIGNERS,
  type TestSigner,
  testStateKey,
} from './test-keys.ts'
import { DEFAULT_RULES } from './test-rules.ts'

/** Ids of the schemas in the local registry. */
export const SCHEMA_IDS = {
  payment: 1,
  control: 2,
  decision: 3,
  resolution: 4,
  deadLetter: 5,
  alert: 15,
  action: 7,
  duplicate: 8,
  shadowVerdict: 12,
} as const

/** 2026-06-01 12:00 UTC: noon, so that NIGHT does not hit. */
export const START_MS = 1_780_315_200_000

/** Where the chain's outputs leave. */
export const OUTPUT_TOPICS: readonly string[] = [
  TOPICS.paymentsDecided.name,
  TOPICS.paymentsDlq.name,
  TOPICS.fraudAlerts.name,
  TOPICS.fraudActions.name,
  TOPICS.paymentsDuplicates.name,
]

/** A payment that passes every check and hits FIRST_RECEIVER alone: 10.00 EUR by card. */
export const PLAIN_PAYMENT: PaymentSubmitted = {
  ...paymentSubmittedDefaults,
  transactionId: 'tx-1',
  eventTime: START_MS,
  senderAccountId: 'ACC-1',
  receiverAccountId: 'ACC-2',
  amountMinor: 1_000,
  currency: 'EUR',
  kind: 'card',
  channel: 'ecommerce',
}

/** What became of one record, and what was written because of it. */
export interface Outcome extends PaymentOutputs {
  readonly partition: number
  readonly offset: number
  readonly disposition: Disposition
}

/** Where a record is said to stand; by default as a payment's own fields demand. */
export interface Submission {
  readonly appendTimeMs?: number
  readonly partition?: number
  /** The record key as text; null for none. */
  readonly key?: string | null
}

const encoder = new TextEncoder()

/** The chain with fixed keys, default rules and one partition, unless told otherwise. */
export function createTestRuntime(options: Partial<PaymentRuntimeOptions> = {}): BatchProcessor<PaymentStores> {
  return createPaymentRuntime({
    maskKeys: TEST_MASK_KEYS,
    stateKey: testStateKey(),
    signers: TEST_SIGNERS,
    initialRules: DEFAULT_RULES,
    schemaIds: SCHEMA_IDS,
    partitionCount: 1,
    bounds: { dedupIdsMax: 100_000, sendersMax: 10_000, windowEntriesMax: 100_000 },
    arenaBytes: 4 << 20,
    ...options,
  })
}

/** The value of a record: magic byte, schema id, Avro. */
export function framed(schemaId: number, avro: Uint8Array): Uint8Array {
  const value = new Uint8Array(FRAME_BYTES + avro.length)
  putFrame(new DataView(value.buffer), 0, schemaId)
  value.set(avro, FRAME_BYTES)
  return value
}

/** The key and framed value of a payment as a producer sends it. */
export function paymentRecord(fields: Partial<PaymentSubmitted>): {
  readonly key: Uint8Array
  readonly value: Uint8Array
} {
  const payment = { ...PLAIN_PAYMENT, ...fields }
  return {
    key: encoder.encode(payment.senderAccountId),
    value: framed(SCHEMA_IDS.payment, encodePaymentSubmitted(payment)),
  }
}

/**
 * Pays plain objects into the chain and says what came of each. A record's append time is its event time unless told
 * otherwise; the partition is that of the key.
 */
export class PaymentsDriver {
  readonly driver: TopologyTestDriver<PaymentStores>
  private readonly partitionCount: number
  private readonly serials = new Map<string, number>()

  constructor(options: Partial<PaymentRuntimeOptions> = {}) {
    this.partitionCount = options.partitionCount ?? 1
    this.driver = new TopologyTestDriver(createTestRuntime(options), START_MS)
  }

  /** One payment; what is left out is as in `PLAIN_PAYMENT`. */
  pay(fields: Partial<PaymentSubmitted> = {}, submission: Submission = {}): Outcome {
    const { key, value } = paymentRecord(fields)
    const submittedKey = submission.key === undefined ? key : bytesOrNull(submission.key)
    return this.submit(submittedKey, value, { appendTimeMs: fields.eventTime ?? START_MS, ...submission })
  }

  /** The decision on a payment that is decided. Throws when it was not. */
  decide(fields: Partial<PaymentSubmitted> = {}, submission: Submission = {}): Decision {
    const { decisions, disposition, deadLetters } = this.pay(fields, submission)
    const [decision] = decisions
    if (decision === undefined) throw new Error(`not decided but ${disposition} ${deadLetters[0]?.reason ?? ''}`)
    return decision
  }

  /** The dead letter of a payment that is refused. Throws when it was not. */
  refuse(fields: Partial<PaymentSubmitted>, submission: Submission = {}): DeadLetter {
    const { deadLetters, disposition } = this.pay(fields, submission)
    const [deadLetter] = deadLetters
    if (deadLetter === undefined) throw new Error(`no dead letter but ${disposition}`)
    return deadLetter
  }

  /**
   * One control record signed by `signer`, with the next serial of the signer in the partition where the kind needs one.
   * The key is the account; the partition that of the account, or 0.
   */
  control(fields: ControlFields, signer: TestSigner, submission: Submission = {}): Outcome {
    const key = submission.key ?? fields.accountId ?? null
    const partition = submission.partition ?? (key === null ? 0 : this.partitionOfKey(encoder.encode(key)))
    const serial = /^(CHALLENGE|REVIEW)_/.test(fields.kind) ? 0 : this.nextSerial(signer, partition)
    const value = framed(SCHEMA_IDS.control, signedControl({ partition, serial, ...fields }, signer))
    return this.submit(bytesOrNull(key), value, { appendTimeMs: fields.eventTime, ...submission, partition })
  }

  /** Any bytes as a record. */
  submit(key: Uint8Array | null, value: Uint8Array | null, submission: Submission = {}): Outcome {
    const { partition = key === null ? 0 : this.partitionOfKey(key), appendTimeMs = this.driver.nowMs } = submission
    const offset = this.driver.pipeInput(TOPICS.paymentsSubmitted.name, key, value, { partition, appendTimeMs })
    const { dispositions } = this.driver.counters(partition)
    const disposition = DISPOSITIONS[dispositions.indexOf(1)]
    if (disposition === undefined) throw new Error(`the record has no disposition: ${dispositions.join()}`)
    return { partition, offset, disposition, ...this.readOutputs() }
  }

  /** What was written and not read yet. */
  readOutputs(): PaymentOutputs {
    const outputs = noOutputs()
    for (const { value } of this.readRecords()) addOutput(outputs, value)
    return outputs
  }

  /** The same as records, topic by topic. */
  readRecords(): OutputRecord[] {
    return OUTPUT_TOPICS.flatMap((topic) => this.driver.readOutputs(topic))
  }

  /** The state of a partition. */
  stores(partition = 0): PaymentStores {
    return this.driver.stores(partition)
  }

  private partitionOfKey(key: Uint8Array): number {
    return partitionOf(key, 0, key.length, this.partitionCount)
  }

  private nextSerial(signer: TestSigner, partition: number): number {
    const name = `${signer}-${partition}`
    const serial = (this.serials.get(name) ?? 0) + 1
    this.serials.set(name, serial)
    return serial
  }
}

function bytesOrNull(text: string | null): Uint8Array | null {
  return text === null ? null : encoder.encode(text)
}
