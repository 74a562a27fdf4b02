import { Partitioners } from 'kafkajs'
import { expect, test } from 'vitest'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { SeededRandom } from '../../streams/testing/seeded-random.ts'
import { onRealParts } from '../support/real-parts.ts'
import { javaPartitions } from './foreign-clients.ts'

// Goal: any client in any language puts a sender's records where ours does (SPEC R3).
const KEYS = 100_000
const KEY_BYTES_MAX = 70
const PARTITIONS = 12
const WITHIN_MS = 600_000

await onRealParts(['kafka'], 'partitions', () => {
  test('SPEC R3: of 100,000 random keys each has one partition, by Kafka’s client for Java, kafkajs and ours', {
    timeout: WITHIN_MS,
  }, async () => {
    const random = new SeededRandom(Number(process.env['SLUICE_TEST_SEED']))
    const keys = Array.from({ length: KEYS }, () =>
      Uint8Array.from({ length: random.below(KEY_BYTES_MAX + 1) }, () => random.below(256)),
    )
    const ours = keys.map((key) => partitionOf(key, 0, key.length, PARTITIONS))
    const partitioner = Partitioners.DefaultPartitioner()
    const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => {
      return { partitionId, leader: 1, replicas: [1], isr: [1], partitionErrorCode: 0 }
    })
    const kafkaJs = keys.map((key) =>
      partitioner({ topic: 'any', partitionMetadata, message: { key: Buffer.from(key), value: null } }),
    )
    const java = await javaPartitions(keys, PARTITIONS)
    expect(java).toHaveLength(KEYS)
    expect(new Set(ours).size).toBe(PARTITIONS)
    expect(kafkaJs).toEqual(ours)
    expect(java).toEqual(ours)
  })
})
