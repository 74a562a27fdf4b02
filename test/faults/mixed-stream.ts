import { createHmac } from 'node:crypto'
import type { MaskKey } from '../../bin/runtime/payment-runtime.ts'
import { MaskError, maskPayment } from '../../processors/mask/mask-payment.ts'
import type { LabelledRecord } from '../../producers/simulator/labelled-record.ts'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { scenarioNamed } from '../../producers/simulator/scenarios.ts'
import { encodePaymentSubmitted, type PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { framed, SCHEMA_IDS } from '../support/payments-driver.ts'
import { type ControlFields, signedControl, TEST_MASK_KEYS, type TestSigner } from '../support/test-keys.ts'
import { PARTITIONS } from './chain.ts'

/** One record on its way into the input. */
export interface StreamRecord {
  readonly key: string
  readonly value: Uint8Array | null
  readonly partition: number
}

export interface StreamSettings {
  readonly seed: string
  readonly startMs: number
  readonly records: number
}

/** Whose turn it is, round and round: ordinary payments with every trouble of the simulator between them. */
const TURNS =
  'mixed mixed card-testing mixed poison mixed retry-storm mixed late mixed id-conflict mixed out-of-order control mixed future-clock'
const RATE = 100
const KEY = TEST_MASK_KEYS[0] as MaskKey

/** A stream that meets every disposition; the same settings give the same bytes. Every second sender masks at the edge. */
export function mixedStream({ seed, startMs, records }: StreamSettings): StreamRecord[] {
  const run = new SimulationRun({ seed, startMs, paymentSchemaId: SCHEMA_IDS.payment })
  const stories = new Map<string, Iterator<LabelledRecord>>()
  const next = (name: string): LabelledRecord => {
    const options = { ratePerSecond: RATE, records: Number.POSITIVE_INFINITY, people: 300 }
    const story = stories.get(name) ?? scenarioNamed(name)?.records(run, options)[Symbol.iterator]()
    if (story === undefined) throw new RangeError(`no scenario ${name}`)
    stories.set(name, story)
    return story.next().value as LabelledRecord
  }
  const controls = new Controls(PARTITIONS)
  const stream: StreamRecord[] = []
  const turns = TURNS.split(' ')
  for (let i = 0; i < records; i++) {
    const turn = turns[i % turns.length] as string
    if (turn === 'control') {
      stream.push(controls.next(stream[(i * 7) % stream.length]?.key ?? '', startMs + i))
      continue
    }
    const { key, payment, value } = next(turn)
    const bytes = payment === null ? value : framed(SCHEMA_IDS.payment, encodePaymentSubmitted(masked(payment, KEY)))
    stream.push({ key, value: bytes, partition: partitionOfKey(key, PARTITIONS) })
  }
  return stream
}

/** Control records about senders that were seen: applied, ignored and refused ones. Mask keys are `k1` and `k2`. */
export class Controls {
  private readonly partitions: number
  private made = 0
  private readonly serials = new Map<string, number>()

  constructor(partitions: number) {
    this.partitions = partitions
  }

  next(account: string, eventTime: number): StreamRecord {
    const partition = partitionOfKey(account, this.partitions)
    const kinds: readonly (readonly [TestSigner, ControlFields])[] = [
      ['board', { kind: 'ACCOUNT_BLOCKED', eventTime, accountId: account, until: eventTime + 5_000 }],
      ['stranger', { kind: 'ACCOUNT_ALLOWED', eventTime, accountId: account }],
      ['admin', { kind: 'MASK_KEY_ACTIVATED', eventTime, subject: this.made % 10 < 5 ? 'k2' : 'k1' }],
      ['api', { kind: 'CHALLENGE_PASSED', eventTime, decisionId: `${partition}-${this.made}` }],
      ['board', { kind: 'ACCOUNT_LIFTED', eventTime, accountId: account }],
    ]
    const [signer, fields] = kinds[this.made++ % kinds.length] as (typeof kinds)[number]
    const serial = (this.serials.get(`${signer} ${partition}`) ?? 0) + 1
    this.serials.set(`${signer} ${partition}`, serial)
    const value = framed(SCHEMA_IDS.control, signedControl({ ...fields, partition, serial }, signer))
    return { key: account, value, partition }
  }
}

/** Masked by every second sender, and as a foreign producer sends it by the others. */
export function masked(payment: PaymentSubmitted, key: MaskKey): PaymentSubmitted {
  if (payment.senderAccountId.charCodeAt(payment.senderAccountId.length - 1) % 2 === 0) return payment
  try {
    return maskPayment(payment, (message) => createHmac('sha256', key.secret).update(message).digest('hex'), key.id)
  } catch (error) {
    // What cannot be masked a foreign producer sends as it is.
    if (error instanceof MaskError) return payment
    throw error
  }
}

export function partitionOfKey(key: string, partitions: number): number {
  const bytes = new TextEncoder().encode(key)
  return partitionOf(bytes, 0, bytes.length, partitions)
}
