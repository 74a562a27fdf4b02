import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { CasePlay, type Outcome } from './case-play.ts'
import { CASES, type CaseName } from './client-cases.ts'
import { CLIENTS, type ClientName } from './transactional-clients.ts'

// Goal: the log port does right what clients of Kafka's transactions get wrong, and why the port uses none of theirs is on record.
// Method: the same cases with each client on a real broker; what the others do instead is asserted as it was measured (ADR 0022).
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 })

const FENCED = 'fails: PRODUCER_FENCED'
const ABORTED = 'gives out aborted records'

// prettier-ignore
const OUTCOMES: Readonly<Record<CaseName, Readonly<Record<Exclude<ClientName, 'ours'>, Outcome>>>> = {
  'a zombie writes nothing': { kafkajs: 'holds', platformatic: FENCED },
  'the same id after a crash': { kafkajs: 'holds', platformatic: FENCED },
  'outputs and offset sent at once': { kafkajs: 'holds', platformatic: 'holds' },
  'the abort marker in a later fetch': { kafkajs: 'holds', platformatic: ABORTED },
  'aborts between the records of others': { kafkajs: ABORTED, platformatic: ABORTED },
  'back to back, and offsets alone': { kafkajs: 'fails: CONCURRENT_TRANSACTIONS', platformatic: 'holds' },
  'empty transactions': { kafkajs: 'holds', platformatic: 'fails: INVALID_TXN_STATE' },
  'a transaction that lasts too long': { kafkajs: 'holds', platformatic: FENCED },
}
const NAMES = Object.keys(CASES) as CaseName[]

// The other clients speak the older requests on both, and were seen to do the same: once is enough.
describe.each([
  { level: 2, clients: ['ours', 'kafkajs', 'platformatic'] as const },
  { level: 1, clients: ['ours'] as const },
])('transaction.version $level', ({ level, clients }) => {
  let kafka: Kafka
  let plays = 0

  beforeAll(async () => {
    const properties = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '100' }
    kafka = await startKafka({ features: { 'transaction.version': level }, properties })
  })
  afterAll(() => kafka?.stop())

  const rows = NAMES.flatMap((name) =>
    clients.map((client) => ({ name, client, expected: client === 'ours' ? 'holds' : OUTCOMES[name][client] })),
  )
  test.each(rows)('SPEC X1: $name: $client: $expected', async ({ name, client, expected }) => {
    const play = ++plays
    const stage = {
      bootstrap: kafka.bootstrap,
      input: { topic: `in-${play}`, partition: 0 },
      output: { topic: `out-${play}`, partition: 0 },
      group: `group-${play}`,
    }
    expect(await new CasePlay(CLIENTS[client], stage).outcome(CASES[name])).toBe(expected)
  })
})
