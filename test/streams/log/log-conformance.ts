import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Log, LogReader, TaskSession, TopicPartition, TopicSettings } from '../../../streams/log/log.ts'
import { batchOf, recordsIn, type TextRecord } from './text-records.ts'

/** One implementation of the log port, with an empty log for each test. */
export interface LogFixture {
  readonly log: Log
  /** Ends the log and whatever carries it. */
  dispose(): Promise<void>
}

export interface LogUnderTest {
  readonly name: string
  open(): Promise<LogFixture>
  /** What a second session of a living task does: it is refused (one machine) or takes over (a cluster). */
  readonly secondOwner: 'is refused' | 'fences the first'
}

const IN: TopicPartition = { topic: 'in', partition: 0 }
const OUT: TopicPartition = { topic: 'out', partition: 1 }
const TOPICS: readonly TopicSettings[] = [
  { topic: 'in', partitions: 2, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers' },
  { topic: 'out', partitions: 2, retentionMs: -1, retentionBytes: -1, writtenBy: 'tasks' },
]

/** Every record of a partition from `offset` on, and the reader's own word for where it ended. */
async function readAll(log: Log, at: TopicPartition, offset = 0): Promise<TextRecord[]> {
  const reader = log.openReader(at, offset)
  const records: TextRecord[] = []
  try {
    for (;;) {
      const { bytes, nextOffset, endOffset } = await reader.fetch(1 << 20, 0)
      records.push(...recordsIn(bytes).filter((record) => record.offset >= offset))
      if (nextOffset >= endOffset) return records
    }
  } finally {
    reader.close()
  }
}

const textsOf = (records: readonly TextRecord[]) => records.map(({ text }) => text)

async function commit(session: TaskSession, texts: readonly string[], offset: number): Promise<void> {
  session.begin()
  if (texts.length > 0) await session.append([batchOf(OUT, texts)])
  await session.sendOffset({ offset, metadata: `after ${offset}` })
  await session.end()
}

/** The laws that every implementation of the log port keeps. */
export function describeLog({ name, open, secondOwner }: LogUnderTest): void {
  describe(`${name} as a log`, () => {
    let fixture: LogFixture
    let log: Log
    const readers: LogReader[] = []
    const openReader = (at: TopicPartition, offset: number) => {
      const reader = log.openReader(at, offset)
      readers.push(reader)
      return reader
    }

    beforeEach(async () => {
      fixture = await open()
      log = fixture.log
      await log.createTopics(TOPICS)
    })
    afterEach(async () => {
      for (const reader of readers.splice(0)) reader.close()
      await fixture.dispose()
    })

    describe('topics', () => {
      test('creating them again changes nothing; other partitions are refused', async () => {
        await log.createTopics(TOPICS)
        expect((await log.topics()).map(({ topic, partitions }) => [topic, partitions]).sort()).toEqual([
          ['in', 2],
          ['out', 2],
        ])
        const wider = {
          topic: 'in',
          partitions: 3,
          retentionMs: -1,
          retentionBytes: -1,
          writtenBy: 'producers',
        } as const
        await expect(log.createTopics([wider])).rejects.toMatchObject({ next: 'stop', place: { topic: 'in' } })
      })

      test('an unknown one is refused by name', async () => {
        await expect(log.bounds({ topic: 'nowhere', partition: 0 })).rejects.toMatchObject({
          next: 'stop',
          place: { topic: 'nowhere' },
        })
      })
    })

    describe('reading', () => {
      test('gives what was appended, in order, with offsets from 0 and the time of appending', async () => {
        const producer = await log.openProducer(null)
        const first = await producer.append(batchOf(IN, ['a', 'b']), 0)
        const second = await producer.append(batchOf(IN, ['c']), 2)
        const records = await readAll(log, IN)
        expect(records.map(({ offset, text }) => `${offset}${text}`)).toEqual(['0a', '1b', '2c'])
        expect(records.map(({ appendTimeMs }) => appendTimeMs)).toEqual([
          first.appendTimeMs,
          first.appendTimeMs,
          second.appendTimeMs,
        ])
        expect(second.appendTimeMs).toBeGreaterThanOrEqual(first.appendTimeMs)
        expect(await log.bounds(IN)).toEqual({ startOffset: 0, endOffset: 3 })
        expect(await log.bounds({ topic: 'in', partition: 1 })).toEqual({ startOffset: 0, endOffset: 0 })
      })

      test('an offset inside a batch gives that whole batch', async () => {
        const producer = await log.openProducer(null)
        await producer.append(batchOf(IN, ['a', 'b', 'c']), 0)
        await producer.append(batchOf(IN, ['d', 'e']), 3)
        const fetched = await openReader(IN, 1).fetch(1 << 20, 0)
        expect(textsOf(recordsIn(fetched.bytes))).toEqual(['a', 'b', 'c', 'd', 'e'])
        expect(fetched).toMatchObject({ nextOffset: 5, endOffset: 5 })
      })

      test('at least one whole batch comes, however few bytes are asked for', async () => {
        const producer = await log.openProducer(null)
        await producer.append(batchOf(IN, ['a', 'b']), 0)
        await producer.append(batchOf(IN, ['c']), 2)
        const reader = openReader(IN, 0)
        const one = await reader.fetch(1, 0)
        expect(textsOf(recordsIn(one.bytes))).toEqual(['a', 'b'])
        expect(one).toMatchObject({ nextOffset: 2, endOffset: 3 })
        expect(textsOf(recordsIn((await reader.fetch(1, 0)).bytes))).toEqual(['c'])
      })

      test('seek goes back and forth', async () => {
        const producer = await log.openProducer(null)
        for (const [sequence, text] of ['a', 'b', 'c'].entries()) await producer.append(batchOf(IN, [text]), sequence)
        const reader = openReader(IN, 2)
        expect(textsOf(recordsIn((await reader.fetch(1, 0)).bytes))).toEqual(['c'])
        reader.seek(0)
        expect(textsOf(recordsIn((await reader.fetch(1, 0)).bytes))).toEqual(['a'])
        reader.seek(3)
        expect((await reader.fetch(1, 0)).bytes).toHaveLength(0)
      })

      test('a fetch at the end waits for the next batch', async () => {
        const producer = await log.openProducer(null)
        const waiting = openReader(IN, 0).fetch(1 << 20, 10_000)
        await producer.append(batchOf(IN, ['late']), 0)
        expect(textsOf(recordsIn((await waiting).bytes))).toEqual(['late'])
      })

      test('a fetch at the end gives nothing once its time is over', async () => {
        const fetched = await openReader(IN, 0).fetch(1 << 20, 20)
        expect(fetched.bytes).toHaveLength(0)
        expect(fetched).toMatchObject({ nextOffset: 0, endOffset: 0 })
      })

      test('an offset past the end is an error, never a silent reset', async () => {
        await expect(openReader(IN, 7).fetch(1, 0)).rejects.toMatchObject({
          code: 'OFFSET_OUT_OF_RANGE',
          place: { topic: 'in', partition: 0, offset: 7 },
        })
      })

      test('a record of 1 MiB comes back whole', async () => {
        const text = 'x'.repeat(1 << 20)
        const producer = await log.openProducer(null)
        await producer.append(batchOf(IN, [text]), 0)
        await producer.append(batchOf(IN, ['small']), 1)
        const records = await readAll(log, IN)
        expect(records.map((record) => record.text.length)).toEqual([1 << 20, 5])
        expect(records[0]?.text === text).toBe(true)
      })
    })

    describe('producing', () => {
      test('a batch that comes again is stored once and answered with its first offset', async () => {
        const producer = await log.openProducer(null)
        const first = await producer.append(batchOf(IN, ['a', 'b']), 0)
        const again = await producer.append(batchOf(IN, ['a', 'b']), 0)
        expect(again).toEqual({ ...first, repeated: true })
        expect(first.repeated).toBe(false)
        expect(textsOf(await readAll(log, IN))).toEqual(['a', 'b'])
      })

      test('each of the last five batches is recognised', async () => {
        const producer = await log.openProducer(null)
        for (let sequence = 0; sequence < 5; sequence++) await producer.append(batchOf(IN, ['x']), sequence)
        for (let sequence = 0; sequence < 5; sequence++) {
          expect(await producer.append(batchOf(IN, ['x']), sequence)).toMatchObject({
            baseOffset: sequence,
            repeated: true,
          })
        }
      })

      test('a gap in the sequence is refused and stores nothing', async () => {
        const producer = await log.openProducer(null)
        await producer.append(batchOf(IN, ['a']), 0)
        await expect(producer.append(batchOf(IN, ['c']), 2)).rejects.toMatchObject({ next: 'abort' })
        expect(textsOf(await readAll(log, IN))).toEqual(['a'])
      })

      test('batches sent without waiting are stored in the order of the calls', async () => {
        const producer = await log.openProducer(null)
        const texts = Array.from({ length: 40 }, (_, i) => `r${i}`)
        const appended = await Promise.all(
          texts.map((text, sequence) => producer.append(batchOf(IN, [text]), sequence)),
        )
        expect(appended.map(({ baseOffset }) => baseOffset)).toEqual(texts.map((_, i) => i))
        expect(textsOf(await readAll(log, IN))).toEqual(texts)
      })

      test('sequences are counted per partition', async () => {
        const producer = await log.openProducer(null)
        await producer.append(batchOf(IN, ['a']), 0)
        await producer.append(batchOf({ topic: 'in', partition: 1 }, ['b']), 0)
        expect(textsOf(await readAll(log, { topic: 'in', partition: 1 }))).toEqual(['b'])
      })

      test('a name opened again keeps its id and fences the former session at once', async () => {
        const former = await log.openProducer('till')
        await former.append(batchOf(IN, ['a']), 0)
        const current = await log.openProducer('till')
        expect(current.producerId).toBe(former.producerId)
        await expect(former.append(batchOf(IN, ['zombie']), 1)).rejects.toMatchObject({ next: 'fenced' })
        await current.append(batchOf(IN, ['b']), 0)
        expect(textsOf(await readAll(log, IN))).toEqual(['a', 'b'])
      })

      test('producers without a name have nothing to do with each other', async () => {
        const [one, two] = [await log.openProducer(null), await log.openProducer(null)]
        await one.append(batchOf(IN, ['a']), 0)
        await two.append(batchOf(IN, ['b']), 0)
        expect(textsOf(await readAll(log, IN))).toEqual(['a', 'b'])
      })
    })

    describe('a task', () => {
      test('SPEC X1: outputs and offset come together, and nothing of them before', async () => {
        const session = await log.openTask('app', IN)
        expect(await session.committed()).toBeNull()
        session.begin()
        await session.append([batchOf(OUT, ['d1', 'd2']), batchOf({ topic: 'out', partition: 0 }, ['e'])])
        await session.append([batchOf(OUT, ['d3'])])
        await session.sendOffset({ offset: 4, metadata: 'stream time 9' })
        expect(await readAll(log, OUT)).toEqual([])
        expect(await session.committed()).toBeNull()
        await session.end()
        expect(textsOf(await readAll(log, OUT))).toEqual(['d1', 'd2', 'd3'])
        expect(textsOf(await readAll(log, { topic: 'out', partition: 0 }))).toEqual(['e'])
        expect(await session.committed()).toEqual({ offset: 4, metadata: 'stream time 9' })
      })

      test('SPEC X1: an abort leaves nothing, and the next transaction is whole', async () => {
        const session = await log.openTask('app', IN)
        session.begin()
        await session.append([batchOf(OUT, ['never'])])
        await session.sendOffset({ offset: 9, metadata: '' })
        await session.abort()
        expect(await readAll(log, OUT)).toEqual([])
        await commit(session, ['kept'], 1)
        expect(textsOf(await readAll(log, OUT))).toEqual(['kept'])
        expect(await session.committed()).toMatchObject({ offset: 1 })
      })

      test('an offset alone commits, and is what a new session finds', async () => {
        const session = await log.openTask('app', IN)
        await commit(session, [], 5)
        await session.close()
        const next = await log.openTask('app', IN)
        expect(await next.committed()).toEqual({ offset: 5, metadata: 'after 5' })
      })

      test('applications and partitions have offsets of their own', async () => {
        const session = await log.openTask('app', IN)
        await commit(session, ['x'], 5)
        const other = await log.openTask('other', IN)
        const beside = await log.openTask('app', { topic: 'in', partition: 1 })
        expect(await other.committed()).toBeNull()
        expect(await beside.committed()).toBeNull()
      })

      test(`SPEC X3: a second owner of a living task ${secondOwner}`, async () => {
        const first = await log.openTask('app', IN)
        await commit(first, ['x'], 1)
        if (secondOwner === 'is refused') {
          await expect(log.openTask('app', IN)).rejects.toMatchObject({ code: 'OWNER_ALIVE', next: 'fenced' })
          await commit(first, ['y'], 2)
          expect(textsOf(await readAll(log, OUT))).toEqual(['x', 'y'])
        } else {
          await log.openTask('app', IN)
          await expect(commit(first, ['zombie'], 2)).rejects.toMatchObject({ next: 'fenced' })
          expect(textsOf(await readAll(log, OUT))).toEqual(['x'])
        }
      })

      test('after a close the session does nothing more, and the next owner has the task', async () => {
        const first = await log.openTask('app', IN)
        await first.close()
        const second = await log.openTask('app', IN)
        expect(() => first.begin()).toThrow()
        await commit(second, ['y'], 2)
        expect(textsOf(await readAll(log, OUT))).toEqual(['y'])
      })
    })

    test('groups have offsets of their own', async () => {
      const alerts = log.group('alerts')
      expect(await alerts.committed(OUT)).toBeNull()
      await alerts.commit(OUT, { offset: 3, metadata: 'm' })
      expect(await log.group('alerts').committed(OUT)).toEqual({ offset: 3, metadata: 'm' })
      expect(await log.group('archive').committed(OUT)).toBeNull()
    })

    test('SPEC X1: whatever is appended, committed, aborted and repeated, the log holds what was acknowledged', async () => {
      const texts = fc.array(fc.string({ minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })
      const step = fc.oneof(
        fc.record({ kind: fc.constant('produce' as const), texts }),
        fc.record({ kind: fc.constant('repeat' as const), texts }),
        fc.record({ kind: fc.constant('commit' as const), texts }),
        fc.record({ kind: fc.constant('abort' as const), texts }),
      )
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const session = await log.openTask(`app-${run++}`, IN)
          const producer = await log.openProducer(null)
          const before = { in: await readAll(log, IN), out: await readAll(log, OUT) }
          const model = { in: textsOf(before.in), out: textsOf(before.out), offset: 0, sequence: 0 }
          for (const { kind, texts } of steps) {
            if (kind === 'produce' || kind === 'repeat') {
              const sequence = model.sequence
              await producer.append(batchOf(IN, texts), sequence)
              if (kind === 'repeat') await producer.append(batchOf(IN, texts), sequence)
              model.in.push(...texts)
              model.sequence += texts.length
            } else if (kind === 'commit') {
              await commit(session, texts, ++model.offset)
              model.out.push(...texts)
            } else {
              session.begin()
              await session.append([batchOf(OUT, texts)])
              await session.abort()
            }
          }
          expect(textsOf(await readAll(log, IN))).toEqual(model.in)
          expect(textsOf(await readAll(log, OUT))).toEqual(model.out)
          expect((await session.committed())?.offset ?? 0).toBe(model.offset)
          await session.close()
        }),
        { numRuns: 15 },
      )
    })
  })
}
