import { strict as assert } from 'node:assert'
import type { ClusterSession } from '../../../bin/runtime/cluster-session.ts'
import { INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import type { PartitionVerdict } from '../../../bin/runtime/verification.ts'
import { FRAME_BYTES, readFrame } from '../../../schemas/avro/framing.ts'
import { PaymentSubmittedReader } from '../../../schemas/generated/payment-submitted.ts'
import type { StoredRecord } from '../../support/offline-chain.ts'
import type { StartedSluice } from '../../support/started-sluice.ts'
import { readOutputs, readRecords } from '../stored-records.ts'
import type { Feed } from './feed.ts'

/** What is looked at, when nobody decides any more. */
interface Audited {
  readonly session: ClusterSession
  readonly feed: Pick<Feed, 'acknowledged' | 'resent' | 'ids'>
  /** Starts a command of the program on the same cluster and keys. */
  start(args: readonly string[]): StartedSluice
}

/** What was compared. */
export interface Compared {
  readonly inputs: number
  readonly outputs: number
}

/**
 * SPEC X1, D4: everything that was acknowledged stands in the input; each input record that a reader at read_committed sees has
 * one disposition; outputs are those of an uncrashed run, byte for byte and in order, with none beside them.
 */
export async function audit(stand: Audited): Promise<Compared> {
  const verdicts = await verify(stand)
  let [inputs, outputs] = [0, 0]
  const ids = new Set<string>()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const records = await readRecords(stand.session.log, { topic: INPUT_TOPIC, partition })
    const verdict = verdicts[partition]
    assert.equal(verdict?.inputs, records.length, `partition ${partition}: inputs that were recomputed`)
    outputs += await disposedOnce(stand, partition, records, verdict)
    inputs += records.length
    for (const record of records) {
      const id = transactionIdOf(record, stand.session.ids.payment)
      if (id !== null) ids.add(id)
    }
  }
  const missing = [...stand.feed.ids].filter((id) => !ids.has(id))
  assert.deepEqual(missing, [], 'acknowledged payments that the input does not hold')
  const { acknowledged, resent } = stand.feed
  assert.ok(inputs >= acknowledged && inputs <= acknowledged + resent, `${inputs} inputs, ${acknowledged} acknowledged`)
  return { inputs, outputs }
}

/** `sluice verify --kafka` in a process of its own. */
async function verify(stand: Audited): Promise<PartitionVerdict[]> {
  const verifying = stand.start(['verify', '--kafka', '--json'])
  const code = await verifying.ended
  assert.equal(verifying.stderr, '')
  const lines = verifying.stdout.trim().split('\n')
  const verdicts = lines.map((line) => JSON.parse(line) as PartitionVerdict)
  assert.deepEqual(
    verdicts.flatMap(({ differences }) => differences),
    [],
  )
  assert.equal(code, 0)
  assert.equal(verdicts.length, PARTITIONS)
  for (const { partition, waiting, from } of verdicts)
    assert.deepEqual([waiting, from], [0, 0], `partition ${partition}`)
  return verdicts
}

/** Counts dispositions without the chain: by the input offset that each final output names. Returns the outputs seen. */
async function disposedOnce(
  { session }: Audited,
  partition: number,
  records: readonly StoredRecord[],
  verdict: PartitionVerdict | undefined,
): Promise<number> {
  // One of the three is the disposition of a payment.
  const { decision, deadLetter, duplicate } = session.ids
  const final = new Set<number>([decision, deadLetter, duplicate])
  const times = new Map(records.map(({ offset }) => [offset, 0]))
  let seen = 0
  for (const [topic, outputs] of await readOutputs(session.log, partition, session.ids)) {
    for (const { schemaId, inputPartition, inputOffset } of outputs) {
      seen++
      assert.equal(inputPartition, partition, `${topic}: an output about another partition`)
      const before = times.get(inputOffset)
      assert.ok(
        before !== undefined,
        `${topic}-${partition}: an output about offset ${inputOffset}, which no reader sees`,
      )
      if (final.has(schemaId)) times.set(inputOffset, before + 1)
    }
  }
  const twice = [...times].filter(([, count]) => count > 1)
  assert.deepEqual(twice, [], `partition ${partition}: offsets with more than one disposition`)
  const silent = (verdict?.dispositions['control-applied'] ?? 0) + (verdict?.dispositions['control-ignored'] ?? 0)
  const without = [...times].filter(([, count]) => count === 0)
  assert.equal(
    without.length,
    silent,
    `partition ${partition}: offsets without a disposition, such as ${without[0]?.[0]}`,
  )
  return seen
}

function transactionIdOf({ value }: StoredRecord, paymentSchemaId: number): string | null {
  if (value === null || value.length < FRAME_BYTES) return null
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  if (readFrame(view, 0, value.length) !== paymentSchemaId) return null
  const reader = new PaymentSubmittedReader()
  return reader.wrap(value, view, FRAME_BYTES, value.length) === 0 ? reader.transactionId : null
}
