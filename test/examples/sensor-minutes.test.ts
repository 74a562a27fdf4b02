import { beforeEach, describe, expect, test } from 'vitest'
import { MINUTE_MS, type MinuteStores } from '../../examples/sensor-minutes/minute-stores.ts'
import { encodeReading } from '../../examples/sensor-minutes/reading.ts'
import { sensorMinutes } from '../../examples/sensor-minutes/topology.ts'
import { createHashKernel, KeyedHash } from '../../streams/hash/index.ts'
import { BatchProcessor } from '../../streams/task/batch-processor.ts'
import { TopologyTestDriver } from '../../streams/testing/topology-test-driver.ts'

// Goal: a topology that knows nothing of payments runs on `streams` alone.
// Method: readings "sensor@seconds=value" in arrival order; what each minute's line says, without its sensor.

let driver: TopologyTestDriver<MinuteStores>

beforeEach(() => {
  const kernel = createHashKernel({ arenaBytes: 1 << 20 })
  const hash = new KeyedHash(kernel, new Uint8Array(16).fill(7))
  driver = new TopologyTestDriver(new BatchProcessor(sensorMinutes({ kernel, hash, minutesMax: 100 }), kernel))
})

const text = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? undefined)

function minutes(arrivals: string): string[] {
  for (const arrival of arrivals.split(' ')) {
    const [sensor = '', seconds = '', value = ''] = arrival.split(/[@=]/)
    driver.pipeInput(
      'sensor.readings',
      new TextEncoder().encode(sensor),
      encodeReading(Number(seconds) * 1_000, Number(value)),
    )
  }
  return driver.readOutputs('sensor.minutes').map(({ value }) => {
    const [startMs, count, sum] = text(value)
      .replace(/^offset \d+: /, '')
      .split(' ')
      .map(Number)
    return `${(startMs as number) / MINUTE_MS}: ${count} ${sum}`
  })
}

const refusals = () => driver.readOutputs('sensor.refused').map(({ value }) => text(value))

describe('the sensor example', () => {
  test.each([
    {
      why: 'a reading counts in its minute',
      arrivals: 'a@0=5 a@59=2 a@60=1',
      expected: ['0: 1 5', '0: 2 7', '1: 1 1'],
    },
    { why: 'sensors are apart', arrivals: 'a@1=5 b@2=7 a@3=1', expected: ['0: 1 5', '0: 1 7', '0: 2 6'] },
    { why: 'out of order within the grace', arrivals: 'a@1=1 a@61=2 a@2=3', expected: ['0: 1 1', '1: 1 2', '0: 2 4'] },
  ])('$why: $arrivals', ({ arrivals, expected }) => expect(minutes(arrivals)).toEqual(expected))

  test('a minute closes at the first point of the grid a grace after its end', () => {
    expect(minutes('a@30=1 a@70=1 a@119=1 a@31=1')).toEqual(['0: 1 1', '1: 1 1', '1: 2 2', '0: 2 2'])
    expect(minutes('a@120=1 a@32=1 a@119=1')).toEqual(['2: 1 1', '1: 3 3'])
    expect(refusals()).toEqual(['offset 5: too late'])
  })

  test('rows of closed minutes go by the wall clock, and no result changes', () => {
    minutes('a@0=1 a@60=1 a@200=1')
    expect(driver.stores().openMinutes).toBe(3)
    driver.advanceWallClock(1_000)
    expect(driver.stores().openMinutes).toBe(1)
    expect(minutes('a@201=1 a@0=1')).toEqual(['3: 2 2'])
    expect(refusals()).toHaveLength(1)
  })

  test('what is no reading goes to the refused, and the partition moves on', () => {
    driver.pipeInput('sensor.readings', null, encodeReading(0, 1))
    driver.pipeInput('sensor.readings', new Uint8Array(1), new Uint8Array(5))
    expect(minutes('a@0=1')).toEqual(['0: 1 1'])
    expect(refusals()).toEqual(['offset 0: no sensor', 'offset 1: not a reading'])
  })
})
