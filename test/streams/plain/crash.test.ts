import { describe, expect, test } from 'vitest'
import { StreamsError } from '../../../streams/errors.ts'
import { keyValueStore, none, number, text, topic, topology } from '../../../streams/index.ts'
import { type Application, startApplication } from '../../../streams/plain/application.ts'
import { partitionOfKey } from '../../../streams/plain/topic.ts'
import { type FaultPlan, SeededFaults } from '../../../streams/testing/fault-plan.ts'
import { MemoryBroker } from '../../../streams/testing/memory-broker.ts'
import { MemoryCheckpoints } from '../../../streams/testing/memory-checkpoints.ts'
import { MemoryLog } from '../../../streams/testing/memory-log.ts'
import { decodeRecords, encodeRecords } from '../../../streams/testing/plain-records.ts'
import { SeededRandom } from '../../../streams/testing/seeded-random.ts'
import { VirtualClock } from '../../../streams/testing/virtual-clock.ts'

// Goal: a stranger's topology of two processors, with a change of key between them, counts every word once, whatever crashes.
// Method: the real application on a simulated log, with faults and crashes by seed, life after life until all is counted.
// Each word's counts in the log must be 1, 2, 3 ... up to how often it was sent: none lost, doubled, invented or out of order.

const SEEDS = 25
const LINES = 120
const LIVES_MAX = 400
const RATES = { 'crash-before': 0.01, 'crash-after': 0.01, lost: 0.02, unanswered: 0.02, repeated: 0.02, slow: 0.1 }
const WORDS = ['to', 'be', 'or', 'not', 'that', 'is', 'the', 'question']

const lines = topic('lines', { key: none, value: text, partitions: 2 })
const words = topic('words', { key: text, value: none, partitions: 3 })
const counts = topic('counts', { key: text, value: number, partitions: 2 })
const tally = keyValueStore('tally', { key: text, value: number, entriesMax: 100 })

const wordCount = topology('word-count', 1)
  .processor({
    from: lines,
    to: [words],
    process: ({ value }, { forward }) => {
      for (const word of value.split(' ')) forward(words, word, null)
    },
  })
  .processor({
    from: words,
    stores: [tally],
    to: [counts],
    process: ({ key }, { store, forward }) => {
      const count = (store(tally).get(key) ?? 0) + 1
      store(tally).set(key, count)
      forward(counts, key, count)
    },
  })

/** One log, one disk and one clock, on which the application lives and dies. */
class World {
  readonly clock = new VirtualClock(2_000_000_000_000)
  readonly broker = new MemoryBroker(this.clock)
  readonly disk = new MemoryCheckpoints()
  /** By word, how often it was sent. */
  readonly sent = new Map<string, number>()
  crashes = 0

  send(random: SeededRandom): void {
    const settings = {
      partitions: lines.partitions,
      retentionMs: -1,
      retentionBytes: -1,
      writtenBy: 'producers' as const,
    }
    this.broker.createTopics([{ ...settings, topic: lines.name }])
    const producer = this.broker.own('producer')
    const sequences = [0, 0]
    for (let i = 0; i < LINES; i++) {
      const line = Array.from({ length: 1 + random.below(6) }, () => random.pick(WORDS))
      for (const word of line) this.sent.set(word, (this.sent.get(word) ?? 0) + 1)
      const partition = i % 2
      const [batch] = encodeRecords([{ key: null, value: text.encode(line.join(' ')) }])
      if (batch === undefined) throw new Error('nothing encoded')
      this.broker.produce(producer, 1, { topic: lines.name, partition, ...batch }, sequences[partition]!)
      sequences[partition]! += 1
    }
  }

  /** One life, until it crashes or has nothing left to do. */
  async live(faults: FaultPlan): Promise<void> {
    const log = new MemoryLog(this.broker, this.clock, faults)
    const application = await startApplication(wordCount, {
      log,
      checkpoints: this.disk.of(log.process),
      clock: { nowMs: () => this.clock.nowMs(), wait: (delayMs) => log.process.wait(delayMs) },
      logIdOf: async () => 'simulated',
      checkpointIntervalMs: 20,
      checkpointIntervalRecords: 10,
      onSurvived: () => {},
      close: () => log.close(),
    })
    let over = false
    const crashed = application.closed.then(
      () => false,
      () => true,
    )
    void crashed.then(() => {
      over = true
    })
    while (!over && !this.finished(application)) await this.clock.wait(5)
    application.close().catch(() => {})
    if (await crashed) this.crashes++
  }

  private finished(application: Application): boolean {
    return application.running && [lines, words].every((one) => this.isConsumed(one))
  }

  private isConsumed({ name, partitions }: { readonly name: string; readonly partitions: number }): boolean {
    return Array.from({ length: partitions }, (_, partition) => partition).every((partition) => {
      const { endOffset } = this.broker.bounds({ topic: name, partition })
      return this.consumed(`task word-count ${name}-${partition}`) === endOffset
    })
  }

  /** The committed offset; none while a transaction that has ended is still to show its own. */
  private consumed(id: string): number | null {
    try {
      return this.broker.committed(id)?.offset ?? 0
    } catch (error) {
      if (error instanceof StreamsError && error.code === 'UNSTABLE_OFFSET') return null
      throw error
    }
  }

  /** By word, its counts in the order of the log; a word that stands in another partition than its key's is told. */
  counted(): Map<string, number[]> {
    const found = new Map<string, number[]>()
    for (const partition of [0, 1]) {
      for (const { bytes } of this.broker.read({ topic: counts.name, partition }, 0, Number.POSITIVE_INFINITY)) {
        for (const { key, value } of decodeRecords(bytes)) {
          expect(partitionOfKey(counts, key, 0)).toBe(partition)
          const word = text.decode(key)
          found.set(word, [...(found.get(word) ?? []), number.decode(value)])
        }
      }
    }
    return found
  }
}

describe('SPEC X1: a topology of plain records counts every word once', () => {
  const seeds = Array.from({ length: SEEDS }, (_, i) => Number(process.env['SLUICE_TEST_SEED']) + i)
  const totals = { lives: 0, crashes: 0, faults: 0, compared: 0 }

  test.each(seeds)('whatever crashes, seed %i', async (seed) => {
    const random = new SeededRandom(seed)
    const world = new World()
    world.send(random)
    const life = async () => {
      for (let lives = 1; ; lives++) {
        if (lives > LIVES_MAX) throw new Error(`not done after ${LIVES_MAX} lives`)
        const before = world.crashes
        const faults = new SeededFaults(random.fork(), RATES, 20)
        await world.live(faults)
        totals.lives++
        for (const fired of faults.fired.values()) totals.faults += fired
        if (world.crashes === before) return
      }
    }
    await world.clock.run(life())
    totals.crashes += world.crashes
    const expected = [...world.sent].map(([word, times]) => [word, Array.from({ length: times }, (_, i) => i + 1)])
    totals.compared += [...world.sent.values()].reduce((sum, times) => sum + times, 0)
    expect(Object.fromEntries(world.counted())).toEqual(Object.fromEntries(expected))
  })

  test('and the faults did fire', () => {
    process.stdout.write(`plain topologies: ${JSON.stringify(totals)}\n`)
    expect(totals.compared).toBeGreaterThan(SEEDS * LINES)
    expect(totals.crashes).toBeGreaterThan(SEEDS)
    expect(totals.faults).toBeGreaterThan(SEEDS * 10)
  })
})
