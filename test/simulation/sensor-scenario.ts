import type { MinuteStores } from '../../examples/sensor-minutes/minute-stores.ts'
import { encodeReading } from '../../examples/sensor-minutes/reading.ts'
import { sensorMinutes } from '../../examples/sensor-minutes/topology.ts'
import { createHashKernel, KeyedHash } from '../../streams/hash/index.ts'
import { BatchProcessor } from '../../streams/task/batch-processor.ts'
import type { RecordInput } from '../../streams/testing/plain-records.ts'
import type { SeededRandom } from '../../streams/testing/seeded-random.ts'
import type { Scenario } from './scenario.ts'

const RECORDS = 120
const START_MS = 1_780_315_200_000

/** Readings of four sensors over about 25 minutes, some late, some no readings at all. */
export function sensorScenario(): Scenario<MinuteStores> {
  const kernel = createHashKernel({ arenaBytes: 1 << 20 })
  const hash = new KeyedHash(kernel, new Uint8Array(16).fill(9))
  return {
    name: 'sensor minutes',
    processor: new BatchProcessor(sensorMinutes({ kernel, hash, minutesMax: 1_000 }), kernel),
    partitions: 1,
    outputTopics: ['sensor.minutes', 'sensor.refused'],
    records: (random) => [readings(random)],
    dispositionOf: (_topic, value) => Number(/^offset (\d+):/.exec(Buffer.from(value).toString())?.[1]),
  }
}

function readings(random: SeededRandom): RecordInput[] {
  let nowMs = START_MS
  return Array.from({ length: RECORDS }, () => {
    nowMs += random.below(25_000)
    const key = Buffer.from(random.pick(['attic', 'cellar', 'hall', 'roof']))
    if (random.next() < 0.05) return { key, value: Buffer.from('no reading') }
    const lateMs = random.next() < 0.2 ? random.below(150_000) : 0
    return { key, value: encodeReading(nowMs - lateMs, random.below(100)) }
  })
}
