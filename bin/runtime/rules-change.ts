import { createPrivateKey, sign } from 'node:crypto'
import { ByteSink } from '../../schemas/avro/byte-sink.ts'
import { FRAME_BYTES, putFrame } from '../../schemas/avro/framing.ts'
import {
  appendControlRecord,
  type ControlRecord,
  ControlRecordReader,
  controlRecordDefaults,
} from '../../schemas/generated/control-record.ts'
import { canonicalRules, type RuleSet } from '../../schemas/rule-set.ts'
import type { Log, OutputBatch } from '../../streams/log/log.ts'
import { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import { KeysError } from './keys.ts'
import { rulesDigest } from './payment-runtime.ts'
import type { Pipeline } from './pipeline.ts'
import { INPUT_TOPIC, PARTITIONS, type Session } from './session.ts'

const RECORD_BYTES = 64 * 1024

/**
 * Puts `rules` in force when a task has others. Returns whether it did. Call it once the tasks run.
 * @throws what `putRulesInForce` does.
 */
export async function changeRules(
  session: Session<Log>,
  { tasks }: Pick<Pipeline, 'tasks'>,
  rules: RuleSet,
  nowMs: number,
): Promise<boolean> {
  if (areInForce(tasks, rules)) return false
  await putRulesInForce(session, rules, nowMs, 'sluice up')
  return true
}

/** Whether no task has other rules, as far as they are restored. */
export function areInForce(tasks: Pipeline['tasks'], rules: RuleSet): boolean {
  const wanted = rulesDigest(canonicalRules(rules))
  return tasks.every(({ stores }) => stores === null || stores.rules.hash === wanted)
}

/**
 * A signed RULES_SET record in every partition, all in one transaction (SPEC S6).
 * @throws KeysError when this machine has no key to sign with.
 */
export async function putRulesInForce(
  session: Session<Log>,
  rules: RuleSet,
  nowMs: number,
  actor: string,
): Promise<void> {
  const text = canonicalRules(rules)
  const records = Array.from({ length: PARTITIONS }, (_, partition) => {
    return signedControlRecord(session, {
      ...controlRecordDefaults,
      kind: 'RULES_SET',
      eventTime: nowMs,
      rules: text,
      actor,
      reason: `rule file ${session.config.rulesFile}, version ${rules.version}`,
      partition,
      // Rises from change to change as the clock does; a repeat of the same change is refused by its serial.
      serial: nowMs,
    })
  })
  await session.appendTogether(records)
}

/** One control record as a batch of its own, signed by the admin key (SPEC S7). */
function signedControlRecord(
  session: Session<Log>,
  record: Omit<ControlRecord, 'signerKeyId' | 'signature'>,
): OutputBatch {
  const { adminKey, folder } = session.folder.keys
  if (adminKey === null) {
    throw new KeysError(`${folder} holds no admin signing key, so the rules cannot be changed from here; put it there`)
  }
  const unsigned = { ...record, signerKeyId: adminKey.id, signature: new Uint8Array(0) }
  const signature = sign(null, signedPart(unsigned), createPrivateKey(adminKey.privateKey))
  const value = encode({ ...unsigned, signature })
  const writer = new RecordBatchWriter(RECORD_BYTES)
  writer.open()
  writer.begin(record.eventTime, new Uint8Array(0), 0, -1)
  writer.reserve(FRAME_BYTES + value.length)
  writer.at = putFrame(writer.view, writer.at, session.ids.control)
  writer.bytes.set(value, writer.at)
  writer.at += value.length
  writer.end()
  const [batch] = writer.finish()
  if (batch === undefined) throw new RangeError('a record makes a batch')
  return { topic: INPUT_TOPIC, partition: record.partition, ...batch }
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
