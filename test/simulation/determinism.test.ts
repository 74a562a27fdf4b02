import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { sealBatch } from '../../streams/record/batch-seal.ts'
import { encodeHeaders } from '../../streams/record/record-headers.ts'
import { Checkpoints } from '../../streams/state/checkpoint.ts'
import { TaskOutputs } from '../../streams/task/task-outputs.ts'
import { NO_FAULTS } from '../../streams/testing/fault-plan.ts'
import { MemoryCheckpoints } from '../../streams/testing/memory-checkpoints.ts'
import { encodeRecords, type RecordInput } from '../../streams/testing/plain-records.ts'
import { SeededRandom } from '../../streams/testing/seeded-random.ts'
import { SimulatedProcess } from '../../streams/testing/simulated-process.ts'
import { paymentScenario } from './payment-scenario.ts'
import { readOutputs, referenceRun } from './reference.ts'
import type { Scenario, SimulatedStores } from './scenario.ts'
import { sensorScenario } from './sensor-scenario.ts'
import { simulate } from './simulation.ts'

/** Later than every event time. */
const APPEND_MS = 1_780_488_000_000
const AT = { topic: 'input', partition: 0 }

function digestOf(records: readonly RecordInput[]): string {
  const hash = createHash('sha256')
  for (const { key, value } of records)
    hash
      .update(key ?? 'none')
      .update('/')
      .update(value ?? 'none')
      .update('\n')
  return hash.digest('hex')
}

/** The first partition's input as a log would hold it. */
function logOf(records: readonly RecordInput[]): Uint8Array {
  const batches = encodeRecords(records)
  let baseOffset = 0
  for (const { bytes, recordCount } of batches) {
    const producer = { producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false }
    sealBatch(bytes, { ...producer, baseOffset, appendTimeMs: APPEND_MS })
    baseOffset += recordCount
  }
  return Buffer.concat(batches.map(({ bytes }) => bytes))
}

/** Runs up to `cut`, writes a checkpoint, and goes on from what a new process reads of it. */
async function resumedRun<S extends SimulatedStores>(scenario: Scenario<S>, log: Uint8Array, cut: number) {
  const { topology } = scenario.processor
  const clock = { nowMs: () => 0, wait: async () => {} }
  const disk = new MemoryCheckpoints().of(new SimulatedProcess(clock, NO_FAULTS))
  const { name, semanticsVersion } = topology
  const identity = { topology: name, semanticsVersion, ...AT, stateKeyId: 'test', createdBy: 'test' }
  const before = runBatch(scenario, topology.createStores(0), log, 0, cut)
  const position = { nextOffset: cut, streamTimeMs: before.stores.streamTimeMs }
  await new Checkpoints(disk, identity, before.stores.sections).begin(position).write()
  const stores = topology.createStores(0)
  expect((await new Checkpoints(disk, identity, stores.sections).load()).header?.nextOffset).toBe(cut)
  const after = runBatch(scenario, stores, log, cut, Number.POSITIVE_INFINITY)
  const outputs = new Map<string, RecordInput[]>()
  for (const topic of scenario.outputTopics) {
    outputs.set(topic, [...(before.outputs.get(topic) ?? []), ...(after.outputs.get(topic) ?? [])])
  }
  return { stores, outputs }
}

/** The offsets from `from` to `until` in one pass. */
function runBatch<S extends SimulatedStores>(
  { processor }: Scenario<S>,
  stores: S,
  log: Uint8Array,
  from: number,
  until: number,
) {
  const written = new TaskOutputs(0)
  written.open(encodeHeaders([]))
  processor.process(stores, written, AT, log, from, until)
  return { stores, outputs: readOutputs(written) }
}

function describeDeterminism<S extends SimulatedStores>(name: string, create: () => Scenario<S>): void {
  describe(name, () => {
    test('SPEC X4: two runs of one seed give the same faults and the same outputs', async () => {
      const [one, two] = [await simulate(create(), 11), await simulate(create(), 11)]
      expect(one.outputs.length).toBeGreaterThan(50)
      expect(digestOf(one.outputs)).toBe(digestOf(two.outputs))
      expect([...one.fired]).toEqual([...two.fired])
    })

    test('SPEC X4: taken up from a checkpoint at any record, a run ends with the same outputs and state', async () => {
      const scenario = create()
      const records = scenario.records(new SeededRandom(5))[0] ?? []
      const log = logOf(records)
      const whole = referenceRun(scenario.processor, AT, log)
      whole.stores.expire(true)
      for (let cut = 0; cut <= records.length; cut += 7) {
        const { stores, outputs } = await resumedRun(scenario, log, cut)
        stores.expire(true)
        expect(stores.digest(), `cut at ${cut}`).toBe(whole.stores.digest())
        for (const topic of scenario.outputTopics) {
          expect(digestOf(outputs.get(topic) ?? []), `${topic}, cut at ${cut}`).toBe(
            digestOf(whole.outputs.get(topic) ?? []),
          )
        }
      }
    })
  })
}

describeDeterminism('sensor minutes', sensorScenario)
describeDeterminism('payments', paymentScenario)
