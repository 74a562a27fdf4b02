import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BatchSeal, requireFinishedBatch, sealBatch } from '../../../streams/record/batch-seal.ts'
import { RecordBatchReader } from '../../../streams/record/record-batch-reader.ts'
import { RecordBatchWriter } from '../../../streams/record/record-batch-writer.ts'
import { encodeHeaders } from '../../../streams/record/record-headers.ts'
import { kafkajsDecode, kafkajsEncode } from './kafkajs-codec.ts'

// Goal: what we write, Kafka's format has, byte for byte; what is damaged is never handed out as a record.
// Method: the writer against kafkajs' encoder and decoder on arbitrary records; the reader on every damaged byte.

interface TestRecord {
  readonly timestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [string, Uint8Array])[]
}

const NO_PRODUCER: BatchSeal = {
  baseOffset: 0,
  appendTimeMs: -1,
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  transactional: false,
}

function write(writer: RecordBatchWriter, { timestampMs, key, value, headers }: TestRecord): void {
  writer.begin(timestampMs, key ?? new Uint8Array(0), 0, key === null ? -1 : key.length)
  if (value === null) {
    writer.endNull()
    return
  }
  writer.reserve(value.length)
  writer.bytes.set(value, writer.at)
  writer.at += value.length
  if (headers.length === 0) writer.end()
  else writer.endWithHeaders(encodeHeaders(headers))
}

function writeAll(records: readonly TestRecord[], writer: RecordBatchWriter = new RecordBatchWriter(4096)) {
  writer.open()
  for (const record of records) write(writer, record)
  return writer.finish()
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Every record of one batch as values, or the status that stopped it. */
function readAll(bytes: Uint8Array, reader: RecordBatchReader = new RecordBatchReader()) {
  const status = reader.open(bytes, viewOf(bytes), 0, bytes.length)
  const records: TestRecord[] = []
  if (status !== 'ok') return { status, records, malformed: false }
  while (reader.next()) {
    const field = (at: number, length: number) => (length < 0 ? null : bytes.slice(at, at + length))
    const record = {
      timestampMs: reader.timestampMs,
      key: field(reader.keyAt, reader.keyLength),
      value: field(reader.valueAt, reader.valueLength),
      headers: [] as [string, Uint8Array][],
    }
    while (reader.nextHeader()) {
      const key = bytes.slice(reader.headerKeyAt, reader.headerKeyAt + reader.headerKeyLength)
      const value = bytes.slice(reader.headerValueAt, reader.headerValueAt + reader.headerValueLength)
      record.headers.push([new TextDecoder().decode(key), value])
    }
    records.push(record)
  }
  return { status, records, malformed: reader.malformed }
}

const bytesUpTo = (maxLength: number) => fc.uint8Array({ maxLength })
const LONG_VALUES = [63, 64, 65, 8_190, 8_191, 8_192, 9_000, 70_000].map((length) => new Uint8Array(length).fill(7))
const anyRecord: fc.Arbitrary<TestRecord> = fc
  .record({
    timestampMs: fc.integer({ min: 1_600_000_000_000, max: 1_800_000_000_000 }),
    key: fc.option(bytesUpTo(80)),
    value: fc.option(fc.oneof(bytesUpTo(300), fc.constantFrom(...LONG_VALUES))),
    headers: fc.uniqueArray(
      // A digit in front would make the reference, which keeps headers in an object, reorder them.
      fc.tuple(
        fc.string({ maxLength: 80 }).map((key) => `h${key}`),
        bytesUpTo(80),
      ),
      { maxLength: 3, selector: ([key]) => key },
    ),
  })
  .map((record) => (record.value === null ? { ...record, headers: [] } : record))
const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 20 })

