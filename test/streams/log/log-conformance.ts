import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type {
  Log,
  LogReader,
  ProducerSession,
  TaskSession,
  TopicPartition,
  TopicSettings,
} from '../../../streams/log/log.ts'
import { describeProducing, type ProducerKind } from './producing-conformance.ts'
import { readAll, textsOf } from './read-all.ts'
import { batchOf, recordsIn } from './text-records.ts'

/** One implementation of the log port, as one process has it open. */
export interface LogFixture {
  readonly log: Log
  /** Resolves once all that has ended can be read: on a cluster that is a moment after the end. */
  settled?(partitions: readonly TopicPartition[]): Promise<void>
  /** Closes the log and whatever carries it for this test alone. */
  dispose(): Promise<void>
}

export interface LogUnderTest {
  readonly name: string
  open(): Promise<LogFixture>
  /** What a second session of a living task does: it is refused (one machine) or takes over (a cluster). */
  readonly secondOwner: 'is refused' | 'fences the first'
  readonly producers: ProducerKind
}

/** The laws that every implementation of the log port keeps. */
export function describeLog({ name, open, secondOwner, producers }: LogUnderTest): void {
  const knowsRepeats = producers === 'keep names and know repeats'
  describe(`${name} as a log`, () => {
    let fixture: LogFixture
    let log: Log
    // Topics, applications and groups of each test are its own: a cluster is shared by all of them.
    let tests = 0
    let own = ''
    let topics: readonly TopicSettings[] = []
    let input: TopicPartition
    let output: TopicPartition
    const readers: LogReader[] = []
    const sessions: ProducerSession[] = []
    const openProducer = async (producer: string | null) => {
      const session = await log.openProducer(producer)
      sessions.push(session)
      return session
    }
    const readEnded = async (at: TopicPartition) => {
      await fixture.settled?.([at])
      return readAll(log, at)
    }
    const commit = async (session: TaskSession, texts: readonly string[], offset: number) => {
      session.begin()
      if (texts.length > 0) await session.append([batchOf(output, texts)])
      await session.sendOffset({ offset, metadata: `after ${offset}` })
      await session.end()
    }
    const openReader = (at: TopicPartition, offset: number) => {
      const reader = log.openReader(at, offset)
      readers.push(reader)
      return reader
    }

    beforeEach(async () => {
      fixture = await open()
      log = fixture.log
      own = `test-${++tests}`
      input = { topic: `in-${own}`, partition: 0 }
      output = { topic: `out-${own}`, partition: 1 }
      topics = [
        { topic: input.topic, partitions: 2, retentionMs: -1, retentionBytes: -1, writtenBy: 'producers' },
        { topic: output.topic, partitions: 2, retentionMs: -1, retentionBytes: -1, writtenBy: 'tasks' },
      ]
      await log.createTopics(topics)
    })
    afterEach(async () => {
      for (const reader of readers.splice(0)) reader.close()
      for (const session of sessions.splice(0)) await session.close().catch(() => {})
      await fixture.dispose()
    })

    describe('topics', () => {
      test('creating them again changes nothing; other partitions are refused', async () => {
        await log.createTopics(topics)
        const found = (await log.topics()).filter(({ topic }) => topic.endsWith(`-${own}`))
        expect(found.map(({ topic, partitions }) => [topic, partitions]).sort()).toEqual([
          [input.topic, 2],
          [output.topic, 2],
        ])
        const wider = { ...(topics[0] as TopicSettings), partitions: 3 }
        await expect(log.createTopics([wider])).rejects.toMatchObject({ next: 'stop', place: { topic: input.topic } })
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
        const producer = await openProducer(null)
        const first = await producer.append(batchOf(input, ['a', 'b']), 0)
        const second = await producer.append(batchOf(input, ['c']), 2)
        const records = await readAll(log, input)
        expect(records.map(({ offset, text }) => `${offset}${text}`)).toEqual(['0a', '1b', '2c'])
        expect(records.map(({ appendTimeMs }) => appendTimeMs)).toEqual([
          first.appendTimeMs,
          first.appendTimeMs,
          second.appendTimeMs,
        ])
        expect(second.appendTimeMs).toBeGreaterThanOrEqual(first.appendTimeMs)
        expect(await log.bounds(input)).toEqual({ startOffset: 0, endOffset: 3 })
        expect(await log.bounds({ ...input, partition: 1 })).toEqual({ startOffset: 0, endOffset: 0 })
      })

      test('an offset inside a batch gives that whole batch', async () => {
        const producer = await openProducer(null)
        await producer.append(batchOf(input, ['a', 'b', 'c']), 0)
        await producer.append(batchOf(input, ['d', 'e']), 3)
        const fetched = await openReader(input, 1).fetch(1 << 20, 0)
        expect(textsOf(recordsIn(fetched.bytes))).toEqual(['a', 'b', 'c', 'd', 'e'])
        expect(fetched).toMatchObject({ nextOffset: 5, endOffset: 5 })
      })

      test('at least one whole batch comes, however few bytes are asked for', async () => {
        const producer = await openProducer(null)
        await producer.append(batchOf(input, ['a', 'b']), 0)
        await producer.append(batchOf(input, ['c']), 2)
        const reader = openReader(input, 0)
        const one = await reader.fetch(1, 0)
        expect(textsOf(recordsIn(one.bytes))).toEqual(['a', 'b'])
        expect(one).toMatchObject({ nextOffset: 2, endOffset: 3 })
        expect(textsOf(recordsIn((await reader.fetch(1, 0)).bytes))).toEqual(['c'])
      })

      test('seek goes back and forth', async () => {
        const producer = await openProducer(null)
        for (const [sequence, text] of ['a', 'b', 'c'].entries())
          await producer.append(batchOf(input, [text]), sequence)
        const reader = openReader(input, 2)
        expect(textsOf(recordsIn((await reader.fetch(1, 0)).bytes))).toEqual(['c'])
        reader.seek(0)
        expect(textsOf(recordsIn((await reader.fetch(1, 0)).bytes))).toEqual(['a'])
        reader.seek(3)
        expect((await reader.fetch(1, 0)).bytes).toHaveLength(0)
      })

      test('a fetch at the end waits for the next batch', async () => {
        const producer = await openProducer(null)
        const waiting = openReader(input, 0).fetch(1 << 20, 10_000)
        await producer.append(batchOf(input, ['late']), 0)
        expect(textsOf(recordsIn((await waiting).bytes))).toEqual(['late'])
      })

      test('a fetch at the end gives nothing once its time is over', async () => {
        const fetched = await openReader(input, 0).fetch(1 << 20, 20)
        expect(fetched.bytes).toHaveLength(0)
        expect(fetched).toMatchObject({ nextOffset: 0, endOffset: 0 })
      })

      test('an offset past the end is an error, never a silent reset', async () => {
        await expect(openReader(input, 7).fetch(1, 0)).rejects.toMatchObject({
          code: 'OFFSET_OUT_OF_RANGE',
          place: { ...input, offset: 7 },
        })
      })

      test('a record of 1 MiB comes back whole', async () => {
        const text = 'x'.repeat(1 << 20)
        const producer = await openProducer(null)
        await producer.append(batchOf(input, [text]), 0)
        await producer.append(batchOf(input, ['small']), 1)
        const records = await readAll(log, input)
        expect(records.map((record) => record.text.length)).toEqual([1 << 20, 5])
        expect(records[0]?.text === text).toBe(true)
      })
    })

    describeProducing(
      {
        get log() {
          return log
        },
        get input() {
          return input
        },
        openProducer,
      },
      producers,
    )

    describe('a task', () => {
      test('SPEC X1: outputs and offset come together, and nothing of them before', async () => {
        const session = await log.openTask(own, input)
        expect(await session.committed()).toBeNull()
        session.begin()
        await session.append([batchOf(output, ['d1', 'd2']), batchOf({ ...output, partition: 0 }, ['e'])])
        await session.append([batchOf(output, ['d3'])])
        await session.sendOffset({ offset: 4, metadata: 'stream time 9' })
        expect(await readAll(log, output)).toEqual([])
        expect(await session.committed()).toBeNull()
        await session.end()
        expect(textsOf(await readEnded(output))).toEqual(['d1', 'd2', 'd3'])
        expect(textsOf(await readEnded({ ...output, partition: 0 }))).toEqual(['e'])
        expect(await session.committed()).toEqual({ offset: 4, metadata: 'stream time 9' })
      })

      test('SPEC X1: an abort leaves nothing, and the next transaction is whole', async () => {
        const session = await log.openTask(own, input)
        session.begin()
        await session.append([batchOf(output, ['never'])])
        await session.sendOffset({ offset: 9, metadata: '' })
        await session.abort()
        expect(await readEnded(output)).toEqual([])
        await commit(session, ['kept'], 1)
        expect(textsOf(await readEnded(output))).toEqual(['kept'])
        expect(await session.committed()).toMatchObject({ offset: 1 })
      })

      test('an offset alone commits, and is what a new session finds', async () => {
        const session = await log.openTask(own, input)
        await commit(session, [], 5)
        await session.close()
        const next = await log.openTask(own, input)
        expect(await next.committed()).toEqual({ offset: 5, metadata: 'after 5' })
      })

      test('applications and partitions have offsets of their own', async () => {
        const session = await log.openTask(own, input)
        await commit(session, ['x'], 5)
        const other = await log.openTask(`${own}-other`, input)
        const beside = await log.openTask(own, { ...input, partition: 1 })
        expect(await other.committed()).toBeNull()
        expect(await beside.committed()).toBeNull()
      })

      test(`SPEC X3: a second owner of a living task ${secondOwner}`, async () => {
        const first = await log.openTask(own, input)
        await commit(first, ['x'], 1)
        if (secondOwner === 'is refused') {
          await expect(log.openTask(own, input)).rejects.toMatchObject({ code: 'OWNER_ALIVE', next: 'fenced' })
          await commit(first, ['y'], 2)
          expect(textsOf(await readEnded(output))).toEqual(['x', 'y'])
        } else {
          await log.openTask(own, input)
          await expect(commit(first, ['zombie'], 2)).rejects.toMatchObject({ next: 'fenced' })
          expect(textsOf(await readEnded(output))).toEqual(['x'])
        }
      })

      test('after a close the session does nothing more, and the next owner has the task', async () => {
        const first = await log.openTask(own, input)
        await first.close()
        const second = await log.openTask(own, input)
        expect(() => first.begin()).toThrow()
        await commit(second, ['y'], 2)
        expect(textsOf(await readEnded(output))).toEqual(['y'])
      })
    })

    test('groups have offsets of their own', async () => {
      const alerts = log.group(`${own}-alerts`)
      expect(await alerts.committed(output)).toBeNull()
      await alerts.commit(output, { offset: 3, metadata: 'm' })
      expect(await log.group(`${own}-alerts`).committed(output)).toEqual({ offset: 3, metadata: 'm' })
      expect(await log.group(`${own}-archive`).committed(output)).toBeNull()
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
          const session = await log.openTask(`${own}-${run++}`, input)
          const producer = await openProducer(null)
          const before = { in: await readAll(log, input), out: await readEnded(output) }
          const model = { in: textsOf(before.in), out: textsOf(before.out), offset: 0, sequence: 0 }
          for (const { kind, texts } of steps) {
            if (kind === 'produce' || kind === 'repeat') {
              const sequence = model.sequence
              await producer.append(batchOf(input, texts), sequence)
              if (kind === 'repeat' && knowsRepeats) await producer.append(batchOf(input, texts), sequence)
              model.in.push(...texts)
              model.sequence += texts.length
            } else if (kind === 'commit') {
              await commit(session, texts, ++model.offset)
              model.out.push(...texts)
            } else {
              session.begin()
              await session.append([batchOf(output, texts)])
              await session.abort()
            }
          }
          expect(textsOf(await readAll(log, input))).toEqual(model.in)
          expect(textsOf(await readEnded(output))).toEqual(model.out)
          expect((await session.committed())?.offset ?? 0).toBe(model.offset)
          await session.close()
        }),
        { numRuns: 15 },
      )
    })
  })
}
