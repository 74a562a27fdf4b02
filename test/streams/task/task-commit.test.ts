import { beforeEach, describe, expect, test } from 'vitest'
import type { MinuteStores } from '../../../examples/sensor-minutes/minute-stores.ts'
import { type FaultPlan, type FaultStep, faultAt } from '../../../streams/testing/fault-plan.ts'
import { reading, sensorHarness, type TaskHarness } from './task-harness.ts'

// Goal: the commit steps of SPEC X2 and what becomes of a transaction whose outcome is unknown.
// Method: two batches of the sensor example (fetches bring one at a time) and one fault at a named step.

let harness: TaskHarness<MinuteStores>

beforeEach(() => {
  harness = sensorHarness()
})

const FIRST = ['offset 0: 0 1 1', 'offset 1: 0 2 2']
const BOTH = [...FIRST, 'offset 2: 0 3 3']
const twoBatches = () => harness.produce([reading(1), reading(2)], [reading(3)])
const outputs = () => harness.texts('sensor.minutes')

/** Every request of the commit and of fetching, with what `observe` sees at its time. */
function steps<T>(observe: () => T): { readonly plan: FaultPlan; readonly met: { step: FaultStep; seen: T }[] } {
  const met: { step: FaultStep; seen: T }[] = []
  const meet = (step: FaultStep) => {
    // Then the offset is unstable, and nobody may ask for it.
    if (step !== 'end-markers') met.push({ step, seen: observe() })
    return { fault: null, delayMs: 0 }
  }
  return { plan: { meet }, met }
}

describe('a commit', () => {
  test('SPEC X2: append, then the offset, then the end; nothing is visible or merged before', async () => {
    twoBatches()
    const { plan, met } = steps(() => ({ visible: outputs().length, committed: harness.committedOffset }))
    const life = harness.start(plan)
    await harness.settle(life)
    const commits = met.filter(({ step }) => ['append', 'send-offset', 'end'].includes(step))
    expect(commits).toEqual([
      { step: 'append', seen: { visible: 0, committed: 0 } },
      { step: 'send-offset', seen: { visible: 0, committed: 0 } },
      { step: 'end', seen: { visible: 0, committed: 0 } },
      { step: 'append', seen: { visible: 2, committed: 2 } },
      { step: 'send-offset', seen: { visible: 2, committed: 2 } },
      { step: 'end', seen: { visible: 2, committed: 2 } },
    ])
    expect(outputs()).toEqual(BOTH)
    expect(harness.broker.committed(harness.taskId)).toEqual({ offset: 3, metadata: 'streamTimeMs=3000' })
    await harness.stop(life)
  })

  test('SPEC X2: of a small fetch is waited for, so that what comes meanwhile shares the next one', async () => {
    harness.produce(
      [reading(1)],
      Array.from({ length: 200 }, () => reading(2)),
    )
    const life = harness.start(faultAt('end', 'slow', 1, 500), { fetchBytesMax: 2_000 })
    await harness.clock.run(harness.until(() => life.task.stores?.streamTimeMs === 1_000))
    await harness.clock.run(harness.clock.wait(100))
    expect(life.task.stores?.streamTimeMs).toBe(1_000)
    await harness.settle(life)
    expect(life.task.stores?.streamTimeMs).toBe(2_000)
    expect(life.task.counters.commits).toBe(2)
    await harness.stop(life)
  })

  test('SPEC X2: is merged when its end is acknowledged, however long no record comes, and its time is counted to there', async () => {
    twoBatches()
    const life = harness.start(faultAt('end', 'slow', 2, 300), { fetchWaitMs: 100_000 })
    await harness.settle(life)
    const { commits, commitMsMax, commitMsTotal } = life.task.counters
    expect(commits).toBe(2)
    expect(commitMsMax).toBeGreaterThanOrEqual(300)
    expect(commitMsTotal).toBeLessThan(1_000)
    await harness.stop(life)
  })

  test('SPEC X2: while it is in flight the next batch is processed, and is not sent before its end', async () => {
    twoBatches()
    const { plan, met } = steps(() => harness.clock.nowMs())
    const slow = faultAt('end', 'slow', 1, 500)
    const both: FaultPlan = {
      meet: (step) => {
        plan.meet(step)
        return slow.meet(step)
      },
    }
    const life = harness.start(both)
    await harness.clock.run(harness.until(() => life.task.stores?.streamTimeMs === 3_000))
    expect(life.task.committedOffset).toBe(0)
    expect(outputs()).toEqual([])
    expect(met.map(({ step }) => step).filter((step) => step === 'append')).toHaveLength(1)
    await harness.settle(life)
    const appended = met.filter(({ step }) => step === 'append').map(({ seen }) => seen)
    expect((appended[1] as number) - (appended[0] as number)).toBeGreaterThanOrEqual(500)
    expect(outputs()).toEqual(BOTH)
    await harness.stop(life)
  })

  test.each([
    { why: 'never arrived: dropped and replayed', step: 'end', fault: 'lost' },
    { why: 'took effect unseen: merged', step: 'end', fault: 'unanswered' },
    { why: 'arrives when a new session is open: refused, replayed', step: 'end', fault: 'belated' },
    { why: 'outputs never arrived', step: 'append', fault: 'lost' },
    { why: 'the offset never arrived', step: 'send-offset', fault: 'unanswered' },
    { why: 'came twice', step: 'end', fault: 'repeated' },
  ] as const)('SPEC X2: a request that $why ($step $fault): every output once', async ({ step, fault }) => {
    twoBatches()
    const life = harness.start(faultAt(step, fault, 1, 40))
    await harness.settle(life)
    await harness.clock.run(harness.clock.wait(100))
    expect(outputs()).toEqual(BOTH)
    expect(life.errors.map(({ code }) => code)).toEqual(fault === 'repeated' ? [] : ['NO_ANSWER'])
    expect(await harness.stop(life)).toBeUndefined()
  })

  test.each([
    { why: 'at its end: merged, nothing is read again', fault: 'unanswered', fetchedFrom: 2 },
    { why: 'at its start: dropped with all younger ones, replayed from there', fault: 'lost', fetchedFrom: 0 },
  ] as const)('SPEC X2: the log stands $why', async ({ fault, fetchedFrom }) => {
    twoBatches()
    const life = harness.start(faultAt('end', fault))
    const before = harness.broker.read.bind(harness.broker)
    const offsets: number[] = []
    harness.broker.read = (at, offset, maxBytes) => {
      if (at.topic === harness.input.topic && life.errors.length > 0) offsets.push(offset)
      return before(at, offset, maxBytes)
    }
    await harness.settle(life)
    expect(offsets[0]).toBe(fetchedFrom)
    // Neither needs a rebuild: the same stores go on.
    expect(life.task.counters.restoredRecords).toBe(0)
    expect(life.states).toEqual(['OPENING', 'RESTORING', 'RUNNING', 'OPENING', 'RESTORING', 'RUNNING'])
    await harness.stop(life)
  })
})

