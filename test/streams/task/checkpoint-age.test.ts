import { expect, test } from 'vitest'
import { Checkpointing } from '../../../streams/task/checkpointing.ts'
import { type FaultPlan, faultAt, NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { MemoryCheckpoints } from '../../../streams/testing/memory-checkpoints.ts'
import { SimulatedProcess } from '../../../streams/testing/simulated-process.ts'
import { sensorHarness } from './task-harness.ts'

/** Checkpoints over stores that are empty, and a clock that the test moves. */
function checkpointing(faults: FaultPlan) {
  const { processor, input } = sensorHarness()
  const clock = { ms: 0, nowMs: () => clock.ms, wait: async () => {} }
  const checkpoints = new Checkpointing({
    files: new MemoryCheckpoints().of(new SimulatedProcess(clock, faults)),
    identity: { topology: 'test', semanticsVersion: 1, ...input, stateKeyId: 'test', createdBy: 'test' },
    create: () => processor.topology.createStores(0),
    sections: ({ sections }) => sections,
    clock,
    intervalMs: 10_000,
    intervalRecords: Number.POSITIVE_INFINITY,
  })
  return { clock, checkpoints, stores: processor.topology.createStores(0) }
}

test('checkpoint age: counts from the last moment at which the newest checkpoint held all that was committed', async () => {
  const { clock, checkpoints, stores } = checkpointing(NO_FAULTS)
  clock.ms = 90_000
  // Nothing was ever committed: an idle partition is never behind.
  expect(checkpoints.ageMs(0)).toBe(0)
  expect(checkpoints.due(0)).toBe(false)
  clock.ms = 95_000
  expect(checkpoints.ageMs(5)).toBe(5_000)
  clock.ms = 100_000
  expect(checkpoints.due(5)).toBe(true)
  checkpoints.begin(stores, 5)
  clock.ms = 103_000
  expect(checkpoints.ageMs(5)).toBe(13_000)
  await checkpoints.settled()
  expect(checkpoints.ageMs(5)).toBe(0)
  // What came while it was written is as old as the moment at which the state was frozen.
  expect(checkpoints.ageMs(8)).toBe(3_000)
})

test('checkpoint age: goes on to grow when a checkpoint could not be written', async () => {
  const { clock, checkpoints, stores } = checkpointing(faultAt('commit-checkpoint', 'lost'))
  clock.ms = 20_000
  checkpoints.begin(stores, 5)
  await checkpoints.settled()
  expect(checkpoints.ageMs(5)).toBe(20_000)
})

test('checkpoint age: a restored checkpoint covers what it holds', async () => {
  const { clock, checkpoints, stores } = checkpointing(NO_FAULTS)
  checkpoints.begin(stores, 7)
  await checkpoints.settled()
  clock.ms = 50_000
  await checkpoints.restore({ bounds: { startOffset: 0, endOffset: 9 }, committedOffset: 7 })
  expect(checkpoints.ageMs(7)).toBe(0)
  expect(checkpoints.ageMs(9)).toBe(50_000)
})
