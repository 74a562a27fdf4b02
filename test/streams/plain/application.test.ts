import { beforeEach, describe, expect, test } from 'vitest'
import { keyValueStore, none, number, text, topic, topology } from '../../../streams/index.ts'
import { type Application, startApplication } from '../../../streams/plain/application.ts'
import { type FaultPlan, NO_FAULTS } from '../../../streams/testing/fault-plan.ts'
import { MemoryBroker } from '../../../streams/testing/memory-broker.ts'
import { MemoryCheckpoints } from '../../../streams/testing/memory-checkpoints.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { VirtualClock } from '../../../streams/testing/virtual-clock.ts'

// Goal: what an application does at its edges: sending, following, ending, and starting again with another setting.

const input = topic('input', { key: text, value: number })
const sums = topic('sums', { key: text, value: number })

function sum({ entriesMax = 100, version = 1 } = {}) {
  const totals = keyValueStore('totals', { key: text, value: number, entriesMax })
  return topology('sum', version).processor({
    from: input,
    stores: [totals],
    to: [sums],
    process: ({ key, value }, { store, forward }) => {
      const total = (store(totals).get(key) ?? 0) + value
      store(totals).set(key, total)
      forward(sums, key, total)
    },
  })
}

let clock: VirtualClock
let broker: MemoryBroker
let disk: MemoryCheckpoints
/** Topics of the errors that the application went on after. */
let survived: unknown[]

beforeEach(() => {
  clock = new VirtualClock(2_000_000_000_000)
  broker = new MemoryBroker(clock)
  disk = new MemoryCheckpoints()
  survived = []
})

function start(built = sum(), faults: FaultPlan = NO_FAULTS): Promise<Application> {
  const log = new MemoryLog(broker, clock, faults)
  return startApplication(built, {
    log,
    checkpoints: disk.of(log.process),
    clock,
    logIdOf: async () => 'test',
    checkpointIntervalMs: 1_000_000,
    checkpointIntervalRecords: 1_000_000,
    onSurvived: ({ place }) => void survived.push(place.topic),
    close: () => log.close(),
  })
}

/** Every record of `sums` so far, once there are so many. */
async function followed(application: Application, length: number): Promise<string[]> {
  const found: string[] = []
  application.follow(sums, ({ key, value }) => void found.push(`${key} ${value}`), 'beginning')
  while (found.length < length) await clock.wait(1)
  return found
}

describe('an application', () => {
  test('sends in the order of the calls, each record to one place', async () => {
    await clock.run(
      (async () => {
        const application = await start()
        const places = await Promise.all([1, 2, 3].map((value) => application.send(input, 'a', value)))
        expect(places.map(({ offset }) => offset)).toEqual([0, 1, 2])
        expect((await application.send(input, 'b', 1)).offset).toBe(3)
        expect(await followed(application, 4)).toEqual(['a 1', 'a 3', 'a 6', 'b 1'])
        await application.close()
      })(),
    )
  })

  test('refuses a record when too many wait, and keeps those that do', async () => {
    await clock.run(
      (async () => {
        const application = await start()
        const sent = Array.from({ length: 10_001 }, () => application.send(input, 'a', 1))
        await expect(sent.pop()).rejects.toMatchObject({ code: 'SEND_FULL', next: 'retry' })
        expect((await Promise.all(sent)).at(-1)?.offset).toBe(9_999)
        await application.close()
      })(),
    )
  })

  test('ends when asked, and sends nothing after that', async () => {
    await clock.run(
      (async () => {
        const application = await start()
        const sending = application.send(input, 'a', 1)
        await application.close()
        await sending
        await expect(application.send(input, 'a', 1)).rejects.toMatchObject({ code: 'APPLICATION_CLOSED' })
        expect([application.closing, application.running]).toEqual([true, false])
        expect(broker.bounds({ topic: 'input', partition: 0 }).endOffset).toBe(1)
      })(),
    )
  })

  test('stops at the bound of a store, and goes on without loss after a start with a larger one', async () => {
    await clock.run(
      (async () => {
        const small = await start(sum({ entriesMax: 2 }))
        for (const [key, value] of [
          ['a', 1],
          ['b', 2],
          ['a', 3],
          ['c', 4],
          ['b', 5],
        ] as const) {
          void small.send(input, key, value)
        }
        await expect(small.closed).rejects.toMatchObject({ code: 'STORE_FULL', place: { topic: 'input', offset: 3 } })
        const large = await start()
        expect(await followed(large, 5)).toEqual(['a 1', 'b 2', 'a 4', 'c 4', 'b 7'])
        await large.close()
      })(),
    )
  })

  test('of another version folds its state anew, and goes on where the former ended', async () => {
    await clock.run(
      (async () => {
        const former = await start()
        await former.send(input, 'a', 1)
        await followed(former, 1)
        await former.close()
        expect([...disk.files.keys()]).toEqual(['input-0-0000000000000001.checkpoint'])
        const next = await start(sum({ version: 2 }))
        await next.send(input, 'a', 1)
        expect(await followed(next, 2)).toEqual(['a 1', 'a 2'])
        await next.close()
      })(),
    )
  })

  test('goes on following when nobody has served a fetch for a while', async () => {
    let fetches = 0
    // Tasks and followers fetch in turns, so every third strikes both.
    const meet: FaultPlan['meet'] = (step) => ({
      fault: step === 'fetch' && ++fetches % 3 === 0 ? 'lost' : null,
      delayMs: 0,
    })
    await clock.run(
      (async () => {
        const application = await start(sum(), { meet })
        const following = followed(application, 20)
        for (let i = 0; i < 20; i++) await application.send(input, 'a', 1)
        expect(await following).toEqual(Array.from({ length: 20 }, (_, i) => `a ${i + 1}`))
        await application.close()
      })(),
    )
    expect(survived).toContain('sums')
  })

  test('ends with the error of what follows it', async () => {
    await clock.run(
      (async () => {
        const application = await start()
        application.follow(sums, () => {
          throw new Error('no room for this')
        })
        await application.send(input, 'a', 1)
        await expect(application.closed).rejects.toThrow('no room for this')
      })(),
    )
  })

  test('refuses a topic that has another number of partitions', async () => {
    await clock.run(start().then((application) => application.close()))
    const wider = topic('input', { key: none, value: number, partitions: 2 })
    const other = topology('other', 1).processor({ from: wider, process: () => {} })
    await expect(start(other)).rejects.toMatchObject({ code: 'PARTITIONS_DIFFER' })
  })
})
