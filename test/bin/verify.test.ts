import { expect, test } from 'vitest'
import type { OutputRecord } from '../../bin/runtime/recomputation.ts'
import { createRuntime, openSession, openWritingSession, PARTITIONS } from '../../bin/runtime/session.ts'
import { verifyPartition } from '../../bin/runtime/verification.ts'
import { framed } from '../../schemas/avro/framing.ts'
import { encodeDeadLetter } from '../../schemas/generated/dead-letter.ts'
import { SCHEMA_IDS } from '../redis-alerts/alert-log.ts'
import { type Alter, decidedFolder, testConfig } from './decided-folder.ts'
import { sluice, temporaryFolder } from './sluice-process.ts'

// Goal: `verify` says equal of what the chain wrote, and finds one output that is missing, doubled or altered, in any topic.
const RECORDS = 1_200
const PARTITION = 5

/** Alters the middle record of a topic in one partition. */
function inTheMiddle(topic: string, change: (record: OutputRecord) => OutputRecord[]): Alter {
  return (outputs, partition) => {
    if (partition !== PARTITION) return outputs
    const places = outputs.flatMap((record, place) => (record.topic === topic ? [place] : []))
    const middle = places[places.length >> 1]
    expect(middle, `partition ${PARTITION} has outputs on ${topic}`).toBeDefined()
    return outputs.flatMap((record, place) => (place === middle ? change(record) : [record]))
  }
}

const lastByteFlipped = (record: OutputRecord): OutputRecord => {
  const value = record.value?.slice() ?? new Uint8Array(0)
  value[value.length - 1]! ^= 2
  return { ...record, value }
}

test('SPEC S5: verify recomputes every output of a whole folder and finds it equal', async () => {
  const folder = temporaryFolder()
  await decidedFolder(folder, RECORDS)
  const { code, stdout } = await sluice(['verify', '--data', folder, '--json'])
  const verdicts = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(code).toBe(0)
  expect(verdicts).toHaveLength(12)
  const sum = (read: (verdict: { until: number; compared: number; dispositions: Record<string, number> }) => number) =>
    verdicts.reduce((total, verdict) => total + read(verdict), 0)
  expect(sum(({ until }) => until)).toBe(RECORDS)
  expect(sum(({ dispositions }) => Object.values(dispositions).reduce((a, b) => a + b, 0))).toBe(RECORDS)
  expect(sum(({ compared }) => compared)).toBeGreaterThanOrEqual(RECORDS)
})

test.for([
  { why: 'one decision is missing', alter: inTheMiddle('payments.decided', () => []), found: /missing before/ },
  {
    why: 'one decision stands twice',
    alter: inTheMiddle('payments.decided', (one) => [one, one]),
    found: /one too many/,
  },
  {
    why: 'one byte of a decision differs',
    alter: inTheMiddle('payments.decided', (one) => [lastByteFlipped(one)]),
    found: /other bytes/,
  },
  {
    why: 'the key of a decision differs',
    alter: inTheMiddle('payments.decided', (one) => [{ ...one, key: new Uint8Array([120]) }]),
    found: /other bytes/,
  },
  {
    why: 'the last decision is missing',
    alter: ((outputs, partition) =>
      partition === PARTITION
        ? outputs.toSpliced(
            outputs.findLastIndex(({ topic }) => topic === 'payments.decided'),
            1,
          )
        : outputs) satisfies Alter,
    found: /missing at the end/,
  },
])('SPEC X1: verify finds it when $why', async ({ alter, found }) => {
  const folder = temporaryFolder()
  await decidedFolder(folder, RECORDS, alter)
  const session = await openSession(testConfig(folder))
  const processor = createRuntime(session)
  const differences: string[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    differences.push(...(await verifyPartition(session, processor, partition, () => {})).differences)
  }
  await session.log.close()
  expect(differences).toHaveLength(1)
  expect(differences[0]).toMatch(found)
  expect(differences[0]).toContain(`payments.decided-${PARTITION} `)
})

