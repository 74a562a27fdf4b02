import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AbortedTransaction,
  CommittedBatches,
  CorruptBatchError,
} from '../../../streams/kafka/committed-batches.ts'
import * as layout from '../../../streams/record/batch-layout.ts'
import { sealBatch } from '../../../streams/record/batch-seal.ts'
import { RecordBatchWriter } from '../../../streams/record/record-batch-writer.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'

// Goal: from any stretch of a log, cut anywhere and asked for in pieces of any size, come the committed records and no other.
const AT = { topic: 't', partition: 0 }
const ABORT = 0
const COMMIT = 1

interface Identity {
  readonly baseOffset: number
  readonly producerId: number
  readonly transactional: boolean
}

function sealed(bytes: Uint8Array, { baseOffset, producerId, transactional }: Identity): Uint8Array {
  const epoch = producerId < 0 ? -1 : 0
  const seal = { appendTimeMs: -1, producerId, producerEpoch: epoch, baseSequence: epoch }
  sealBatch(bytes, { ...seal, baseOffset, transactional })
  return bytes
}

const data = (texts: readonly string[], identity: Identity) => sealed(batchOf(AT, texts).bytes, identity)

function marker(type: number, identity: Identity): Uint8Array {
  const writer = new RecordBatchWriter()
  writer.open()
  writer.begin(1, Buffer.from([0, 0, 0, type]), 0, 4)
  writer.reserve(6)
  writer.at += 6
  writer.end()
  const bytes = Buffer.from(writer.finish()[0]?.bytes as Uint8Array)
  bytes.writeInt16BE(layout.CONTROL, layout.ATTRIBUTES)
  return sealed(bytes, identity)
}

function zstd(batch: Uint8Array, identity: Identity): Uint8Array {
  const records = zstdCompressSync(batch.subarray(layout.HEADER_BYTES))
  const small = Buffer.concat([batch.subarray(0, layout.HEADER_BYTES), records])
  small.writeInt32BE(small.length - layout.LENGTH_OVERHEAD_BYTES, layout.BATCH_LENGTH)
  small.writeInt16BE(4, layout.ATTRIBUTES)
  return sealed(small, identity)
}

interface WrittenLog {
  readonly batches: readonly Uint8Array[]
  readonly aborted: readonly (AbortedTransaction & { readonly markerOffset: number })[]
  readonly committed: readonly string[]
  readonly endOffset: number
}

type Step = { producer: number; step: 'write' | 'commit' | 'abort'; records: number; codec: boolean }

/** A log as a broker would hold it after the steps of some transactional producers and one without transactions. */
function written(script: readonly Step[]): WrittenLog {
  const batches: Uint8Array[] = []
  const aborted: (AbortedTransaction & { markerOffset: number })[] = []
  const open = new Map<number, { firstOffset: number; texts: Set<string> }>()
  const order: string[] = []
  const visible = new Set<string>()
  let offset = 0
  const end = (producer: number, commit: boolean) => {
    const transaction = open.get(producer)
    if (transaction === undefined) return
    open.delete(producer)
    batches.push(marker(commit ? COMMIT : ABORT, { baseOffset: offset++, producerId: producer, transactional: true }))
    if (commit) for (const text of transaction.texts) visible.add(text)
    else aborted.push({ producerId: producer, firstOffset: transaction.firstOffset, markerOffset: offset - 1 })
  }
  for (const { producer, step, records, codec } of script) {
    const transactional = producer !== 0
    if (step !== 'write') end(producer, step === 'commit')
    else {
      const texts = Array.from({ length: records }, (_, i) => `${offset + i} by ${producer}`)
      const identity = { baseOffset: offset, producerId: transactional ? producer : -1, transactional }
      batches.push(codec ? zstd(batchOf(AT, texts).bytes, identity) : data(texts, identity))
      if (transactional) {
        const transaction = open.get(producer) ?? { firstOffset: offset, texts: new Set<string>() }
        open.set(producer, transaction)
        for (const text of texts) transaction.texts.add(text)
      } else for (const text of texts) visible.add(text)
      order.push(...texts)
      offset += records
    }
  }
  for (const producer of [...open.keys()]) end(producer, producer % 2 === 0)
  // A broker lists aborted transactions as their markers come, not by their first offsets.
  return { batches, aborted, committed: order.filter((text) => visible.has(text)), endOffset: offset }
}

