import { beforeEach, describe, expect, test } from 'vitest'
import type { MinuteStores } from '../../../examples/sensor-minutes/minute-stores.ts'
import { Standby } from '../../../streams/task/standby.ts'
import { faultAt, NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { reading, sensorHarness, type TaskHarness } from './task-harness.ts'

let harness: TaskHarness<MinuteStores>

beforeEach(() => {
  harness = sensorHarness()
})

const someBatches = (from: number, count: number) =>
  harness.produce(...Array.from({ length: count }, (_, i) => [reading((from + i) * 20)]))

function startStandby(faults = NO_FAULTS) {
  const log = new MemoryLog(harness.broker, harness.clock, faults)
  const errors: string[] = []
  const standby = new Standby<MinuteStores>({
    input: harness.input,
    log,
    processor: harness.processor,
    checkpoints: harness.checkpointing(log),
    committed: async () => harness.committedOffset,
    clock: harness.clock,
    pollMs: 3,
    onError: ({ code }) => errors.push(code),
  })
  void standby.run()
  return { standby, errors }
}

describe('a standby', () => {
  test('SPEC X4: follows to the active state, without writing anything', async () => {
    const active = harness.start()
    const { standby } = startStandby()
    for (let round = 0; round < 4; round++) {
      someBatches(round * 10, 10)
      await harness.settle(active)
      await harness.clock.run(harness.until(() => standby.offset === harness.endOffset))
      expect(standby.stores?.digest()).toBe(active.task.stores?.digest())
    }
    expect(harness.texts('sensor.minutes')).toHaveLength(40)
    await harness.clock.run(standby.promote())
    await harness.stop(active)
  })

  test('SPEC X1: never folds past what is committed', async () => {
    someBatches(0, 3)
    const active = harness.start(faultAt('end', 'slow', 2, 500))
    const { standby } = startStandby()
    await harness.clock.run(harness.until(() => active.task.stores?.streamTimeMs === 40_000))
    await harness.clock.run(harness.clock.wait(50))
    expect(harness.committedOffset).toBe(1)
    expect(standby.offset).toBe(1)
    await harness.clock.run(standby.promote())
    await harness.stop(active)
  })

  test('SPEC X4: promoted, its task goes on without a restore, and the outputs are those of one life', async () => {
    someBatches(0, 12)
    const active = harness.start()
    const { standby } = startStandby()
    await harness.settle(active)
    await harness.clock.run(harness.until(() => standby.offset === 12))
    // The active task decides a little more that the standby does not see any more.
    const warm = await harness.clock.run(standby.promote())
    someBatches(12, 3)
    await harness.settle(active)
    harness.broker.own(harness.taskId)
    const folded: number[] = []
    const next = harness.start(NO_FAULTS, { ...(warm && { warm }), onRestore: (offset) => folded.push(offset) })
    someBatches(15, 5)
    await harness.settle(next)
    await harness.clock.run(active.ended)
    expect(active.task.lifeState).toBe('FENCED')
    // Where the fold begins and where it ends.
    expect(folded).toEqual([12, 15])
    expect(next.task.stores).toBe(standby.stores)
    expect(await harness.stop(next)).toBeUndefined()

    const alone = sensorHarness()
    harness = alone
    someBatches(0, 20)
    const whole = alone.start()
    await alone.settle(whole)
    expect(next.task.stores?.digest()).toBe(whole.task.stores?.digest())
    await alone.stop(whole)
  })

  test('SPEC X4: lives through errors that another try may cure', async () => {
    someBatches(0, 5)
    const active = harness.start()
    await harness.settle(active)
    const { standby, errors } = startStandby(faultAt('fetch', 'lost', 1))
    await harness.clock.run(harness.until(() => standby.offset === 5))
    expect(errors).toEqual(['NO_ANSWER'])
    expect(standby.stores?.digest()).toBe(active.task.stores?.digest())
    await harness.clock.run(standby.promote())
    await harness.stop(active)
  })
})
