import { beforeEach, describe, expect, test } from 'vitest'
import type { TaskSession } from '../../../streams/log/log.ts'
import { type Fault, faultAt, NO_FAULTS, SeededFaults } from '../../../streams/testing/fault-plan.ts'
import { MemoryBroker } from '../../../streams/testing/memory-broker.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { SeededRandom } from '../../../streams/testing/seeded-random.ts'
import { VirtualClock } from '../../../streams/testing/virtual-clock.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'

// Goal: each fault does what it says, to the log and to its sender.

const IN = { topic: 'in', partition: 0 }
const OUT = { topic: 'out', partition: 0 }

let clock: VirtualClock
let broker: MemoryBroker

beforeEach(() => {
  clock = new VirtualClock()
  broker = new MemoryBroker(clock)
  const settings = { partitions: 2, retentionMs: -1, retentionBytes: -1 }
  broker.createTopics([
    { ...settings, topic: 'in', writtenBy: 'producers' },
    { ...settings, topic: 'out' },
  ])
})

const logWith = (faults = NO_FAULTS) => new MemoryLog(broker, clock, faults)
const texts = (at: typeof IN) =>
  broker.read(at, 0, 1 << 20).flatMap(({ bytes }) => recordsIn(bytes).map(({ text }) => text))

async function commit(session: TaskSession, text: string): Promise<void> {
  session.begin()
  await session.append([batchOf(OUT, [text])])
  await session.sendOffset({ offset: 1, metadata: '' })
  await session.end()
}

/** What a sender hears of one request, in virtual time. */
async function heard(request: Promise<unknown>): Promise<string> {
  const answer = await clock.run(request.catch((error: unknown) => error))
  return (answer as { code?: string } | undefined)?.code ?? 'done'
}

describe('a fault at the end of a transaction', () => {
  test.each<{ fault: Fault; says: string; stored: string[]; later: string[] }>([
    { fault: 'lost', says: 'NO_ANSWER', stored: [], later: [] },
    { fault: 'unanswered', says: 'NO_ANSWER', stored: ['x'], later: ['x'] },
    { fault: 'belated', says: 'NO_ANSWER', stored: [], later: ['x'] },
    { fault: 'repeated', says: 'done', stored: ['x'], later: ['x'] },
    { fault: 'slow', says: 'done', stored: ['x'], later: ['x'] },
    { fault: 'crash-before', says: 'SIMULATED_CRASH', stored: [], later: [] },
    { fault: 'crash-after', says: 'SIMULATED_CRASH', stored: ['x'], later: ['x'] },
  ])('SPEC X1: $fault says $says and stores $stored, later $later', async ({ fault, says, stored, later }) => {
    const session = await logWith(faultAt('end', fault, 1, 20)).openTask('app', IN)
    expect(await heard(commit(session, 'x'))).toBe(says)
    expect(texts(OUT)).toEqual(stored)
    await clock.run(clock.wait(30))
    expect(texts(OUT)).toEqual(later)
    expect(broker.committed('task app in-0')?.offset ?? null).toBe(later.length > 0 ? 1 : null)
  })

  test('SPEC X3: what arrives after another owner has the task is refused', async () => {
    const session = await logWith(faultAt('end', 'belated', 1, 20)).openTask('app', IN)
    expect(await heard(commit(session, 'zombie'))).toBe('NO_ANSWER')
    await logWith().openTask('app', IN)
    await clock.run(clock.wait(30))
    expect(texts(OUT)).toEqual([])
  })
})

test('SPEC X4: nothing leaves a process that has crashed', async () => {
  const log = logWith(faultAt('end', 'crash-before'))
  const session = await log.openTask('app', IN)
  const producer = await log.openProducer(null)
  expect(await heard(commit(session, 'x'))).toBe('SIMULATED_CRASH')
  expect(log.process.lostInCrash).toEqual({ transactions: 1, requests: 1 })
  expect(await heard(producer.append(batchOf(IN, ['y']), 0))).toBe('SIMULATED_CRASH')
  expect(await heard(log.openReader(IN, 0).fetch(1, 0))).toBe('SIMULATED_CRASH')
  expect(await heard(log.bounds(IN))).toBe('SIMULATED_CRASH')
  expect(texts(IN)).toEqual([])
})

