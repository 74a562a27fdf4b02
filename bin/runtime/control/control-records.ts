import { createPrivateKey, sign } from 'node:crypto'
import { needsSerial } from '../../../processors/control/refusal.ts'
import { ByteSink } from '../../../schemas/avro/byte-sink.ts'
import { FRAME_BYTES, framed } from '../../../schemas/avro/framing.ts'
import {
  appendControlRecord,
  type ControlRecord,
  ControlRecordReader,
  controlRecordDefaults,
} from '../../../schemas/generated/control-record.ts'
import { ControlKindOrdinal } from '../../../schemas/generated/enums.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Log, OutputBatch } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { partitionOf } from '../../../streams/record/partitioner.ts'
import { putRecord } from '../../../streams/record/put-record.ts'
import { RecordBatchWriter } from '../../../streams/record/record-batch-writer.ts'
import { KEY_FILES, KeysError, type SignerName } from '../keys.ts'
import { scanPartition } from '../partition-scan.ts'
import { INPUT_TOPIC, PARTITIONS, type Session } from '../session.ts'
import { cardFreeTexts } from './card-free-texts.ts'

const RECORD_BYTES = 64 * 1024
/** How long a committed record may take to be seen, beyond what the log says, before something is wrong. */
const SEEN_WITHIN_MS = 5_000
const SEEN_POLL_MS = 20

/** What somebody wants changed; who signs, where it holds and its serial come with the sending. */
export type ControlChange = Pick<ControlRecord, 'kind' | 'actor' | 'reason'> &
  Partial<Pick<ControlRecord, 'accountId' | 'decisionId' | 'until' | 'subject' | 'rules' | 'failedCodes'>>

/** Where a control record stands in the input: from this offset on, in this partition, it holds. */
export interface ControlPlace {
  readonly partition: number
  readonly offset: number
}

/** The input partition of an account's records. */
export function partitionOfAccount(accountId: string): number {
  const key = new TextEncoder().encode(accountId)
  return partitionOf(key, 0, key.length, PARTITIONS)
}

/** The partitions in which a change of everybody's rules must stand. */
export const ALL_PARTITIONS: readonly number[] = Array.from({ length: PARTITIONS }, (_, partition) => partition)

/**
 * Signs a change and appends it to each of the partitions, all in one transaction with `beside` (SPEC S6). `nowMs` is its event
 * time, and its serial where the kind has one: it rises as the clock does, so a second change in the same ms is refused. A card number
 * in its actor or reason is redacted.
 * @throws KeysError when this machine holds no key of the signer.
 */
export async function sendControl(
  session: Pick<Session<Log>, 'log' | 'ids' | 'folder' | 'appendTogether' | 'visibleWithinMs'>,
  signer: SignerName,
  wanted: ControlChange,
  partitions: readonly number[],
  nowMs: number,
  beside: readonly OutputBatch[] = [],
): Promise<ControlPlace[]> {
  const change = cardFreeTexts(wanted)
  const serial = needsSerial({ kind: ControlKindOrdinal[change.kind] }) ? nowMs : 0
  const records = partitions.map((partition) => {
    return signedControl(session, signer, { ...controlRecordDefaults, ...change, eventTime: nowMs, partition, serial })
  })
  const starts = await Promise.all(partitions.map((partition) => endOf(session.log, partition)))
  await session.appendTogether([...records, ...beside])
  return Promise.all(partitions.map((partition, i) => placeOf(session, partition, starts[i] ?? 0, change, nowMs)))
}

async function endOf(log: Log, partition: number): Promise<number> {
  return (await log.bounds({ topic: INPUT_TOPIC, partition })).endOffset
}

/** Looks for the change behind `from`, where it now stands: on a cluster readers see it a moment after it was committed. */
async function placeOf(
  { log, ids, visibleWithinMs }: Pick<Session<Log>, 'log' | 'ids' | 'visibleWithinMs'>,
  partition: number,
  from: number,
  { kind, actor, decisionId = null }: ControlChange,
  eventTimeMs: number,
): Promise<ControlPlace> {
  const at = { topic: INPUT_TOPIC, partition }
  const reader = new ControlRecordReader()
  const untilMs = machineTime.nowMs() + visibleWithinMs + SEEN_WITHIN_MS
  for (;;) {
    let offset = Number.NaN
    await scanPartition(log, at, from, await endOf(log, partition), (record, view) => {
      const { bytes, valueAt, valueLength } = record
      if (valueLength < FRAME_BYTES || view.getInt32(valueAt + 1) !== ids.control) return
      if (reader.wrap(bytes, view, valueAt + FRAME_BYTES, valueAt + valueLength) !== 0) return
      const isIt = reader.kindSymbol === kind && reader.eventTime === eventTimeMs && reader.actor === actor
      if (isIt && reader.decisionId === decisionId) offset = record.offset
    })
    if (!Number.isNaN(offset)) return { partition, offset }
    if (machineTime.nowMs() >= untilMs) {
      const what = 'the control record was committed and no reader sees it yet; look again before sending another'
      throw new StreamsError('NOT_SEEN', 'stop', what, at)
    }
    await machineTime.wait(SEEN_POLL_MS)
  }
}

/** One record as a batch of its own; its key is the account that it is about. @throws KeysError without the signer's key */
export function signedControl(
  { folder, ids }: Pick<Session<Log>, 'ids' | 'folder'>,
  signer: SignerName,
  record: Omit<ControlRecord, 'signerKeyId' | 'signature'>,
): OutputBatch {
  const signing = folder.keys.signing[signer]
  if (signing === null) {
    throw new KeysError(
      `${folder.keys.folder} holds no ${KEY_FILES[signer]}, so this cannot be signed here; put it there`,
    )
  }
  const unsigned = { ...record, signerKeyId: signing.id, signature: new Uint8Array(0) }
  const signature = sign(null, signedPart(unsigned), createPrivateKey(signing.privateKey))
  const value = framed(ids.control, encode({ ...unsigned, signature }))
  const key = record.accountId === null ? null : new TextEncoder().encode(record.accountId)
  return { topic: INPUT_TOPIC, partition: record.partition, ...batchOf(record.eventTime, key, value) }
}

/** A batch of one record. */
export function batchOf(
  timestampMs: number,
  key: Uint8Array | null,
  value: Uint8Array,
): Pick<OutputBatch, 'bytes' | 'recordCount'> {
  const writer = new RecordBatchWriter(RECORD_BYTES)
  writer.open()
  putRecord(writer, timestampMs, key, value)
  const [batch] = writer.finish()
  if (batch === undefined) throw new RangeError('a record makes a batch')
  return batch
}

/** The Avro encoding of every field before the signature. */
function signedPart(record: ControlRecord): Uint8Array {
  const bytes = encode(record)
  const reader = new ControlRecordReader()
  reader.wrap(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length)
  return bytes.subarray(reader.kindField, reader.signatureField)
}

function encode(record: ControlRecord): Uint8Array {
  const sink = new ByteSink(RECORD_BYTES)
  appendControlRecord(sink, record)
  return sink.toBytes()
}