test('SPEC X6: a dead letter of a sink is listed under its topic; it is no difference, and cannot be replayed', async () => {
  const folder = temporaryFolder()
  const letter = framed(
    SCHEMA_IDS.deadLetter,
    encodeDeadLetter({
      reason: 'BAD_MAGIC',
      detail: 'of a test',
      inputTopic: 'fraud.alerts',
      inputPartition: PARTITION,
      inputOffset: 0,
      appendTime: 0,
      valueHash: '',
      valueBytes: 1,
      semanticsVersion: 1,
    }),
  )
  await decidedFolder(folder, 200, (outputs, partition) =>
    partition === PARTITION ? [...outputs, { topic: 'payments.dlq', key: null, value: letter }] : outputs,
  )
  expect((await sluice(['verify', '--data', folder])).code).toBe(0)
  const listed = await sluice(['dlq', 'list', '--data', folder, '--reason', 'BAD_MAGIC'])
  expect(listed.stdout).toContain(`fraud.alerts ${PARTITION}-0`)
  const replayed = await sluice(['dlq', 'replay', `${PARTITION}-0`, '--data', folder])
  expect(replayed).toMatchObject({ code: 1, stderr: expect.stringContaining('no dead letter') })
}, 120_000)

test('SPEC X1: verify exits 1 on a difference, and says where', async () => {
  const folder = temporaryFolder()
  await decidedFolder(
    folder,
    RECORDS,
    inTheMiddle('payments.decided', () => []),
  )
  const { code, stdout, stderr } = await sluice(['verify', '--data', folder])
  expect(code).toBe(1)
  expect(stdout.match(/DIFFERENT/g)).toHaveLength(1)
  expect(stderr).toContain(`partition ${PARTITION}`)
})

test('SPEC X1: verify exits 1 on an empty log, and on a folder that is not there', async () => {
  const folder = temporaryFolder()
  await (await openWritingSession(testConfig(folder))).log.close()
  const empty = await sluice(['verify', '--data', folder])
  expect(empty.code).toBe(1)
  expect(empty.stderr).toContain('nothing to verify')
  const missing = await sluice(['verify', '--data', `${folder}/none`])
  expect(missing.code).toBe(1)
  expect(missing.stderr).toContain(`${folder}/none`)
})

test('SPEC S5: explain recomputes the recorded decision, from a transaction id and from coordinates', async () => {
  const folder = temporaryFolder()
  await decidedFolder(folder, RECORDS)
  const [line = ''] = (await sluice(['decisions', '--data', folder, '--json', '--limit', '1'])).stdout.split('\n')
  const decision = JSON.parse(line)
  for (const id of [decision.transaction_id, `${decision.input_partition}-${decision.input_offset}`]) {
    const { code, stdout } = await sluice(['explain', id, '--data', folder, '--json'])
    const explained = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(explained.equal).toBe(true)
    expect(explained.decision).toEqual(decision)
    expect(explained.reasons.map(({ because }: { because: string }) => because.length > 0)).not.toContain(false)
  }
  expect((await sluice(['explain', 'nobody-paid-this', '--data', folder])).code).toBe(1)
})

test('SPEC S5: explain exits 1 when the recorded decision has other bytes', async () => {
  const folder = temporaryFolder()
  const altered: string[] = []
  await decidedFolder(folder, RECORDS, (outputs, partition) => {
    return inTheMiddle('payments.decided', (one) => {
      altered.push(new TextDecoder().decode(one.value ?? undefined))
      return [lastByteFlipped(one)]
    })(outputs, partition)
  })
  const id = /(\d+-\d+)/.exec(altered[0] ?? '')?.[0] ?? ''
  const { code, stderr } = await sluice(['explain', id, '--data', folder])
  expect(stderr).toContain('other bytes')
  expect(code).toBe(1)
})
