import { beforeEach, describe, expect, test } from 'vitest'
import { MINUTE_MS, type MinuteStores } from '../../../examples/sensor-minutes/minute-stores.ts'
import { encodeReading } from '../../../examples/sensor-minutes/reading.ts'
import { sensorMinutes } from '../../../examples/sensor-minutes/topology.ts'
import { createHashKernel, KeyedHash } from '../../../streams/hash/index.ts'
import { BatchProcessor } from '../../../streams/task/batch-processor.ts'
import { TopologyTestDriver } from '../../../streams/testing/topology-test-driver.ts'

const INPUT = 'sensor.readings'
const SENSOR = Buffer.from('attic')

let driver: TopologyTestDriver<MinuteStores>

beforeEach(() => {
  const kernel = createHashKernel({ arenaBytes: 1 << 20 })
  const hash = new KeyedHash(kernel, new Uint8Array(16).fill(1))
  driver = new TopologyTestDriver(new BatchProcessor(sensorMinutes({ kernel, hash, minutesMax: 3 }), kernel), 1_000)
})

const text = (value: Uint8Array | null | undefined) => Buffer.from(value ?? []).toString()
const read = (timeMs: number) => ({ key: SENSOR, value: encodeReading(timeMs, 1) })

describe('the topology test driver', () => {
  test('has processed a record when the call returns; outputs are read one by one, in order', () => {
    expect(driver.pipeInput(INPUT, SENSOR, encodeReading(5, 2))).toBe(0)
    expect(driver.pipeInput(INPUT, SENSOR, encodeReading(6, 3))).toBe(1)
    const first = driver.readOutput('sensor.minutes')
    expect(first).toMatchObject({ topic: 'sensor.minutes', partition: 0, offset: 0, timestampMs: 1_000 })
    expect(text(first?.key)).toBe('attic')
    expect(text(first?.value)).toBe('offset 0: 0 1 2')
    expect(text(driver.readOutput('sensor.minutes')?.value)).toBe('offset 1: 0 2 5')
    expect(driver.readOutput('sensor.minutes')).toBeNull()
    expect(driver.readOutputs('sensor.nothing')).toEqual([])
  })

  test('a batch is one pass and gives what its records give one by one', () => {
    driver.pipeBatch(INPUT, [read(1), read(2), read(3)], { partition: 0 })
    for (const { key, value } of [read(1), read(2), read(3)]) driver.pipeInput(INPUT, key, value, { partition: 1 })
    const [one = [], other = []] = [0, 1].map((partition) => {
      const outputs = driver.stores(partition)
      return [outputs.digest(), outputs.streamTimeMs]
    })
    expect(one).toEqual(other)
    const lines = driver.readOutputs('sensor.minutes').map(({ partition, value }) => `${partition} ${text(value)}`)
    expect(lines.filter((line) => line.startsWith('0'))).toHaveLength(3)
    expect(lines.filter((line) => line.startsWith('1'))).toHaveLength(3)
  })

  test('the wall clock moves by hand alone, and stream time by records alone', () => {
    driver.pipeInput(INPUT, SENSOR, encodeReading(500_000, 1))
    expect([driver.nowMs, driver.stores().streamTimeMs]).toEqual([1_000, 500_000])
    driver.advanceWallClock(250)
    expect([driver.nowMs, driver.stores().streamTimeMs]).toEqual([1_250, 500_000])
    driver.pipeInput(INPUT, SENSOR, encodeReading(500_001, 1))
    expect(driver.readOutputs('sensor.minutes').at(-1)?.timestampMs).toBe(1_250)
  })

  test('SPEC D3: a store at its bound is freed if it can be, and is an error of its place if not', () => {
    for (const minute of [0, 1, 2, 3, 4]) driver.pipeInput(INPUT, SENSOR, encodeReading(minute * MINUTE_MS, 1))
    expect(driver.readOutputs('sensor.minutes')).toHaveLength(5)
    const open = () =>
      driver.pipeBatch(
        INPUT,
        ['b', 'c'].map((name) => ({ ...read(4 * MINUTE_MS), key: Buffer.from(name) })),
      )
    expect(open).toThrow(expect.objectContaining({ code: 'ROWS_FULL', next: 'stop' }))
    // The record that fitted stands.
    expect(driver.readOutputs('sensor.minutes')).toHaveLength(1)
  })

  test('a topic that the topology does not read is refused by name', () => {
    expect(() => driver.pipeInput('sensor.reading', SENSOR, null)).toThrow(/reads sensor.readings/)
  })
})
