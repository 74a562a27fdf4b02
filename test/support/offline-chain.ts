import { createPaymentRuntime, type PaymentRuntimeOptions } from '../../bin/runtime/payment-runtime.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { encodePaymentSubmitted, type PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { sealBatch } from '../../streams/record/batch-seal.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'
import { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import { encodeHeaders } from '../../streams/record/record-headers.ts'
import type { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { TaskOutputs } from '../../streams/task/task-outputs.ts'
import { framed, SCHEMA_IDS } from './payments-driver.ts'
import { TEST_MASK_KEYS, testStateKey } from './test-keys.ts'
import { DEFAULT_RULES } from './test-rules.ts'

/** One record as the log holds it. */
export interface StoredRecord {
  readonly offset: number
  readonly appendTimeMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** One record on its way into the input topic. */
export interface InputRecord {
  readonly appendTimeMs: number
  readonly key: string | null
  readonly value: Uint8Array | null
}

/** The chain's options for tests: fixed keys, small bounds that no test but those of the bounds reaches. */
export function testRuntimeOptions(overrides: Partial<PaymentRuntimeOptions> = {}): PaymentRuntimeOptions {
  return {
    maskKeys: TEST_MASK_KEYS,
    stateKey: testStateKey(),
    signers: [],
    initialRules: DEFAULT_RULES,
    schemaIds: SCHEMA_IDS,
    partitionCount: 4,
    bounds: { dedupIdsMax: 4_000_000, sendersMax: 200_000, windowEntriesMax: 1_000_000 },
    arenaBytes: 9 << 20,
    ...overrides,
  }
}

const RECORDS_A_BATCH = 500
const INPUT = 'payments.submitted'

/** A framed payment. */
export function paymentValue(payment: PaymentSubmitted): Uint8Array {
  return framed(SCHEMA_IDS.payment, encodePaymentSubmitted(payment))
}

/**
 * The chain over record batches in memory, without log, task or commit: input in, the bytes of every topic out. For tests that ask
 * what is decided, not how it is kept.
 */
export class OfflineChain {
  readonly processor: BatchProcessor<PaymentStores>
  readonly stores: readonly PaymentStores[]
  /** Records by `<topic>-<partition>`, the input included. */
  readonly topics = new Map<string, StoredRecord[]>()
  readonly dispositions: Float64Array = new Float64Array(8)
  readonly #partitionCount: number
  readonly #waiting: InputRecord[][]
  readonly #outputs: readonly TaskOutputs[]

  constructor(options: PaymentRuntimeOptions = testRuntimeOptions()) {
    this.processor = createPaymentRuntime(options)
    this.#partitionCount = options.partitionCount
    const partitions = Array.from({ length: options.partitionCount }, (_, partition) => partition)
    this.stores = partitions.map((partition) => this.processor.topology.createStores(partition))
    this.#waiting = partitions.map(() => [])
    this.#outputs = partitions.map((partition) => new TaskOutputs(partition))
  }

  /** Appends to the partition of the key (or of `partition`), and processes whole batches as they fill. */
  append(record: InputRecord, partition = this.partitionOf(record.key)): void {
    const waiting = this.#waiting[partition]!
    waiting.push(record)
    if (waiting.length >= RECORDS_A_BATCH) this.#process(partition)
  }

  /** Processes what is left. */
  finish(): void {
    for (const partition of this.#waiting.keys()) if (this.#waiting[partition]!.length > 0) this.#process(partition)
  }

  partitionOf(key: string | null): number {
    const bytes = new TextEncoder().encode(key ?? '')
    return partitionOf(bytes, 0, bytes.length, this.#partitionCount)
  }

  records(topic: string, partition: number): StoredRecord[] {
    const name = `${topic}-${partition}`
    const known = this.topics.get(name)
    if (known !== undefined) return known
    const made: StoredRecord[] = []
    this.topics.set(name, made)
    return made
  }

  #process(partition: number): void {
    const waiting = this.#waiting[partition]!
    const log = this.records(INPUT, partition)
    const appendTimeMs = Math.max(...waiting.map((record) => record.appendTimeMs), log.at(-1)?.appendTimeMs ?? 0)
    const bytes = encodeBatches(waiting, log.length, appendTimeMs)
    for (const { key, value } of waiting) {
      log.push({ offset: log.length, appendTimeMs, key: key === null ? null : new TextEncoder().encode(key), value })
    }
    const from = log.length - waiting.length
    waiting.length = 0
    const stores = this.stores[partition]!
    const outputs = this.#outputs[partition]!
    outputs.open(NO_HEADERS)
    stores.set.open()
    const progress = this.processor.process(stores, outputs, { topic: INPUT, partition }, bytes, from, log.length)
    if (progress.blockedBy !== null) throw progress.blockedBy
    stores.set.seal()
    stores.set.mergeOldest()
    stores.expire(false)
    for (const [i, count] of outputs.counters.dispositions.entries()) this.dispositions[i]! += count
    for (const { topic, bytes: batch } of outputs.finish()) this.#keep(topic, partition, batch, appendTimeMs)
  }

  #keep(topic: string, partition: number, batch: Uint8Array, appendTimeMs: number): void {
    const records = this.records(topic, partition)
    sealBatch(batch, { ...UNSEALED, baseOffset: records.length, appendTimeMs })
    records.push(...decodeBatches(batch))
  }
}

const NO_HEADERS = encodeHeaders([])
const UNSEALED = { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: false }

/** Sealed batches of records from `baseOffset` on, back to back. */
export function encodeBatches(records: readonly InputRecord[], baseOffset: number, appendTimeMs: number): Uint8Array {
  const writer = new RecordBatchWriter(1 << 20, { bytesMax: 4 << 20 })
  writer.open()
  for (const { key, value } of records) {
    const keyBytes = new TextEncoder().encode(key ?? '')
    writer.begin(appendTimeMs, keyBytes, 0, key === null ? -1 : keyBytes.length)
    if (value === null) {
      writer.endNull()
      continue
    }
    writer.reserve(value.length)
    writer.bytes.set(value, writer.at)
    writer.at += value.length
    writer.end()
  }
  let offset = baseOffset
  const batches = writer.finish()
  for (const { bytes, recordCount } of batches) {
    sealBatch(bytes, { ...UNSEALED, baseOffset: offset, appendTimeMs })
    offset += recordCount
  }
  return Buffer.concat(batches.map(({ bytes }) => bytes))
}

/** Every record of sealed batches back to back, copied. */
export function decodeBatches(bytes: Uint8Array): StoredRecord[] {
  const reader = new RecordBatchReader()
  const copy = new Uint8Array(bytes.length + 64)
  copy.set(bytes)
  const view = new DataView(copy.buffer)
  const records: StoredRecord[] = []
  for (let at = 0; at < bytes.length; at = reader.end) {
    const status = reader.open(copy, view, at, bytes.length)
    if (status !== 'ok') throw new Error(`a written batch reads back as ${status}`)
    while (reader.next()) {
      const { offset, timestampMs, keyAt, keyLength, valueAt, valueLength } = reader
      records.push({
        offset,
        appendTimeMs: timestampMs,
        key: keyLength < 0 ? null : copy.slice(keyAt, keyAt + keyLength),
        value: valueLength < 0 ? null : copy.slice(valueAt, valueAt + valueLength),
      })
    }
  }
  return records
}
