import { describe, expect, test } from 'vitest'
import { TaskOutputs } from '../../../streams/task/task-outputs.ts'
import { type FaultPlan, NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { createTestRuntime, OUTPUT_TOPICS, paymentRecord, START_MS } from '../../support/payments-driver.ts'
import { reading, sensorHarness, TaskHarness } from './task-harness.ts'

const HOUR_MS = 3_600_000

/** The payments chain that remembers so many ids. */
function paymentHarness(dedupIdsMax: number) {
  const bounds = { dedupIdsMax, sendersMax: 100, windowEntriesMax: 10_000 }
  return new TaskHarness(createTestRuntime({ bounds }), OUTPUT_TOPICS)
}

/** Payments of one id each, a second apart from `fromMs` on. */
function payments(count: number, prefix: string, fromMs = START_MS) {
  return Array.from({ length: count }, (_, i) => {
    return paymentRecord({
      transactionId: `${prefix}-${i}`,
      senderAccountId: `PAYER-${i % 7}`,
      eventTime: fromMs + i * 1_000,
    })
  })
}

describe('a store at its bound', () => {
  test('SPEC D3: stops the partition naming the setting, and goes on with a larger one without loss', async () => {
    const small = paymentHarness(5)
    small.produce(payments(4, 'a'), payments(4, 'b', START_MS + 10_000))
    const life = small.start()
    const error = await small.clock.run(life.ended)
    expect(error).toMatchObject({ code: 'DEDUP_FULL', next: 'stop', place: { offset: 5 } })
    expect(error?.message).toContain('dedup.maxIdsPerPartition')
    expect(life.task.lifeState).toBe('FAILED')
    // What came before the record that did not fit is committed.
    expect(small.committedOffset).toBe(5)

    const next = small.start(NO_FAULTS, { processor: createTestRuntime() })
    await small.settle(next)
    expect(await small.stop(next)).toBeUndefined()
    expect(small.texts('payments.decided')).toHaveLength(8)

    const roomy = paymentHarness(100)
    roomy.produce(payments(4, 'a'), payments(4, 'b', START_MS + 10_000))
    const whole = roomy.start()
    await roomy.settle(whole)
    await roomy.stop(whole)
    expect(small.texts('payments.decided')).toEqual(roomy.texts('payments.decided'))
  })

  // Six ids fit: the first of each five moves stream time on, and so makes room for the other four.
  test('SPEC D3: what is past the horizon makes room first, and nobody has to do anything', async () => {
    const harness = paymentHarness(6)
    harness.produce(
      payments(5, 'a'),
      payments(5, 'b', START_MS + 2 * HOUR_MS),
      payments(5, 'c', START_MS + 4 * HOUR_MS),
    )
    const life = harness.start()
    await harness.settle(life)
    expect(await harness.stop(life)).toBeUndefined()
    expect(harness.committedOffset).toBe(15)
    expect(harness.texts('payments.decided')).toHaveLength(15)
  })

  test('SPEC D3: the fold of a restore makes room as the task did', async () => {
    const harness = paymentHarness(6)
    harness.produce(
      payments(5, 'a'),
      payments(5, 'b', START_MS + 2 * HOUR_MS),
      payments(5, 'c', START_MS + 4 * HOUR_MS),
    )
    const life = harness.start()
    await harness.settle(life)
    await harness.stop(life)
    harness.disk.files.clear()
    const next = harness.start()
    await harness.clock.run(harness.until(() => next.task.lifeState === 'RUNNING' || next.task.lifeState === 'FAILED'))
    expect(next.task.stores?.digest()).toBe(life.task.stores?.digest())
    expect(await harness.stop(next)).toBeUndefined()
  })
})

describe('a log that is away', () => {
  test('SPEC X2: a task with a state tries once to end in order, and then ends', async () => {
    const harness = sensorHarness()
    harness.produce([reading(1), reading(2)])
    let isAway = false
    let tries = 0
    const away: FaultPlan = {
      meet: (step) => {
        if (!isAway) return { fault: null, delayMs: 0 }
        if (step === 'open-task') tries++
        return { fault: 'lost', delayMs: 0 }
      },
    }
    const life = harness.start(away)
    await harness.settle(life)
    isAway = true
    await harness.clock.run(harness.until(() => tries > 2))
    const before = tries
    expect(await harness.stop(life)).toBeUndefined()
    expect(life.task.lifeState).toBe('CLOSED')
    expect(tries - before).toBeLessThanOrEqual(2)
  })

  // As when input and outputs are put back from copies of two moments, or an election has cut the input off.
  test.each([
    { why: 'behind a restore', warm: false },
    { why: 'behind a warm state', warm: true },
  ])(
    'SPEC X1: one that ends before what is committed stops the task, and what comes there is not taken for decided: $why',
    async (row) => {
      const harness = sensorHarness()
      harness.produce([reading(1), reading(2)])
      harness.broker.commitOffset(harness.taskId, { offset: 3, metadata: '' })
      const stores = harness.processor.topology.createStores(0)
      const life = harness.start(NO_FAULTS, row.warm ? { warm: { stores, offset: 0 } } : {})
      const error = await harness.clock.run(life.ended)
      expect(error).toMatchObject({ code: 'LOG_TRUNCATED', next: 'stop', place: { ...harness.input, offset: 2 } })
    },
  )
})

describe('a damaged batch', () => {
  test('SPEC X5: stops the partition at its place: it is no poison, the log is broken', async () => {
    const harness = sensorHarness()
    harness.produce([reading(1), reading(2)], [reading(3), reading(4)])
    const bytes = harness.broker.storedBytes(harness.input, 2)
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
    const life = harness.start()
    const error = await harness.clock.run(life.ended)
    expect(error).toMatchObject({
      code: 'CORRUPT_BATCH',
      next: 'stop',
      place: { topic: 'sensor.readings', partition: 0, offset: 2 },
    })
    expect(life.task.lifeState).toBe('FAILED')
    expect(harness.committedOffset).toBeLessThanOrEqual(2)
  })

  test('SPEC X1: leaves nothing of its task to the next task of the thread', () => {
    const harness = sensorHarness()
    harness.produce([reading(1), reading(2)], [reading(3)])
    const { processor, input, broker } = harness
    const log = Buffer.concat(broker.read(input, 0, 1 << 20).map(({ bytes }) => bytes))
    const damaged = Buffer.from(log)
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1
    const pass = (bytes: Uint8Array) => {
      const stores = processor.topology.createStores(0)
      const outputs = new TaskOutputs(0)
      processor.process(stores, outputs, input, bytes, 0, 3)
      return [...outputs.counters.dispositions, stores.digest()]
    }
    const before = pass(log)
    // The first two records are already collected when the second batch turns out to be damaged.
    expect(() => pass(damaged)).toThrow(expect.objectContaining({ code: 'CORRUPT_BATCH' }))
    expect(pass(log)).toEqual(before)
  })
})
