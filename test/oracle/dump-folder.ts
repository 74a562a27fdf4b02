/**
 * Writes a data folder's log in the format of `dump.py`, for the oracle:
 *
 *     node test/oracle/dump-folder.ts DATA_FOLDER DUMP_FOLDER && python3 test/oracle/oracle.py DUMP_FOLDER --may-be-empty all
 *
 * The log must be whole: the oracle knows no checkpoints. Signatures are checked here by node:crypto.
 */
import { createPublicKey, verify } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ringOf } from '../../bin/runtime/agreed-keys.ts'
import { scanPartition } from '../../bin/runtime/partition-scan.ts'
import { INPUT_TOPIC, openSession, PARTITIONS, type Session } from '../../bin/runtime/session.ts'
import { OUTPUT_TOPICS } from '../../bin/runtime/topic-settings.ts'
import { readConfig } from '../../platform/config.ts'
import { FRAME_BYTES } from '../../schemas/avro/framing.ts'
import { ControlRecordReader } from '../../schemas/generated/control-record.ts'
import type { RecordBatchReader } from '../../streams/record/record-batch-reader.ts'

const SCHEMA_FILES = {
  payment: 'payment-submitted',
  control: 'control-record',
  decision: 'decision',
  resolution: 'resolution',
  deadLetter: 'dead-letter',
  alert: 'alert',
  action: 'action',
  duplicate: 'duplicate',
  shadowVerdict: 'shadow-verdict',
} as const

/** Dumps everything that the session's log holds. @throws Error when retention has taken some of it. */
export async function dumpFolder({ log, folder, ids }: Session, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const verdicts: Record<string, boolean> = {}
  const judge = signatureJudge(folder.keys.signers)
  for (const topic of [INPUT_TOPIC, ...OUTPUT_TOPICS]) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const at = { topic, partition }
      const { startOffset, endOffset } = await log.bounds(at)
      if (startOffset > 0)
        throw new Error(`${topic}-${partition} begins at offset ${startOffset}: the log is not whole`)
      const file = openSync(join(directory, `${topic}-${partition}.records`), 'w')
      await scanPartition(log, at, 0, endOffset, (record, view) => {
        writeSync(file, encodeRecord(record))
        if (topic !== INPUT_TOPIC || record.valueLength < FRAME_BYTES) return
        if (view.getInt32(record.valueAt + 1) !== ids.control) return
        verdicts[`${partition}-${record.offset}`] = judge(record, view)
      })
      closeSync(file)
    }
  }
  const about = {
    partitions: PARTITIONS,
    schemas: Object.fromEntries(
      Object.entries(SCHEMA_FILES).map(([name, file]) => [ids[name as keyof typeof ids], file]),
    ),
    schema_dir: join(import.meta.dirname, '../../schemas'),
    mask_keys: ringOf(folder).map(({ id, secret }) => ({ id, hex: Buffer.from(secret).toString('hex') })),
    signers: folder.keys.signers.map(({ id, kinds }) => ({ id, kinds })),
    control_verdicts: verdicts,
    rules: folder.initialRules,
  }
  // The mask keys stand in it.
  writeFileSync(join(directory, 'dump.json'), JSON.stringify(about), { mode: 0o600 })
}

/** Whether the signature of the control record under the cursor is the one that its signer's key makes. */
function signatureJudge(signers: Session['folder']['keys']['signers']) {
  const keys = new Map(signers.map(({ id, publicKey }) => [id, createPublicKey(publicKey)]))
  const control = new ControlRecordReader()
  return (record: RecordBatchReader, view: DataView): boolean => {
    const { bytes, valueAt, valueLength } = record
    if (control.wrap(bytes, view, valueAt + FRAME_BYTES, valueAt + valueLength) !== 0) return false
    const key = keys.get(control.signerKeyId)
    const content = bytes.subarray(control.kindField, control.signatureField)
    return key !== undefined && verify(null, content, key, bytes.subarray(control.signatureAt, control.signatureEnd))
  }
}

function encodeRecord({
  bytes,
  offset,
  timestampMs,
  keyAt,
  keyLength,
  valueAt,
  valueLength,
}: RecordBatchReader): Buffer {
  const record = Buffer.alloc(24 + Math.max(0, keyLength) + Math.max(0, valueLength))
  record.writeBigInt64BE(BigInt(offset), 0)
  record.writeBigInt64BE(BigInt(timestampMs), 8)
  record.writeInt32BE(keyLength, 16)
  let at = 20
  if (keyLength > 0) at += Buffer.from(bytes.buffer, bytes.byteOffset + keyAt, keyLength).copy(record, at)
  record.writeInt32BE(valueLength, at)
  if (valueLength > 0) Buffer.from(bytes.buffer, bytes.byteOffset + valueAt, valueLength).copy(record, at + 4)
  return record
}

if (import.meta.main) {
  const [data, dump] = process.argv.slice(2)
  if (data === undefined || dump === undefined) {
    throw new Error('say: node test/oracle/dump-folder.ts DATA_FOLDER DUMP_FOLDER')
  }
  const session = await openSession(readConfig(undefined, { SLUICE_DATA: data }))
  try {
    await dumpFolder(session, dump)
  } finally {
    await session.log.close()
  }
}