test('SPEC R3: partitions overtake each other, the batches of one keep their order', async () => {
  const producer = await logWith(faultAt('produce', 'slow', 1, 50)).openProducer(null)
  const other = { topic: 'in', partition: 1 }
  const order: string[] = []
  const send = (at: typeof IN, text: string, sequence: number) =>
    producer.append(batchOf(at, [text]), sequence).then(() => order.push(text))
  await clock.run(Promise.all([send(IN, 'a', 0), send(IN, 'b', 1), send(other, 'c', 0)]))
  expect(order).toEqual(['c', 'a', 'b'])
  expect(texts(IN)).toEqual(['a', 'b'])
})

test.each(['unanswered', 'belated', 'repeated'] as const)(
  'SPEC X1: a batch %s and sent again is stored once',
  async (fault) => {
    const producer = await logWith(faultAt('produce', fault, 1, 20)).openProducer(null)
    await heard(producer.append(batchOf(IN, ['a']), 0))
    expect(await clock.run(producer.append(batchOf(IN, ['a']), 0))).toMatchObject({ baseOffset: 0 })
    await clock.run(clock.wait(30))
    expect(texts(IN)).toEqual(['a'])
  },
)

test('one seed gives one sequence of faults; another seed another', () => {
  const draw = (seed: number) => {
    const plan = new SeededFaults(new SeededRandom(seed), { lost: 0.2, slow: 0.3 }, 10)
    return Array.from({ length: 50 }, () => plan.meet('append'))
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

test('a virtual clock skips to the next alarm, in the order of times and then of asking', async () => {
  const rung: string[] = []
  const alarm = (name: string, delayMs: number) =>
    clock.wait(delayMs).then(() => rung.push(`${name} at ${clock.nowMs()}`))
  await clock.run(Promise.all([alarm('a', 3_600_000), alarm('b', 5), alarm('c', 5), alarm('d', 0)]))
  expect(rung).toEqual(['d at 0', 'b at 5', 'c at 5', 'a at 3600000'])
  await expect(clock.run(new Promise(() => {}))).rejects.toMatchObject({ code: 'STUCK' })
})

describe('an end that shows late', () => {
  // The first delay holds the outputs back, the second the offset.
  const late = (nth: number) => logWith(faultAt('end-markers', 'slow', nth, 20))

  test('SPEC X2: a new owner is told to try again until the outputs show', async () => {
    const session = await late(1).openTask('app', IN)
    await clock.run(commit(session, 'x'))
    expect(texts(OUT)).toEqual([])
    expect(await heard(logWith().openTask('app', IN))).toBe('CONCURRENT_TRANSACTIONS')
    await clock.run(clock.wait(20))
    expect(texts(OUT)).toEqual(['x'])
    const next = await logWith().openTask('app', IN)
    expect((await next.committed())?.offset).toBe(1)
  })

  test('SPEC X2: the offset is not told while it is unstable', async () => {
    const session = await late(2).openTask('app', IN)
    await clock.run(commit(session, 'x'))
    expect(texts(OUT)).toEqual(['x'])
    const next = await logWith().openTask('app', IN)
    expect(await heard(next.committed())).toBe('UNSTABLE_OFFSET')
    await clock.run(clock.wait(20))
    expect((await next.committed())?.offset).toBe(1)
  })

  test('SPEC X2: the next transaction of the same owner waits for it', async () => {
    const session = await late(1).openTask('app', IN)
    await clock.run(commit(session, 'x'))
    await clock.run(commit(session, 'y'))
    expect(texts(OUT)).toEqual(['x', 'y'])
  })
})
