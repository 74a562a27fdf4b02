import { beforeEach, describe, expect, test } from 'vitest'
import type { MinuteStores } from '../../../examples/sensor-minutes/minute-stores.ts'
import { checkpointName } from '../../../streams/state/checkpoint-store.ts'
import { CheckpointTurn } from '../../../streams/task/checkpointing.ts'
import type { TaskCheckpoints } from '../../../streams/task/task-checkpoints.ts'
import { faultAt, NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { type Life, reading, sensorHarness, type TaskHarness } from './task-harness.ts'

let harness: TaskHarness<MinuteStores>

beforeEach(() => {
  harness = sensorHarness()
})

const someBatches = (from: number, count: number) =>
  harness.produce(...Array.from({ length: count }, (_, i) => [reading((from + i) * 20), reading((from + i) * 20, 'b')]))

async function runToTheEnd(life: Life<MinuteStores>): Promise<string | undefined> {
  await harness.settle(life)
  const digest = life.task.stores?.digest()
  expect(await harness.stop(life)).toBeUndefined()
  return digest
}

const startWithCheckpoints = (everyRecords: number, semanticsVersion = 1) => {
  harness.checkpointed = { everyRecords, semanticsVersion }
  return harness.start()
}

describe('the checkpoints of a task', () => {
  test('SPEC X2: a snapshot begins only when nothing is in flight, and of what is committed', async () => {
    someBatches(0, 30)
    const begun: { depth: number; offset: number; committed: number }[] = []
    const checkpoints: TaskCheckpoints<MinuteStores> = {
      restore: async () => ({ state: null, refused: [] }),
      newest: async () => 0,
      requireNonePast: async () => {},
      due: () => true,
      begin: ({ set }, offset) => begun.push({ depth: set.depth, offset, committed: harness.committedOffset }),
      ageMs: () => 0,
      settled: async () => {},
    }
    const life = harness.start(faultAt('end', 'slow', 3, 50), { checkpoints })
    await runToTheEnd(life)
    expect(begun.length).toBeGreaterThan(10)
    for (const { depth, offset, committed } of begun) expect([depth, offset]).toEqual([0, committed])
  })

  test('SPEC X4: a restore is a checkpoint and the fold of the rest, and equals what went on living', async () => {
    someBatches(0, 20)
    const first = startWithCheckpoints(10)
    const digest = await runToTheEnd(first)
    expect(harness.disk.files.size).toBe(2)
    const folded: number[] = []
    // The newest checkpoint is of the end; without it the fold has something to do.
    harness.disk.files.delete([...harness.disk.files.keys()].sort().at(-1) as string)
    const next = harness.start(NO_FAULTS, { onRestore: (offset) => folded.push(offset) })
    await harness.clock.run(harness.until(() => next.task.lifeState === 'RUNNING'))
    expect(next.task.stores?.digest()).toBe(digest)
    expect(folded.length).toBeGreaterThan(0)
    expect(folded[0]).toBeGreaterThan(0)
    await harness.stop(next)
  })

  test('a checkpoint is written while no other task of the process writes one, except at the end of a task', async () => {
    harness.checkpointed = { everyRecords: 1, semanticsVersion: 1 }
    const log = new MemoryLog(harness.broker, harness.clock, NO_FAULTS)
    const turn = new CheckpointTurn()
    const [first, second] = [harness.checkpointing(log, turn), harness.checkpointing(log, turn)]
    const stores = harness.processor.topology.createStores(0)
    const others = harness.processor.topology.createStores(0)
    expect([first.due(1), second.due(1)]).toEqual([true, true])
    first.begin(stores, 1)
    expect(second.due(1)).toBe(false)
    second.begin(others, 2)
    await harness.clock.run(second.settled())
    await harness.clock.run(first.settled())
    // The last one of its life is written beside the other's.
    const names = [1, 2].map((offset) => checkpointName(harness.input.topic, 0, offset))
    expect([...harness.disk.files.keys()].sort()).toEqual(names)
    expect([first.due(2), second.due(3)]).toEqual([true, true])
  })

  test('SPEC X4: a damaged one is not believed, and the state is the same', async () => {
    someBatches(0, 20)
    const digest = await runToTheEnd(startWithCheckpoints(10))
    for (const bytes of harness.disk.files.values()) bytes[100] = (bytes[100] as number) ^ 1
    const next = harness.start()
    await harness.clock.run(harness.until(() => next.task.lifeState === 'RUNNING'))
    expect(next.task.stores?.digest()).toBe(digest)
    await harness.stop(next)
  })

  test('SPEC S5: one of another semantics version is refused by name; without history the task stops', async () => {
    someBatches(0, 20)
    await runToTheEnd(startWithCheckpoints(10))
    harness.broker.dropBefore(harness.input, 12)
    const next = startWithCheckpoints(10, 2)
    const error = await harness.clock.run(next.ended)
    expect(error).toMatchObject({ code: 'NO_CHECKPOINT', next: 'stop' })
    expect(error?.message).toMatch(/begins at offset 12.*semanticsVersion is 1, expected 2/)
  })

  test('SPEC X4: where history is gone a checkpoint that reaches it is enough', async () => {
    someBatches(0, 20)
    const digest = await runToTheEnd(startWithCheckpoints(10))
    harness.broker.dropBefore(harness.input, 30)
    const next = harness.start()
    await harness.clock.run(harness.until(() => next.task.lifeState === 'RUNNING'))
    expect(next.task.stores?.digest()).toBe(digest)
    someBatches(20, 5)
    await runToTheEnd(next)
    expect(harness.committedOffset).toBe(50)
  })

  test('SPEC D3: one of a full store is gone on from: the fold makes room as the task did', async () => {
    harness = sensorHarness(3)
    harness.produce([reading(0), reading(61), reading(125)])
    const first = startWithCheckpoints(3)
    await harness.settle(first)
    await harness.clock.run(harness.clock.wait(50))
    expect(first.task.stores?.openMinutes).toBe(3)
    harness.produce([reading(185)])
    const digest = await runToTheEnd(first)
    harness.disk.files.delete([...harness.disk.files.keys()].sort().at(-1) as string)
    expect(harness.disk.files.size).toBe(1)
    const next = startWithCheckpoints(3)
    await harness.settle(next)
    expect(next.task.stores?.digest()).toBe(digest)
    expect(await harness.stop(next)).toBeUndefined()
  })
})

describe('a hand-over', () => {
  test('SPEC X3: the task goes on while its last checkpoint is written, then closes, and the next owner goes on from there', async () => {
    const written = Promise.withResolvers<void>()
    const begun: number[] = []
    const checkpoints: TaskCheckpoints<MinuteStores> = {
      restore: async () => ({ state: null, refused: [] }),
      newest: async () => 0,
      requireNonePast: async () => {},
      due: () => false,
      begin: (_, offset) => begun.push(offset),
      ageMs: () => 0,
      settled: () => (begun.length === 0 ? Promise.resolve() : written.promise),
    }
    someBatches(0, 5)
    const life = harness.start(NO_FAULTS, { checkpoints })
    await harness.settle(life)
    life.task.handOver()
    await harness.clock.run(harness.until(() => begun.length > 0))
    someBatches(5, 5)
    await harness.settle(life)
    expect({ committed: harness.committedOffset, state: life.task.lifeState }).toEqual({
      committed: 20,
      state: 'RUNNING',
    })
    written.resolve()
    expect(await harness.clock.run(life.ended)).toBeUndefined()
    expect(begun).toEqual([10])
    expect(life.states.slice(-2)).toEqual(['CLOSING', 'CLOSED'])
    const digest = life.task.stores?.digest()
    const next = harness.start()
    await harness.settle(next)
    expect(next.task.stores?.digest()).toBe(digest)
    await harness.stop(next)
  })

  test('a task that has no state yet writes none', async () => {
    someBatches(0, 5)
    const life = startWithCheckpoints(100)
    life.task.handOver()
    expect(await harness.clock.run(life.ended)).toBeUndefined()
    expect([life.task.lifeState, harness.disk.files.size]).toEqual(['CLOSED', 0])
  })
})
