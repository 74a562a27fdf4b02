import { expect, test } from 'vitest'
import { measuredTask } from '../../bin/runtime/measured-task.ts'
import { readLag } from '../../streams/log/lag.ts'
import { MemoryLog } from '../../streams/testing/memory-log.ts'
import { decodeRecords, type RecordInput } from '../../streams/testing/plain-records.ts'
import { TaskHarness } from '../streams/task/task-harness.ts'
import { addOutput, noOutputs } from '../support/payment-outputs.ts'
import {
  createTestRuntime,
  framed,
  OUTPUT_TOPICS,
  paymentRecord,
  SCHEMA_IDS,
  START_MS,
} from '../support/payments-driver.ts'
import { signedControl } from '../support/test-keys.ts'

const EVENT_TIME = START_MS + 60_000

/** A burst, one of it out of order and one with a used id, and a control record of somebody without a key. */
function records(): RecordInput[] {
  const payment = (transactionId: string, seconds: number, amountMinor = 100) => {
    return paymentRecord({
      transactionId,
      senderAccountId: 'PAYER-1',
      eventTime: EVENT_TIME + seconds * 1_000,
      amountMinor,
    })
  }
  const burst = [0, 4, 8, 6, 10, 12].map((seconds, i) => payment(`tx-${i}`, seconds))
  const lifted = signedControl({ kind: 'ACCOUNT_LIFTED', eventTime: EVENT_TIME, accountId: 'PAYER-1' }, 'stranger')
  const control = { key: Buffer.from('PAYER-1'), value: framed(SCHEMA_IDS.control, lifted) }
  return [...burst, payment('tx-1', 13, 999), control]
}

/** Decided by a task that still runs. */
async function decided() {
  const harness = new TaskHarness(createTestRuntime(), OUTPUT_TOPICS)
  for (const record of records()) harness.produce([record])
  const life = harness.start()
  await harness.settle(life)
  const log = new MemoryLog(harness.broker, harness.clock)
  const lag = async () => ({
    ...(await readLag(log, harness.input, life.task.committedOffset)),
    heldBackMs: 0,
    heldBackRecords: 0,
  })
  return { harness, life, measured: () => measuredTask(life.task, lag) }
}

test('metrics: alerts are counted by kind as they stand in the topic', async () => {
  const { harness, life, measured } = await decided()
  const outputs = noOutputs()
  const bytes = harness.broker.read({ topic: 'fraud.alerts', partition: 0 }, 0, Number.POSITIVE_INFINITY)
  for (const batch of bytes) for (const { value } of decodeRecords(batch.bytes)) addOutput(outputs, value)
  const kinds = ['VELOCITY', 'ID_CONFLICT', 'CONTROL_REFUSED']
  const expected = kinds.map((kind) => ({ kind, count: outputs.alerts.filter((alert) => alert.kind === kind).length }))
  for (const { kind, count } of expected) expect(count, kind).toBeGreaterThan(0)
  expect(measured().alerts).toEqual(expected)
  expect(life.task.counters.produced.get('fraud.alerts')).toBe(outputs.alerts.length)
  await harness.stop(life)
})

test('metrics: lateness, fills and checkpoint age are those of a task that runs, and lag is read from the log', async () => {
  const { harness, life, measured } = await decided()
  const { running, lateness, fills, checkpointAgeMs, lag } = measured()
  expect(running).toBe(true)
  expect(lateness?.msMax).toBeGreaterThan(0)
  expect(lateness?.msTotal).toBeGreaterThanOrEqual(lateness?.msMax ?? 0)
  expect(fills.map(({ store }) => store)).toEqual(['dedup', 'senders', 'windows'])
  expect(checkpointAgeMs).not.toBeNull()
  expect(await lag()).toEqual({ records: 0, oldestAppendMs: null, heldBackMs: 0, heldBackRecords: 0 })
  await harness.stop(life)
  expect(measured()).toMatchObject({ running: false, checkpointAgeMs: null })
})
