import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startKafka } from '../../../stack/kafka/kafka.ts'
import { keyValueStore, none, number, text, topic, topology } from '../../../streams/index.ts'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import { run } from '../../../streams/kafka/run.ts'
import type { Application } from '../../../streams/plain/application.ts'
import { followTopic } from '../../../streams/plain/topic-follower.ts'
import { temporaryFolder } from '../../bin/sluice-process.ts'
import { onRealParts, START_MS } from '../../support/real-parts.ts'

// Goal: processes of one topology share its partitions, of every topic that it reads, and hand them over with their state.
// Method: two applications of one group in this process, each of which notes what it worked on.

const WORDS = ['to', 'be', 'or', 'not', 'that', 'is', 'the', 'question']
const ROUNDS = 25

const lines = topic('lines', { key: none, value: text, partitions: 2 })
const words = topic('words', { key: text, value: none, partitions: 2 })
const counts = topic('counts', { key: text, value: number, partitions: 2 })
const tally = keyValueStore('tally', { key: text, value: number, entriesMax: 100 })

/** A word count, and which partitions of which topics it has worked on. */
function counted() {
  const worked = new Set<string>()
  const built = topology('shared', 1)
    .processor({
      from: lines,
      to: [words],
      process: ({ value, partition }, { forward }) => {
        worked.add(`lines-${partition}`)
        for (const word of value.split(' ')) forward(words, word, null)
      },
    })
    .processor({
      from: words,
      stores: [tally],
      to: [counts],
      process: ({ key, partition }, { store, forward }) => {
        worked.add(`words-${partition}`)
        const count = (store(tally).get(key) ?? 0) + 1
        store(tally).set(key, count)
        forward(counts, key, count)
      },
    })
  return { built, worked }
}

const ALL = ['lines-0', 'lines-1', 'words-0', 'words-1']

await onRealParts(['kafka'], 'a topology on Kafka', () => {
  let stop = async () => {}
  let bootstrapServers: readonly string[] = []

  beforeAll(async () => {
    const kafka = await startKafka()
    stop = () => kafka.stop()
    bootstrapServers = kafka.bootstrap
  }, START_MS)
  afterAll(() => stop(), START_MS)

  test('SPEC X3: is shared by two processes, and handed over with its state', { timeout: START_MS }, async () => {
    const directory = temporaryFolder()
    const found: string[] = []
    let wake = () => {}
    const reading = new AbortController()
    const log = new KafkaLog({ kafka: { bootstrapServers, clientId: 'test' } })
    onTestFinished(() => log.close())
    const note = ({ key, value }: { readonly key: string; readonly value: number }) => {
      found.push(`${key} ${value}`)
      wake()
    }
    const start = async (memberName: string) => {
      const { built, worked } = counted()
      const application = await run(built, { directory, memberName, bootstrapServers, handleSignals: false })
      onTestFinished(() => application.close())
      return { application, worked }
    }
    /** Sends every word so many times, and waits until each is counted. */
    const countAll = async ({ application }: { readonly application: Application }) => {
      const expected = found.length + ROUNDS * WORDS.length
      const sent = Array.from({ length: ROUNDS }, () => application.send(lines, null, WORDS.join(' ')))
      await Promise.all(sent)
      while (found.length < expected) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }

    const first = await start('first')
    const following = followTopic(log, counts, 'beginning', note, reading.signal)
    await countAll(first)
    expect([...first.worked].sort()).toEqual(ALL)

    const second = await start('second')
    // Two of four go over at once, one after the other has drained it; what comes meanwhile waits for its owner.
    while (second.worked.size < 2) await countAll(first)
    first.worked.clear()
    second.worked.clear()
    await countAll(first)
    expect([...first.worked, ...second.worked].sort()).toEqual(ALL)
    expect([first.worked.size, second.worked.size]).toEqual([2, 2])

    await first.application.close()
    second.worked.clear()
    await countAll(second)
    expect([...second.worked].sort()).toEqual(ALL)
    expect(second.application.running).toBe(true)

    reading.abort()
    await following
    const sequence = Array.from({ length: found.length / WORDS.length }, (_, i) => i + 1)
    const expected = WORDS.flatMap((word) => sequence.map((count) => `${word} ${count}`))
    expect(found.toSorted()).toEqual(expected.toSorted())
  })
})