describe('markers, which take offsets and nobody sees', () => {
  test('SPEC X2: are committed past, once, and an idle input whose retention took all of it is gone on with', async () => {
    twoBatches()
    harness.broker.mark(harness.input)
    const life = harness.start()
    const soon = () => harness.clock.run(harness.clock.wait(1_000))
    await soon()
    expect(harness.committedOffset).toBe(4)
    harness.broker.mark(harness.input)
    await soon()
    await soon()
    expect(harness.committedOffset).toBe(5)
    expect(life.task.counters).toMatchObject({ commits: 4, lag: 0 })
    await harness.stop(life)
    harness.broker.dropBefore(harness.input, 5)
    harness.produce([reading(4)])
    const next = harness.start()
    await harness.settle(next)
    expect(outputs()).toEqual([...BOTH, 'offset 5: 0 4 4'])
    await harness.stop(next)
  })

  test('SPEC X4: a fold ends at a committed offset behind them', async () => {
    twoBatches()
    harness.broker.mark(harness.input)
    const life = harness.start()
    await harness.clock.run(harness.clock.wait(1_000))
    await harness.stop(life)
    expect(harness.committedOffset).toBe(4)
    harness.checkpointed.semanticsVersion++
    const folding = harness.start()
    await harness.clock.run(harness.until(() => folding.task.lifeState === 'RUNNING'))
    expect(folding.task.counters).toMatchObject({ restoredRecords: 4, restoreRemaining: 0 })
    expect(folding.task.stores?.streamTimeMs).toBe(3_000)
    await harness.stop(folding)
  })
})

describe('a task', () => {
  test('SPEC X3: one that has another owner stops, and has written nothing since', async () => {
    const life = harness.start()
    harness.produce([reading(1)])
    await harness.settle(life)
    harness.broker.own(harness.taskId)
    harness.produce([reading(2)])
    const error = await harness.clock.run(life.ended)
    expect(error).toMatchObject({ code: 'TASK_FENCED', next: 'fenced' })
    expect(life.task.lifeState).toBe('FENCED')
    expect(outputs()).toHaveLength(1)
  })

  test('SPEC X5: an error that another try may cure is tried again after a pause, with nothing committed meanwhile', async () => {
    twoBatches()
    const opened: number[] = []
    const plan: FaultPlan = {
      meet: (step) => {
        if (step === 'open-task') opened.push(harness.clock.nowMs())
        return { fault: step === 'open-task' && opened.length <= 3 ? 'lost' : null, delayMs: 1 }
      },
    }
    const life = harness.start(plan, { retryBackoffMs: 50 })
    await harness.settle(life)
    const pauses = opened.slice(1).map((ms, i) => ms - (opened[i] as number))
    expect(pauses).toEqual([50, 50, 50])
    expect(life.task.counters.aborts).toBe(3)
    expect(outputs()).toEqual(BOTH)
    await harness.stop(life)
  })

  test('one that is stopped commits what it has begun', async () => {
    twoBatches()
    const life = harness.start(faultAt('end', 'slow', 1, 300))
    await harness.clock.run(harness.until(() => life.task.stores?.streamTimeMs === 3_000))
    expect(await harness.stop(life)).toBeUndefined()
    expect(harness.committedOffset).toBe(life.task.committedOffset)
    expect(outputs()).toEqual(BOTH.slice(0, harness.committedOffset))
    expect(outputs().length).toBeGreaterThan(0)
    expect(life.states.at(-1)).toBe('CLOSED')
  })

  test('wall-clock punctuations run between batches, also when nothing comes', async () => {
    harness.produce([reading(0), reading(70), reading(300)])
    const life = harness.start()
    await harness.settle(life)
    expect(life.task.stores?.openMinutes).toBe(3)
    await harness.clock.run(harness.clock.wait(1_100))
    expect(life.task.stores?.openMinutes).toBe(1)
    await harness.stop(life)
  })
})
