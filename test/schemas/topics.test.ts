import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { TOPICS } from '../../schemas/topics.ts'

const topics = Object.values(TOPICS)

test('SPEC R4: the topics are those that the specification names', () => {
  const clause = readFileSync(join(import.meta.dirname, '../../docs/SPEC.md'), 'utf8')
    .split('\n')
    .find((line) => line.startsWith('- R4 '))
  const named = [...(clause ?? '').matchAll(/`([a-z]+\.[a-z]+)`/g)].map(([, name]) => name)
  expect(named.length).toBeGreaterThan(0)
  expect(topics.map(({ name }) => name).sort()).toEqual(named.sort())
})

test('SPEC R4: every topic stamps append time, and those of the chain are partitioned as the input', () => {
  expect(topics.filter(({ timestampType }) => timestampType !== 'LogAppendTime')).toEqual([])
  const chain = topics.filter(({ name }) => /^(?:payments|fraud)\./.test(name))
  expect(chain.map(({ partitions }) => partitions)).toEqual(chain.map(() => 12))
})

test('SPEC R4: every schema has one topic', () => {
  const records = topics.flatMap(({ values }) => [...values] as string[])
  expect(records.sort()).toEqual(
    Object.keys(SCHEMAS)
      .map((name) => `sluice.${name}`)
      .sort(),
  )
})

test('SPEC R4: a dead letter outlives the record that it names, and compaction is for keyed topics', () => {
  expect(TOPICS.paymentsDlq.retentionMs).toBeGreaterThan(TOPICS.paymentsSubmitted.retentionMs)
  expect(topics.filter(({ cleanupPolicy, key }) => cleanupPolicy !== 'delete' && key === null)).toEqual([])
})