describe('committed batches', () => {
  test('SPEC X1: whatever was written, and however it is cut and asked for', () => {
    const step = fc.record({
      producer: fc.nat(3),
      step: fc.constantFrom('write' as const, 'write' as const, 'commit' as const, 'abort' as const),
      records: fc.integer({ min: 1, max: 4 }),
      codec: fc.boolean(),
    })
    const sizes = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 10 })
    let compared = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), sizes, (script, asked) => {
        const { batches, aborted, committed, endOffset } = written(script)
        const log = Buffer.concat(batches)
        const starts = new Map<number, number>()
        for (let at = 0, i = 0; i < batches.length; at += (batches[i++] as Uint8Array).length) {
          starts.set(
            layout.getInt64(new DataView((batches[i] as Uint8Array).buffer, (batches[i] as Uint8Array).byteOffset), 0),
            at,
          )
        }
        const reader = new CommittedBatches()
        const texts: string[] = []
        let position = 0
        for (let i = 0, fetchBytes = 0; position < endOffset; i++) {
          const from = starts.get(position) as number
          fetchBytes = Math.max(fetchBytes, asked[i % asked.length] as number)
          // A broker lists the transactions that reach into what it sends.
          const reaching = aborted.filter(({ markerOffset }) => markerOffset >= position)
          const filled = reader.fill(log.subarray(from, from + fetchBytes), reaching, position, endOffset)
          // What is too large for the question is asked for again, as large as it is.
          fetchBytes = filled.missingBytes
          while (!reader.empty) {
            const bytes = reader.take(asked[i % asked.length] as number, position)
            texts.push(...recordsIn(bytes).map(({ text }) => text))
          }
          expect(reader.nextOffset).toBe(filled.nextOffset)
          position = filled.nextOffset
        }
        expect(texts).toEqual(committed)
        compared += texts.length
      }),
      { numRuns: 300 },
    )
    process.stdout.write(`committed batches: ${compared} records compared\n`)
    expect(compared).toBeGreaterThan(300)
  })

  const plain = (baseOffset: number) => ({ baseOffset, producerId: -1, transactional: false })
  const one = data(['a', 'b'], plain(0))
  const two = data(['c', 'd'], plain(2))

  test('batches that end before the position are left out; one that holds it comes whole', () => {
    const reader = new CommittedBatches()
    reader.fill(Buffer.concat([one, two]), [], 3, 4)
    expect(recordsIn(reader.take(1 << 20, 3)).map(({ text }) => text)).toEqual(['c', 'd'])
  })

  test('gaps of compaction are no fault', () => {
    const reader = new CommittedBatches()
    expect(reader.fill(Buffer.concat([one, data(['z'], plain(700))]), [], 0, 701).nextOffset).toBe(701)
    expect(recordsIn(reader.take(1 << 20, 0)).map(({ offset }) => offset)).toEqual([0, 1, 700])
  })

  test('decompressed batches stay within what was asked for, at least one', () => {
    const texts = Array.from({ length: 20 }, () => 'x'.repeat(500))
    const batches = [0, 20, 40].map((offset) => zstd(batchOf(AT, texts).bytes, plain(offset)))
    const reader = new CommittedBatches()
    reader.fill(Buffer.concat(batches), [], 0, 60)
    expect([1, 25_000, 25_000].map((maxBytes) => recordsIn(reader.take(maxBytes, 0)).length)).toEqual([20, 40, 0])
  })

  const FLIPS = [
    { name: 'a record', at: layout.HEADER_BYTES + 5 },
    { name: 'the attributes: committed for open, data for control', at: layout.ATTRIBUTES + 1 },
    { name: 'the producer', at: layout.PRODUCER_ID + 7 },
    { name: 'the checksum', at: layout.CRC },
    { name: 'the version', at: layout.MAGIC },
    { name: 'the count', at: layout.RECORD_COUNT + 3 },
    { name: 'the high bytes of the offset', at: layout.BASE_OFFSET + 2 },
    { name: 'the offset behind the end', at: layout.BASE_OFFSET + 6 },
    { name: 'the last offset', at: layout.LAST_OFFSET_DELTA + 2 },
  ]

  test.each(FLIPS)('a flipped bit in $name is never believed', ({ at }) => {
    const bytes = Buffer.concat([one, two])
    bytes[one.length + at] = (bytes[one.length + at] as number) ^ 0x10
    const reader = new CommittedBatches()
    const read = () => {
      reader.fill(bytes, [], 0, 4)
      while (!reader.empty) reader.take(1, 0)
    }
    expect(read).toThrow(CorruptBatchError)
  })

  test('a batch that claims more than any batch has is refused, not asked for', () => {
    const bytes = Buffer.from(one)
    bytes.writeInt32BE(0x7fffff00, layout.BATCH_LENGTH)
    expect(() => new CommittedBatches().fill(bytes, [], 0, 2)).toThrow(CorruptBatchError)
  })
})
