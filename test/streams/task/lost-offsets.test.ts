import { expect, test } from 'vitest'
import { Checkpointing } from '../../../streams/task/checkpointing.ts'
import { NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { MemoryCheckpoints } from '../../../streams/testing/memory-checkpoints.ts'
import { SimulatedProcess } from '../../../streams/testing/simulated-process.ts'
import { sensorHarness } from './task-harness.ts'

// Goal: a log that has forgotten how far a task was, as brokers do of a group without members, has nothing done twice in silence.
const disk = new MemoryCheckpoints()
const clock = { nowMs: () => 0, wait: async () => {} }
const BOUNDS = { startOffset: 0, endOffset: 9 }

function checkpointing(stateKeyId: string) {
  const { processor, input } = sensorHarness()
  return new Checkpointing({
    files: disk.of(new SimulatedProcess(clock, NO_FAULTS)),
    identity: { topology: 'test', semanticsVersion: 1, ...input, stateKeyId, createdBy: 'test' },
    create: () => processor.topology.createStores(0),
    sections: ({ sections }) => sections,
    clock,
    intervalMs: 10_000,
    intervalRecords: Number.POSITIVE_INFINITY,
  })
}

test('SPEC X1: with a checkpoint at hand and nothing committed a task stops, and says what to do', async () => {
  const before = checkpointing('log-1')
  before.begin(sensorHarness().processor.topology.createStores(0), 7)
  await before.settled()
  const known = await checkpointing('log-1').restore({ bounds: BOUNDS, committedOffset: 8 })
  expect(known.state?.offset).toBe(7)
  await expect(checkpointing('log-1').restore({ bounds: BOUNDS, committedOffset: 0 })).rejects.toMatchObject({
    code: 'OFFSETS_LOST',
    next: 'stop',
    message: expect.stringMatching(/7 offsets and more.*commit its offset again/),
  })
  // Of another log of that name, where nothing was ever committed.
  const other = await checkpointing('log-2').restore({ bounds: BOUNDS, committedOffset: 0 })
  expect([other.state, other.refused.length]).toEqual([null, 1])
})
