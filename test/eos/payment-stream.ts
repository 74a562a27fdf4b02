import type { MaskKey } from '../../bin/runtime/payment-runtime.ts'
import { Random } from '../../producers/simulator/random.ts'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { mixed } from '../../producers/simulator/scenarios/mixed.ts'
import { poison } from '../../producers/simulator/scenarios/poison.ts'
import { encodePaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { Controls, masked, partitionOfKey } from '../faults/mixed-stream.ts'
import { framed, SCHEMA_IDS } from '../support/payments-driver.ts'

/** The same settings give the same records, byte for byte. */
export interface PaymentStreamSettings {
  readonly seed: string
  /** When the first record is due, epoch ms. */
  readonly startMs: number
  readonly ratePerSecond: number
  readonly partitions: number
}

/** One record that is to be sent. */
export interface PaymentStreamRecord {
  readonly dueMs: number
  readonly key: string
  readonly value: Uint8Array | null
  readonly partition: number
  /** Null where the record is no payment, or none that can be read. */
  readonly transactionId: string | null
}

/** After so many records comes another of the kind. */
const EVERY = { control: 97, poison: 61, repeat: 43, oversized: 2_003 } as const
/** Repeats are of one of so many records before. */
const REPEATED_FROM = 2_000
/** The producer refuses it. */
const OVERSIZED_BYTES = 400_001
/** So that a person pays about once a minute, and some look like a burst. */
const PEOPLE_PER_RATE = 60

/** Ordinary people with every trouble of the simulator, and between them control records, poison and repeats. Without end. */
export function* paymentStream(settings: PaymentStreamSettings, maskKey: MaskKey): Generator<PaymentStreamRecord> {
  const { seed, startMs, ratePerSecond, partitions } = settings
  const run = new SimulationRun({ seed, startMs, paymentSchemaId: SCHEMA_IDS.payment })
  const options = { ratePerSecond, records: Number.POSITIVE_INFINITY, people: ratePerSecond * PEOPLE_PER_RATE }
  const poisoned = poison.records(run, options)[Symbol.iterator]()
  const controls = new Controls(partitions)
  const random = new Random(`${seed} stream`)
  const recent: PaymentStreamRecord[] = []
  let number = 0
  for (const { intendedSendMs: dueMs, key, payment, value } of mixed.records(run, options)) {
    const bytes =
      payment === null ? value : framed(SCHEMA_IDS.payment, encodePaymentSubmitted(masked(payment, maskKey)))
    const transactionId = payment?.transactionId ?? null
    const record = { dueMs, key, value: bytes, partition: partitionOfKey(key, partitions), transactionId }
    yield record
    recent[number % REPEATED_FROM] = record
    number++
    if (number % EVERY.control === 0) yield { ...controls.next(key, dueMs), dueMs, transactionId: null }
    if (number % EVERY.repeat === 0) yield { ...random.pick(recent), dueMs }
    if (number % EVERY.oversized === 0) yield { ...record, value: new Uint8Array(OVERSIZED_BYTES), transactionId: null }
    if (number % EVERY.poison === 0) {
      const { key: whose, value: forged } = poisoned.next().value ?? record
      yield { dueMs, key: whose, value: forged, partition: partitionOfKey(whose, partitions), transactionId: null }
    }
  }
}
