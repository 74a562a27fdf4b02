import { expect, test } from 'vitest'
import { sensorMinutes } from '../../../examples/sensor-minutes/topology.ts'
import { createHashKernel, KeyedHash } from '../../../streams/hash/index.ts'
import * as layout from '../../../streams/record/batch-layout.ts'
import { sealBatch } from '../../../streams/record/batch-seal.ts'
import { encodeHeaders } from '../../../streams/record/record-headers.ts'
import { BatchProcessor } from '../../../streams/task/batch-processor.ts'
import { TaskOutputs } from '../../../streams/task/task-outputs.ts'
import { encodeRecords, type RecordInput } from '../../../streams/testing/plain-records.ts'
import { reading, sensorHarness } from './task-harness.ts'

const SEAL = { appendTimeMs: 1_000, producerId: 7, producerEpoch: 0, baseSequence: -1 }

/** One sealed batch of a transaction. */
function batch(baseOffset: number, records: readonly RecordInput[]): Uint8Array {
  const [encoded] = encodeRecords(records)
  if (encoded === undefined) throw new Error('a batch of nothing')
  sealBatch(encoded.bytes, { ...SEAL, baseOffset, transactional: true })
  return encoded.bytes
}

/** The marker of a committed transaction as brokers write it: a key of version 0 and type 1, and the coordinator's epoch. */
function marker(offset: number): Uint8Array {
  const bytes = batch(offset, [{ key: Buffer.of(0, 0, 0, 1), value: Buffer.alloc(6) }])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setInt16(layout.ATTRIBUTES, view.getInt16(layout.ATTRIBUTES) | layout.CONTROL)
  sealBatch(bytes, { ...SEAL, baseOffset: offset, transactional: true })
  return bytes
}

test('SPEC X1: a run is touched before its stages and made ready before its sinks; a fold writes nothing, so it makes nothing ready', () => {
  const kernel = createHashKernel({ arenaBytes: 1 << 20 })
  const hash = new KeyedHash(kernel, new Uint8Array(16).fill(3))
  const topology = sensorMinutes({ kernel, hash, minutesMax: 10 })
  const input = { topic: topology.source, partition: 0 }
  const said: string[] = []
  const recordTypes = topology.recordTypes.map((type) => ({
    ...type,
    touch: (_drafts: unknown, count: number) => void said.push(`touch ${count}`),
    stages: [() => void said.push('stage'), ...type.stages],
    writing: () => void said.push('writing'),
    written: () => void said.push('written'),
  }))
  const told = new BatchProcessor({ ...topology, recordTypes }, kernel)
  const bytes = batch(0, [reading(1), reading(2)])
  const run = (outputs: TaskOutputs | null) => {
    said.length = 0
    outputs?.open(encodeHeaders([]))
    told.process(topology.createStores(0), outputs, input, bytes, 0, Number.POSITIVE_INFINITY)
    return said
  }
  expect(run(new TaskOutputs(0))).toEqual(['touch 2', 'stage', 'stage', 'writing', 'written'])
  expect(run(null)).toEqual(['touch 2', 'stage', 'stage', 'written'])
})

test('SPEC X1: a control batch between data moves the position; it is neither processed nor a dead letter', () => {
  const { processor, input } = sensorHarness()
  const bytes = Buffer.concat([batch(0, [reading(1), reading(2)]), marker(2), batch(3, [reading(3)]), marker(4)])
  const stores = processor.topology.createStores(0)
  const outputs = new TaskOutputs(0)
  const progress = processor.process(stores, outputs, input, bytes, 0, Number.POSITIVE_INFINITY)
  expect(progress).toEqual({ nextOffset: 5, records: 3, blockedBy: null, awaits: null })
  const written = outputs.finish().map(({ topic, recordCount }) => [topic, recordCount])
  expect(written).toEqual([['sensor.minutes', 3]])
})
