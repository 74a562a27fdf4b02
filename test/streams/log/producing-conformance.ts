import { describe, expect, test } from 'vitest'
import type { Log, ProducerSession, TopicPartition } from '../../../streams/log/log.ts'
import { readAll, textsOf } from './read-all.ts'
import { batchOf } from './text-records.ts'

/** Whether a producer's identity outlives its session and a batch may come again, or each session is new and goes forward. */
export type ProducerKind = 'keep names and know repeats' | 'are new and go forward'

/** What a test of producers has: a log, an empty partition of its own, and sessions that are closed after it. */
export interface ProducingTest {
  readonly log: Log
  readonly input: TopicPartition
  openProducer(name: string | null): Promise<ProducerSession>
}

/** The laws of producers' sessions; `on` is asked anew in each test. */
export function describeProducing(on: ProducingTest, kind: ProducerKind): void {
  describe('producing', () => {
    test('a gap in the sequence is refused and stores nothing', async () => {
      const producer = await on.openProducer(null)
      await producer.append(batchOf(on.input, ['a']), 0)
      await expect(producer.append(batchOf(on.input, ['c']), 2)).rejects.toMatchObject({
        code: 'OUT_OF_ORDER_SEQUENCE',
        next: 'abort',
      })
      expect(textsOf(await readAll(on.log, on.input))).toEqual(['a'])
    })

    test('batches sent without waiting are stored in the order of the calls', async () => {
      const producer = await on.openProducer(null)
      const texts = Array.from({ length: 40 }, (_, i) => `r${i}`)
      const appended = await Promise.all(
        texts.map((text, sequence) => producer.append(batchOf(on.input, [text]), sequence)),
      )
      expect(appended.map(({ baseOffset }) => baseOffset)).toEqual(texts.map((_, i) => i))
      expect(textsOf(await readAll(on.log, on.input))).toEqual(texts)
    })

    test('sequences are counted per partition', async () => {
      const producer = await on.openProducer(null)
      await producer.append(batchOf(on.input, ['a']), 0)
      await producer.append(batchOf({ ...on.input, partition: 1 }, ['b']), 0)
      expect(textsOf(await readAll(on.log, { ...on.input, partition: 1 }))).toEqual(['b'])
    })

    test('producers without a name have nothing to do with each other', async () => {
      const [one, two] = [await on.openProducer(null), await on.openProducer(null)]
      await one.append(batchOf(on.input, ['a']), 0)
      await two.append(batchOf(on.input, ['b']), 0)
      expect(textsOf(await readAll(on.log, on.input))).toEqual(['a', 'b'])
    })
  })

  if (kind === 'keep names and know repeats') {
    describe('a producer that keeps its name', () => {
      test('a batch that comes again is stored once and answered with its first offset', async () => {
        const producer = await on.openProducer(null)
        const first = await producer.append(batchOf(on.input, ['a', 'b']), 0)
        const again = await producer.append(batchOf(on.input, ['a', 'b']), 0)
        expect(again).toEqual({ ...first, repeated: true })
        expect(first.repeated).toBe(false)
        expect(textsOf(await readAll(on.log, on.input))).toEqual(['a', 'b'])
      })

      test('each of the last five batches is recognised', async () => {
        const producer = await on.openProducer(null)
        for (let sequence = 0; sequence < 5; sequence++) await producer.append(batchOf(on.input, ['x']), sequence)
        for (let sequence = 0; sequence < 5; sequence++) {
          expect(await producer.append(batchOf(on.input, ['x']), sequence)).toMatchObject({
            baseOffset: sequence,
            repeated: true,
          })
        }
      })

      test('a name opened again keeps its id and fences the former session at once', async () => {
        const former = await on.openProducer('till')
        await former.append(batchOf(on.input, ['a']), 0)
        const current = await on.openProducer('till')
        expect(current.producerId).toBe(former.producerId)
        await expect(former.append(batchOf(on.input, ['zombie']), 1)).rejects.toMatchObject({ next: 'fenced' })
        await current.append(batchOf(on.input, ['b']), 0)
        expect(textsOf(await readAll(on.log, on.input))).toEqual(['a', 'b'])
      })
    })
  } else {
    describe('a producer that is new and goes forward', () => {
      test('refuses a batch that comes again, and stores it once', async () => {
        const producer = await on.openProducer(null)
        await producer.append(batchOf(on.input, ['a', 'b']), 0)
        await expect(producer.append(batchOf(on.input, ['a', 'b']), 0)).rejects.toMatchObject({
          code: 'OUT_OF_ORDER_SEQUENCE',
          next: 'abort',
          place: on.input,
        })
        // What comes next is a new session's: this one is over.
        await expect(producer.append(batchOf(on.input, ['c']), 2)).rejects.toMatchObject({ next: 'abort' })
        expect(textsOf(await readAll(on.log, on.input))).toEqual(['a', 'b'])
      })

      test('has no name', async () => {
        await expect(on.log.openProducer('till')).rejects.toMatchObject({ next: 'stop' })
      })
    })
  }
}
