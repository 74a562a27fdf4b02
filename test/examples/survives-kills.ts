import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import { json, none, number, text, topic } from '../../streams/index.ts'
import type { Log } from '../../streams/log/log.ts'
import type { StreamRecord } from '../../streams/plain/read-record.ts'
import { RecordSender } from '../../streams/plain/record-sender.ts'
import type { AnyTopic, Topic } from '../../streams/plain/topic.ts'
import { followTopic } from '../../streams/plain/topic-follower.ts'
import { SeededRandom } from '../../streams/testing/seeded-random.ts'
import type { ExampleProcess } from './example-process.ts'

/** Where an example runs: how it is started, and its log as another process opens it. */
export interface ExampleGround {
  readonly start: () => ExampleProcess
  readonly openLog: () => Promise<Log>
}

/** The embedded log of an example that runs in `directory`. */
export function embeddedLogOf(directory: string): Promise<Log> {
  return openEmbeddedLog({ directory: join(directory, 'log'), clock })
}

/** The same for all that an example writes, in the order of the log. */
export interface Survival<T> {
  readonly kills: number
  readonly found: T
  readonly expected: T
}

/** Records that are sent at once; a share is a multiple of it. */
const BURST = 20

/** Lines that the first life prints before it is killed, the second twice as many, and so on. */
const KILLED_AFTER = 60

const clock = { nowMs: () => Date.now() }

// As the examples declare them.
const lines = topic('lines', { key: none, value: text, partitions: 2 })
const counts = topic('counts', { key: text, value: number, partitions: 2 })
const clicks = topic('clicks', { key: text, value: json<{ atMs: number }>() })
const perMinute = topic('clicks-per-minute', { key: text, value: json<{ minute: string; clicks: number }>() })
const late = topic('late-clicks', { key: text, value: number })

const WORDS = ['to', 'be', 'or', 'not', 'that', 'is', 'the', 'question']

/** Lines sent while the word count is killed; by word its counts, which must be 1, 2, 3 ... */
export async function killWordCount(ground: ExampleGround, kills: number): Promise<Survival<Record<string, number[]>>> {
  const random = new SeededRandom(Number(process.env['SLUICE_TEST_SEED']))
  const sentences = Array.from({ length: 200 * (kills + 1) }, () =>
    Array.from({ length: 1 + random.below(8) }, () => random.pick(WORDS)).join(' '),
  )
  const words = sentences.flatMap((sentence) => sentence.split(' '))
  const send = (sender: RecordSender, at: number) => sender.send(lines, null, sentences[at] as string)
  const records = await killWhileSending(ground, kills, [lines], { send, length: sentences.length }, async (log) =>
    collect(log, counts, words.length),
  )
  const found: Record<string, number[]> = {}
  for (const { key, value } of records) found[key] = [...(found[key] ?? []), value]
  const expected: Record<string, number[]> = {}
  for (const word of words) expected[word] = [...(expected[word] ?? []), (expected[word]?.length ?? 0) + 1]
  return { kills, found, expected }
}

/** Clicks sent while the windowed count is killed; what it says of each, in the order of the clicks. */
export async function killWindowedCount(ground: ExampleGround, kills: number): Promise<Survival<string[]>> {
  const random = new SeededRandom(Number(process.env['SLUICE_TEST_SEED']))
  const sent = Array.from({ length: 300 * (kills + 1) }, (_, i) => ({
    page: random.pick(['home', 'about', 'cart']),
    // A second a click, up to two minutes out of order: many are late.
    atMs: Math.max(0, i - random.below(120)) * 1_000,
  }))
  const send = (sender: RecordSender, at: number) => {
    const { page, atMs } = sent[at] as (typeof sent)[number]
    return sender.send(clicks, page, { atMs })
  }
  const expected = expectedClicks(sent)
  const lates = expected.filter((line) => line.endsWith('late'))
  const found = await killWhileSending(ground, kills, [clicks], { send, length: sent.length }, async (log) => [
    ...(await collect(log, perMinute, sent.length - lates.length)).map(
      ({ key, value }) => `${key} ${value.minute} ${value.clicks}`,
    ),
    ...(await collect(log, late, lates.length)).map(({ key, value }) => `${key} ${value} late`),
  ])
  return { kills, found, expected: [...expected.filter((line) => !line.endsWith('late')), ...lates] }
}

/** By brute force: minutes close ten seconds of stream time after their end. */
function expectedClicks(sent: readonly { readonly page: string; readonly atMs: number }[]): string[] {
  const clicked = new Map<string, number>()
  let streamTimeMs = 0
  return sent.map(({ page, atMs }) => {
    streamTimeMs = Math.max(streamTimeMs, atMs)
    const startMs = atMs - (atMs % 60_000)
    if (startMs + 60_000 + 10_000 <= streamTimeMs) return `${page} ${atMs} late`
    const window = `${page} ${new Date(startMs).toISOString()}`
    clicked.set(window, (clicked.get(window) ?? 0) + 1)
    return `${window} ${clicked.get(window)}`
  })
}

/**
 * Sends everything while the example is killed again and again at moments of its work, lets a last life finish, and ends that
 * one by Ctrl-C.
 */
async function killWhileSending<T>(
  { start, openLog }: ExampleGround,
  kills: number,
  inputs: readonly AnyTopic[],
  input: { readonly send: (sender: RecordSender, at: number) => Promise<unknown>; readonly length: number },
  read: (log: Log) => Promise<T>,
): Promise<T> {
  const log = await openLog()
  try {
    await log.createTopics(
      inputs.map(({ name, partitions }) => ({
        topic: name,
        partitions,
        retentionMs: -1,
        retentionBytes: -1,
        writtenBy: 'producers',
      })),
    )
    const sender = new RecordSender(log, clock)
    const share = input.length / (kills + 1)
    const send = async (from: number, until: number) => {
      for (let at = from; at < until; at += BURST) {
        await Promise.all(Array.from({ length: BURST }, (_, i) => input.send(sender, at + i)))
      }
    }
    for (let life = 0; life < kills; life++) {
      const example = start()
      await send(life * share, life * share + BURST)
      await example.printed(1)
      // It works now, and what is sent from here on reaches it burst by burst: the kill comes while more is on its way.
      const sending = send(life * share + BURST, (life + 1) * share)
      await example.printed(KILLED_AFTER * (life + 1))
      if ((await example.end('SIGKILL')) !== 'SIGKILL') throw new Error('the kill did not kill')
      await sending
    }
    await send(kills * share, input.length)
    const last = start()
    const found = await read(log)
    if ((await last.end('SIGINT')) !== 'SIGINT') throw new Error('Ctrl-C did not drain')
    await sender.close()
    return found
  } finally {
    await log.close()
  }
}

/** So many records of a topic, from its beginning; then for a moment what comes beyond, which should be nothing. */
async function collect<K, V>(log: Log, from: Topic<K, V>, length: number): Promise<StreamRecord<K, V>[]> {
  while (!(await log.topics()).some(({ topic: name }) => name === from.name)) await setTimeout(20)
  const records: StreamRecord<K, V>[] = []
  const enough = new AbortController()
  await followTopic(
    log,
    from,
    'beginning',
    (record) => {
      records.push(record)
      if (records.length >= length) void setTimeout(300).then(() => enough.abort())
    },
    enough.signal,
  )
  return records
}
