import { createHash } from 'node:crypto'
import type { SchemaIds } from '../../processors/stores/payment-tools.ts'
import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { AlertReader } from '../../schemas/generated/alert.ts'
import { DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { DuplicateReader } from '../../schemas/generated/duplicate.ts'
import { FraudActionReader } from '../../schemas/generated/fraud-action.ts'
import { ResolutionReader } from '../../schemas/generated/resolution.ts'
import { ShadowVerdictReader } from '../../schemas/generated/shadow-verdict.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import { decodeBatches, type StoredRecord } from '../support/offline-chain.ts'
import { OUTPUT_TOPICS, SCHEMA_IDS } from '../support/payments-driver.ts'
import { PARTITIONS } from './chain.ts'

/** What the chain wrote about one input record. */
export interface Output {
  readonly key: Uint8Array | null
  readonly value: Uint8Array
  readonly schemaId: number
  readonly inputPartition: number
  readonly inputOffset: number
}

/** Outputs in their order, by topic, of one partition. */
export type PartitionOutputs = ReadonlyMap<string, readonly Output[]>

const FETCH_BYTES = 4 << 20
/** A cluster answers at once with nothing when it is not given time. */
const FETCH_WAIT_MS = 250

interface OutputReader {
  wrap(buffer: Uint8Array, view: DataView, start: number, stop: number): number
  readonly inputPartition: number
  readonly inputOffset: number
}

/** By schema id: a registry of one's own numbers them otherwise than the local one. */
type OutputReaders = ReadonlyMap<number, OutputReader>

function outputReaders(ids: Omit<SchemaIds, 'payment' | 'control'>): OutputReaders {
  return new Map<number, OutputReader>([
    [ids.decision, new DecisionReader()],
    [ids.resolution, new ResolutionReader()],
    [ids.deadLetter, new DeadLetterReader()],
    [ids.alert, new AlertReader()],
    [ids.action, new FraudActionReader()],
    [ids.duplicate, new DuplicateReader()],
    [ids.shadowVerdict, new ShadowVerdictReader()],
  ])
}

const LOCAL_READERS = outputReaders(SCHEMA_IDS)

/** All records of a partition, from its first retained one to its end. */
export async function readRecords(log: Log, at: TopicPartition): Promise<StoredRecord[]> {
  const { startOffset, endOffset } = await log.bounds(at)
  const reader = log.openReader(at, startOffset)
  const records: StoredRecord[] = []
  for (let offset = startOffset; offset < endOffset; ) {
    const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
    records.push(...decodeBatches(bytes))
    offset = nextOffset
  }
  reader.close()
  return records
}

/** An output under the ids of the local registry. */
export function asOutput(record: Pick<StoredRecord, 'key' | 'value'>): Output {
  return readBy(LOCAL_READERS, record)
}

function readBy(readers: OutputReaders, { key, value }: Pick<StoredRecord, 'key' | 'value'>): Output {
  if (value === null) throw new Error('an output has no value')
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const schemaId = readFrame(view, 0, value.length)
  const reader = readers.get(schemaId)
  if (reader === undefined) throw new Error(`an output has schema id ${schemaId}`)
  const code = reader.wrap(value, view, FRAME_BYTES, value.length)
  if (code !== 0) throw new Error(`an output of schema id ${schemaId} does not decode: code ${code}`)
  return { key, value, schemaId, inputPartition: reader.inputPartition, inputOffset: reader.inputOffset }
}

/** `ids` are the local registry's by default. */
export async function readOutputs(log: Log, partition: number, ids: SchemaIds = SCHEMA_IDS): Promise<PartitionOutputs> {
  const readers = outputReaders(ids)
  const outputs = new Map<string, Output[]>()
  for (const topic of OUTPUT_TOPICS) {
    outputs.set(
      topic,
      (await readRecords(log, { topic, partition })).map((record) => readBy(readers, record)),
    )
  }
  return outputs
}

/** SHA-256 over the keys and values of every output, in order, and their number. */
export async function outputDigest(log: Log): Promise<{ readonly digest: string; readonly outputs: number }> {
  const hash = createHash('sha256')
  let count = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const [topic, outputs] of await readOutputs(log, partition)) {
      hash.update(`${topic}-${partition} ${outputs.length}\n`)
      for (const { key, value } of outputs)
        hash
          .update(`${key?.length ?? -1} ${value.length}\n`)
          .update(key ?? '')
          .update(value)
      count += outputs.length
    }
  }
  return { digest: hash.digest('hex'), outputs: count }
}
