import { expect, test } from 'vitest'
import type { CheckpointStore } from '../../../streams/state/checkpoint-store.ts'
import { Checkpointing } from '../../../streams/task/checkpointing.ts'
import { NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { MemoryCheckpoints } from '../../../streams/testing/memory-checkpoints.ts'
import { SimulatedProcess } from '../../../streams/testing/simulated-process.ts'
import { type HarnessStores, reading, sensorHarness, type TaskHarness } from './task-harness.ts'

// Goal: a log that has forgotten how far a task was, as brokers do of a group without members, has nothing done twice in silence.
const disk = new MemoryCheckpoints()
const clock = { nowMs: () => 0, wait: async () => {} }
const BOUNDS = { startOffset: 0, endOffset: 9 }

const { input: INPUT } = sensorHarness()

function checkpointing(stateKeyId: string, list?: CheckpointStore['list']) {
  const { processor, input } = sensorHarness()
  const files = disk.of(new SimulatedProcess(clock, NO_FAULTS))
  if (list !== undefined) files.list = list
  return new Checkpointing({
    files,
    identity: { topology: 'test', semanticsVersion: 1, ...input, stateKeyId, createdBy: 'test' },
    create: () => processor.topology.createStores(0),
    sections: ({ sections }) => sections,
    clock,
    intervalMs: 10_000,
    intervalRecords: Number.POSITIVE_INFINITY,
  })
}

/** A checkpoint of the first log, as of offset 7. */
async function written(): Promise<void> {
  disk.files.clear()
  const before = checkpointing('log-1')
  before.begin(sensorHarness().processor.topology.createStores(0), 7)
  await before.settled()
  expect(disk.files.size).toBe(1)
}

const readings = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => [reading((from + i) * 20)])

/** Has a task process so many readings, and stop, which leaves a checkpoint of its end. */
async function decide<S extends HarnessStores>(harness: TaskHarness<S>, count: number): Promise<void> {
  harness.produce(...readings(0, count))
  const life = harness.start()
  await harness.settle(life)
  expect(await harness.stop(life)).toBeUndefined()
  expect(harness.committedOffset).toBe(count)
}

test.each([
  { why: 'nothing, as of a group that brokers have forgotten', committedOffset: 0 },
  { why: 'less, as of a log that was put back to an older copy', committedOffset: 6 },
])(
  'SPEC X1: with a checkpoint at hand and $why, committed, a task stops and says what to do',
  async ({ committedOffset }) => {
    await written()
    const checkpoints = checkpointing('log-1')
    await expect(checkpoints.requireNonePast(committedOffset, await checkpoints.newest())).rejects.toMatchObject({
      code: 'OFFSETS_LOST',
      next: 'stop',
      place: { topic: INPUT.topic, partition: 0, offset: committedOffset },
      message: expect.stringMatching(/came before 7.*commit the offset/),
    })
  },
)

test.each([
  { why: 'it was committed to there', stateKeyId: 'log-1', committedOffset: 7 },
  { why: 'the checkpoint is of another log of that name', stateKeyId: 'log-2', committedOffset: 0 },
])('SPEC X1: with a checkpoint at hand a task goes on when $why', async ({ stateKeyId, committedOffset }) => {
  await written()
  const checkpoints = checkpointing(stateKeyId)
  await checkpoints.requireNonePast(committedOffset, await checkpoints.newest())
})

test('SPEC X1: what another owner wrote since is no sign of a loss', async () => {
  disk.files.clear()
  const frozen = checkpointing('log-1')
  const newest = await frozen.newest()
  // It reads that 4 are committed, and is frozen; the next owner goes on to 7.
  await written()
  await frozen.requireNonePast(4, newest)
})

test('SPEC X1: a store of checkpoints that does not answer aborts the start, which is tried again, and is no loss', async () => {
  const checkpoints = checkpointing('log-1', async () => {
    throw new Error('ESTALE: stale file handle')
  })
  await expect(checkpoints.newest()).rejects.toMatchObject({
    code: 'CHECKPOINTS_AWAY',
    next: 'abort',
    message: expect.stringMatching(/ESTALE.*tried again/),
  })
})

test('SPEC X4: who asks how far the owner is meanwhile finds a newer checkpoint out of reach and is not stopped', async () => {
  await written()
  const asked = await checkpointing('log-1').restore({ bounds: BOUNDS, committedOffset: 0 })
  expect([asked.state, asked.refused]).toEqual([null, [expect.stringMatching(/outside of offsets 0 to 0/)]])
  const later = await checkpointing('log-1').restore({ bounds: BOUNDS, committedOffset: 8 })
  expect(later.state?.offset).toBe(7)
})

test('SPEC X4: after the log was put back to an older copy the state of what is lost is not taken up', async () => {
  const lost = sensorHarness()
  await decide(lost, 12)
  const copy = sensorHarness()
  await decide(copy, 4)
  expect(copy.disk.files.size).toBe(1)
  for (const [name, bytes] of lost.disk.files) copy.disk.files.set(name, bytes)
  // Without the question it would decide these, and after the next crash take up the other twelve's state behind them.
  copy.produce(...readings(4, 20))
  const life = copy.start()
  expect(await copy.clock.run(life.ended)).toMatchObject({ code: 'OFFSETS_LOST', next: 'stop' })
  expect(copy.committedOffset).toBe(4)
})