describe('record batch writer', () => {
  test('writes the bytes that kafkajs writes for the same records', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.boolean(), async (records, transactional) => {
        const [batch] = writeAll(records)
        if (batch === undefined) throw new Error('no batch')
        const seal = { baseOffset: 2 ** 40 + 3, producerId: 2 ** 33 + 1, producerEpoch: 7, baseSequence: 4_000 }
        sealBatch(batch.bytes, { ...seal, appendTimeMs: -1, transactional })
        const times = records.map((record) => record.timestampMs)
        const [firstTimestamp = 0] = times
        const reference = await kafkajsEncode(
          {
            ...seal,
            firstSequence: seal.baseSequence,
            transactional,
            firstTimestamp,
            maxTimestamp: Math.max(...times),
          },
          records.map(({ key, value, timestampMs, headers }, offsetDelta) => ({
            offsetDelta,
            timestampDelta: timestampMs - firstTimestamp,
            key: key === null ? null : Buffer.from(key),
            value: value === null ? null : Buffer.from(value),
            headers: Object.fromEntries(headers.map(([name, header]) => [name, Buffer.from(header)])),
          })),
        )
        expect(Buffer.from(batch.bytes).equals(reference)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  test('kafkajs reads an appended batch: offsets, the log time for each record, producer fields', async () => {
    const [batch] = writeAll([
      { timestampMs: 5_000, key: new Uint8Array([1]), value: new Uint8Array([2]), headers: [] },
      { timestampMs: 4_000, key: null, value: null, headers: [] },
    ])
    if (batch === undefined) throw new Error('no batch')
    sealBatch(batch.bytes, { ...NO_PRODUCER, baseOffset: 100, appendTimeMs: 9_000, producerId: 5, producerEpoch: 1 })
    const decoded = await kafkajsDecode(batch.bytes)
    expect(decoded).toMatchObject({ firstOffset: '100', maxTimestamp: '9000', producerId: '5', producerEpoch: 1 })
    expect(decoded.records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      ['100', '9000'],
      ['101', '9000'],
    ])
  })

  test('golden bytes of one small batch', () => {
    const [batch] = writeAll([
      { timestampMs: 1_700_000_000_000, key: Buffer.from('k'), value: Buffer.from('v1'), headers: [] },
      { timestampMs: 1_700_000_000_001, key: null, value: Buffer.from('v2'), headers: [['h', Buffer.from('x')]] },
    ])
    if (batch === undefined) throw new Error('no batch')
    sealBatch(batch.bytes, { ...NO_PRODUCER, baseOffset: 16, producerId: 1, producerEpoch: 2, baseSequence: 3 })
    expect(Buffer.from(batch.bytes).toString('hex')).toBe(
      [
        '0000000000000010 00000048 ffffffff 02 d73e4093 0000 00000001', // offset, length, epoch, magic, CRC, attributes
        '0000018bcfe56800 0000018bcfe56801 0000000000000001 0002 00000003 00000002', // times, producer, count
        '12 00 00 00 02 6b 04 7631 00', // length, attributes, time and offset deltas, key, value, headers
        '18 00 02 02 01 04 7632 02 02 68 02 78',
      ]
        .join('')
        .replaceAll(' ', ''),
    )
  })

  test('what is written is read back, over as many batches as the limits ask for', () => {
    fc.assert(
      fc.property(
        anyRecords,
        fc.integer({ min: 100, max: 2_000 }),
        fc.integer({ min: 1, max: 6 }),
        (records, bytesMax, recordsMax) => {
          const batches = writeAll(records, new RecordBatchWriter(4096, { bytesMax, recordsMax }))
          const read = batches.map(({ bytes, recordCount }) => {
            requireFinishedBatch(bytes, recordCount)
            sealBatch(bytes, NO_PRODUCER)
            const batch = readAll(bytes)
            expect(batch).toMatchObject({ status: 'ok', malformed: false })
            expect(batch.records.length).toBe(recordCount)
            if (recordCount > 1) expect(bytes.length).toBeLessThanOrEqual(bytesMax)
            expect(recordCount).toBeLessThanOrEqual(recordsMax)
            return batch.records
          })
          expect(read.flat()).toEqual(
            records.map((record) => ({ ...record, key: record.key && Uint8Array.from(record.key) })),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  test.each([0, 1, 63, 64, 8_191, 8_192, 1_048_576])('a value of %i bytes keeps its length', (length) => {
    const value = new Uint8Array(length).map((_, i) => i)
    const [batch] = writeAll([{ timestampMs: 1, key: Buffer.from('key'), value, headers: [] }])
    if (batch === undefined) throw new Error('no batch')
    sealBatch(batch.bytes, NO_PRODUCER)
    const { records } = readAll(batch.bytes)
    expect(Buffer.from(records[0]?.value ?? []).equals(value)).toBe(true)
  })

  test('a cancelled record leaves nothing, also when it was the only one', () => {
    const writer = new RecordBatchWriter(4096)
    const kept: TestRecord = { timestampMs: 1, key: null, value: new Uint8Array([1]), headers: [] }
    writer.open()
    writer.begin(9, new Uint8Array(0), 0, -1)
    writer.cancel()
    expect(writer.empty).toBe(true)
    write(writer, kept)
    writer.begin(9, new Uint8Array(0), 0, -1)
    writer.cancel()
    const [batch, ...rest] = writer.finish()
    if (batch === undefined) throw new Error('no batch')
    sealBatch(batch.bytes, NO_PRODUCER)
    expect(rest).toEqual([])
    expect(readAll(batch.bytes).records).toEqual([kept])
  })
})

describe('record batch reader', () => {
  const records: TestRecord[] = [
    { timestampMs: 10, key: Buffer.from('a'), value: Buffer.from('first'), headers: [['h', Buffer.from('1')]] },
    { timestampMs: 12, key: null, value: Buffer.alloc(200, 1), headers: [] },
    { timestampMs: 11, key: Buffer.from('b'), value: null, headers: [] },
  ]
  function sealed(): Uint8Array {
    const [batch] = writeAll(records)
    if (batch === undefined) throw new Error('no batch')
    sealBatch(batch.bytes, { ...NO_PRODUCER, baseOffset: 50, producerId: 9, producerEpoch: 1, baseSequence: 4 })
    return batch.bytes.slice()
  }

  test('gives the header as numbers', () => {
    const reader = new RecordBatchReader()
    const bytes = sealed()
    expect(reader.open(bytes, viewOf(bytes), 0, bytes.length)).toBe('ok')
    expect(reader).toMatchObject({ baseOffset: 50, nextOffset: 53, recordCount: 3, end: bytes.length })
    expect(reader).toMatchObject({ producerId: 9, producerEpoch: 1, baseSequence: 4, appendTimeMs: -1 })
  })

  test('a batch behind another one is found at its end', () => {
    const one = sealed()
    const two = Buffer.concat([one, one])
    const reader = new RecordBatchReader()
    expect(reader.open(two, viewOf(two), 0, two.length)).toBe('ok')
    expect(reader.open(two, viewOf(two), reader.end, two.length)).toBe('ok')
    expect(reader.end).toBe(two.length)
  })

  test('every cut of the tail is truncated', () => {
    const bytes = sealed()
    for (let end = 0; end < bytes.length; end++) {
      expect(new RecordBatchReader().open(bytes, viewOf(bytes), 0, end), `cut at ${end}`).toBe('truncated')
    }
  })

  test('a flip of any bit that the checksum covers is found', () => {
    for (let at = 17; at < sealed().length; at++) {
      const bytes = sealed()
      bytes[at] = (bytes[at] as number) ^ (1 << (at & 7))
      expect(readAll(bytes).status, `byte ${at}`).toBe('bad-crc')
    }
  })

  const STATUSES = [
    { why: 'older formats have other magic', change: (v: DataView) => v.setUint8(16, 1), status: 'bad-magic' },
    { why: 'a length below the header', change: (v: DataView) => v.setInt32(8, 48), status: 'malformed' },
    { why: 'a negative length', change: (v: DataView) => v.setInt32(8, -1), status: 'malformed' },
    { why: 'gzip', change: (v: DataView) => v.setInt16(21, 1), status: 'compressed' },
    { why: 'a transaction marker', change: (v: DataView) => v.setInt16(21, 0x30), status: 'control' },
    { why: 'a negative count', change: (v: DataView) => v.setInt32(57, -1), status: 'malformed' },
    { why: 'more records than offsets', change: (v: DataView) => v.setInt32(23, 1), status: 'malformed' },
  ] as const
  test.each(STATUSES)('$why is $status', ({ change, status }) => {
    const bytes = sealed()
    change(viewOf(bytes))
    expect(readAll(withCrc(bytes)).status).toBe(status)
  })

  test('a control batch gives no record, and is whole', () => {
    const bytes = sealed()
    viewOf(bytes).setInt16(21, 0x20)
    const reader = new RecordBatchReader()
    expect(reader.open(withCrc(bytes), viewOf(bytes), 0, bytes.length)).toBe('control')
    expect(reader.next()).toBe(false)
    expect(reader).toMatchObject({ malformed: false, end: bytes.length })
    expect(reader.nextOffset).toBe(reader.baseOffset + reader.recordCount)
  })

  test('whatever a valid checksum covers, no position leaves the batch', () => {
    const anyDamage = fc.array(
      fc.tuple(fc.integer({ min: 61, max: sealed().length - 1 }), fc.integer({ min: 0, max: 255 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    const reader = new RecordBatchReader()
    fc.assert(
      fc.property(anyDamage, (damage) => {
        const bytes = sealed()
        for (const [at, byte] of damage) bytes[at] = byte
        // The same batch with other bytes behind it must read the same: nothing out there counts.
        const followed = Buffer.concat([withCrc(bytes), Buffer.alloc(64, 0x7f)])
        expect(reader.open(followed, viewOf(followed), 0, bytes.length)).toBe('ok')
        while (reader.next()) {
          expect(reader.keyAt + Math.max(reader.keyLength, 0)).toBeLessThanOrEqual(bytes.length)
          expect(reader.valueAt + Math.max(reader.valueLength, 0)).toBeLessThanOrEqual(bytes.length)
          expect(reader.offset).toBeLessThan(reader.nextOffset)
          while (reader.nextHeader()) {
            expect(reader.headerValueAt + Math.max(reader.headerValueLength, 0)).toBeLessThanOrEqual(bytes.length)
          }
        }
      }),
      { numRuns: 3_000 },
    )
  })

  const MALFORMED = [
    {
      why: 'fewer records than counted',
      change: (v: DataView) => {
        v.setInt32(57, 4)
        v.setInt32(23, 3)
      },
    },
    { why: 'more records than counted', change: (v: DataView) => v.setInt32(57, 2) },
    { why: 'a record longer than the batch', change: (v: DataView) => v.setUint8(61, 0x7e) },
    { why: 'a header count without headers', change: (v: DataView) => v.setUint8(v.byteLength - 1, 2) },
  ]
  test.each(MALFORMED)('$why is malformed', ({ change }) => {
    const bytes = sealed()
    change(viewOf(bytes))
    expect(readAll(withCrc(bytes))).toMatchObject({ status: 'ok', malformed: true })
  })

  /** Recomputes the checksum, keeping every other byte. */
  function withCrc(bytes: Uint8Array): Uint8Array {
    const view = viewOf(bytes)
    const attributes = view.getInt16(21)
    sealBatch(bytes, { ...NO_PRODUCER, baseOffset: 50, transactional: (attributes & 0x10) !== 0 })
    return bytes
  }
})
