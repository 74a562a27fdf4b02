import { beforeEach, expect, test } from 'vitest'
import type { MinuteStores } from '../../../examples/sensor-minutes/minute-stores.ts'
import { faultAt, NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { reading, sensorHarness, type TaskHarness } from './task-harness.ts'

let harness: TaskHarness<MinuteStores>

beforeEach(() => {
  harness = sensorHarness()
})

test.each([
  { why: 'one whose end was not answered', fault: faultAt('end', 'unanswered'), unknown: 1, aborts: 1 },
  { why: 'one that was lost before its end', fault: faultAt('append', 'lost'), unknown: 1, aborts: 1 },
  { why: 'none: the session could not be opened', fault: faultAt('open-task', 'lost'), unknown: 0, aborts: 1 },
  { why: 'none: all went well', fault: NO_FAULTS, unknown: 0, aborts: 0 },
])('counters: commits of unknown outcome: $why', async ({ fault, unknown, aborts }) => {
  harness.produce([reading(1), reading(2)], [reading(3)])
  const life = harness.start(fault)
  await harness.settle(life)
  expect(life.task.counters).toMatchObject({ unknownOutcomes: unknown, aborts, fenced: 0 })
  expect(life.task.counters.produced.get('sensor.minutes')).toBe(3)
  await harness.stop(life)
})

test('counters: a task that has another owner counts that it was fenced', async () => {
  const life = harness.start()
  harness.produce([reading(1)])
  await harness.settle(life)
  harness.broker.own(harness.taskId)
  harness.produce([reading(2)])
  await harness.clock.run(life.ended)
  expect(life.task.counters).toMatchObject({ fenced: 1, aborts: 0 })
})

test('counters: every commit is told with its latency', async () => {
  harness.produce([reading(1)], [reading(2)])
  const told: number[] = []
  const life = harness.start(faultAt('end', 'slow', 1, 70), { onCommit: (latencyMs) => told.push(latencyMs) })
  await harness.settle(life)
  expect(told).toHaveLength(life.task.counters.commits)
  expect(told[0]).toBeGreaterThanOrEqual(70)
  await harness.stop(life)
})

test('counters: a restore tells what it has folded and what is left', async () => {
  harness.produce(...Array.from({ length: 9 }, (_, i) => [reading(i), reading(i, 'b')]))
  const first = harness.start()
  await harness.settle(first)
  await harness.stop(first)
  harness.disk.files.clear()
  const left: number[] = []
  const next = harness.start(NO_FAULTS, { onRestore: () => left.push(next.task.counters.restoreRemaining) })
  await harness.clock.run(harness.until(() => next.task.lifeState === 'RUNNING'))
  expect(left[0]).toBe(18)
  expect(left.at(-1)).toBe(0)
  expect(next.task.counters.restoredRecords).toBe(18)
  await harness.stop(next)
})
