import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskPayment } from '../../processors/mask/mask-payment.ts'
import { unmasked } from '../../producers/mask-payment.ts'
import type { AcknowledgedBatch } from '../../producers/partition-lane.ts'
import { sequenceAfter } from '../../producers/partition-lane.ts'
import { PaymentProducer, type PaymentProducerOptions } from '../../producers/payment-producer.ts'
import { cardPayment, makePerson } from '../../producers/simulator/person.ts'
import { Random } from '../../producers/simulator/random.ts'
import { FRAME_BYTES, readFrame } from '../../schemas/avro/framing.ts'
import { OK } from '../../schemas/avro/scan.ts'
import { type PaymentSubmitted, PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'
import { StreamsError } from '../../streams/errors.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { type Fault, FaultyLog, SkippingClock, type StoredRecord } from './faulty-log.ts'

// Goal: whatever the log does, each record is there, once, in its sender's order, and nobody is told a lie.
// Method: the log port in memory with faults as arguments, and a clock that skips every wait.
const PARTITIONS = 4
const SCHEMA_ID = 9
const person = makePerson('acct-1', new Random('producer test'), 'US')

function payment(number: number, sender = `acct-${number % 7}`): PaymentSubmitted {
  const [shop] = person.merchants
  if (shop === undefined) throw new Error('the person goes nowhere')
  const purchase = { transactionId: `tx-${number}`, eventTimeMs: 1_000 + number, amountMinor: number, merchant: shop }
  return { ...cardPayment(person, { ...purchase, deviceId: null }), senderAccountId: sender }
}

function producerOn(log: FaultyLog, options: Partial<PaymentProducerOptions> = {}): PaymentProducer {
  return new PaymentProducer({
    log,
    name: 'test',
    topic: 'payments.submitted',
    partitions: PARTITIONS,
    paymentSchemaId: SCHEMA_ID,
    mask: unmasked,
    clock: new SkippingClock(),
    ...options,
  })
}

function decoded({ value }: StoredRecord): PaymentSubmitted {
  if (value === null) throw new Error('a tombstone is no payment')
  // Readers copy in strides of 4, so their buffers have some room behind the value.
  const room = new Uint8Array(value.length + 64)
  room.set(value)
  const view = new DataView(room.buffer)
  expect(readFrame(view, 0, value.length)).toBe(SCHEMA_ID)
  const reader = new PaymentSubmittedReader()
  expect(reader.wrap(room, view, FRAME_BYTES, value.length)).toBe(OK)
  return reader.toObject()
}

/** The transaction ids of each sender, in log order. */
function idsBySender(log: FaultyLog): Record<string, string[]> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => log.records(partition))
  return sentBySender(partitions.flat().map(decoded))
}

function sentBySender(payments: readonly PaymentSubmitted[]): Record<string, string[]> {
  const ids: Record<string, string[]> = {}
  for (const { senderAccountId, transactionId } of payments) {
    ids[senderAccountId] = [...(ids[senderAccountId] ?? []), transactionId]
  }
  return ids
}

const payments = Array.from({ length: 200 }, (_, i) => payment(i))

test('SPEC R3: a record is keyed by its sender and stands in the partition that murmur2 names', async () => {
  const log = new FaultyLog()
  await producerOn(log).sendAll(payments)
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const record of log.records(partition)) {
      const key = new TextEncoder().encode(record.key)
      expect(decoded(record).senderAccountId).toBe(record.key)
      expect(partitionOf(key, 0, key.length, PARTITIONS)).toBe(partition)
    }
  }
  expect(idsBySender(log)).toEqual(sentBySender(payments))
})

test('SPEC M1: a payment is masked before its first byte is encoded', async () => {
  const log = new FaultyLog()
  const hmacHex = (message: Uint8Array) => createHmac('sha256', 'a key for this test').update(message).digest('hex')
  const producer = producerOn(log, { mask: (raw) => maskPayment(raw, hmacHex, 'k1') })
  const coordinates = await producer.deliver(payment(1))
  const [record] = log.records(coordinates.partition)
  const bytes = Buffer.from(record?.value ?? new Uint8Array())
  for (const raw of [person.pan, person.cvv, person.name, person.email, person.ip])
    expect(bytes.includes(raw)).toBe(false)
  expect(record && decoded(record).cardToken).toMatch(/^v1:k1:[0-9a-f]{64}$/)
})

test('SPEC M1: a payment that cannot be masked is not sent, and the next one is', async () => {
  const log = new FaultyLog()
  const producer = producerOn(log, {
    mask: (raw) => {
      if (raw.transactionId === 'tx-1') throw new RangeError('cannot be masked')
      return raw
    },
  })
  expect(() => producer.send(payment(1))).toThrow('cannot be masked')
  await expect(producer.deliver(payment(1))).rejects.toThrow('cannot be masked')
  await producer.send(payment(2))
  await producer.flush()
  expect(Object.values(idsBySender(log))).toEqual([['tx-2']])
})

test('payment producer: a foreign producer sends raw values as they are', async () => {
  const log = new FaultyLog()
  const { partition } = await producerOn(log).deliver(payment(1))
  const [record] = log.records(partition)
  expect(record && decoded(record)).toEqual(payment(1))
})

test('payment producer: raw values and tombstones pass untouched', async () => {
  const log = new FaultyLog()
  const producer = producerOn(log, { partitions: 1 })
  await producer.sendValue('acct-é', Uint8Array.of(1, 2, 3))
  await producer.sendValue('acct-2', null)
  await producer.flush()
  expect(log.records(0)).toEqual([
    { key: 'acct-é', value: Uint8Array.of(1, 2, 3) },
    { key: 'acct-2', value: null },
  ])
  expect(() => producer.sendValue('acct-3', new Uint8Array(400_001))).toThrow(RangeError)
})

test('payment producer: deliver tells topic, partition and offset, also within a batch of many', async () => {
  const log = new FaultyLog()
  const producer = producerOn(log)
  const delivered = await Promise.all(payments.slice(0, 50).map((one) => producer.deliver(one)))
  for (const [i, { topic, partition, offset }] of delivered.entries()) {
    const record = log.records(partition)[offset]
    expect(topic).toBe('payments.submitted')
    expect(record && decoded(record).transactionId).toBe(`tx-${i}`)
  }
  expect(producer.counts.acknowledgedBatches).toBeLessThanOrEqual(PARTITIONS)
})

const FAULTS: readonly {
  why: string
  faults: readonly Fault[]
  retries: number
  repeated: number
  resends: boolean
}[] = [
  { why: 'nothing happens', faults: [], retries: 0, repeated: 0, resends: false },
  { why: 'refused three times', faults: ['refused', 'refused', 'refused'], retries: 3, repeated: 0, resends: false },
  { why: 'the answer is lost', faults: ['answer-lost'], retries: 1, repeated: 1, resends: false },
  {
    why: 'lost, refused, lost',
    faults: ['answer-lost', 'refused', 'answer-lost'],
    retries: 3,
    repeated: 1,
    resends: false,
  },
  { why: 'the session is lost before', faults: ['session-lost'], retries: 0, repeated: 0, resends: true },
]

test.each(FAULTS)('SPEC D2: $why: each record is in the log once, in order', async ({ faults, ...expected }) => {
  const log = new FaultyLog()
  const queue = [...faults]
  log.fault = () => queue.shift() ?? 'none'
  const producer = producerOn(log, { partitions: 1 })
  await producer.sendAll(payments)
  expect(log.records(0).map((record) => decoded(record).transactionId)).toEqual(payments.map((p) => p.transactionId))
  expect(producer.counts).toMatchObject({
    acceptedRecords: payments.length,
    acknowledgedRecords: payments.length,
    retries: expected.retries,
    repeatedBatches: expected.repeated,
    resentRecords: expected.resends ? payments.length : 0,
  })
  expect(queue).toEqual([])
})

test('SPEC D2: a retry has the sequence of its first attempt, the next batch the one after', async () => {
  const log = new FaultyLog()
  const queue: Fault[] = ['answer-lost']
  log.fault = () => queue.shift() ?? 'none'
  const producer = producerOn(log, { partitions: 1 })
  await producer.sendAll(payments.slice(0, 30))
  await producer.sendAll(payments.slice(30, 40))
  expect(log.appends.map(({ baseSequence, recordCount }) => [baseSequence, recordCount])).toEqual([
    [0, 30],
    [0, 30],
    [30, 10],
  ])
})

test('SPEC D2: an outcome lost with its session goes again under a new one: the same ids twice, and counted', async () => {
  const log = new FaultyLog()
  const queue: Fault[] = ['session-lost-after']
  log.fault = () => queue.shift() ?? 'none'
  const producer = producerOn(log, { partitions: 1 })
  await producer.sendAll(payments.slice(0, 20))
  const ids = payments.slice(0, 20).map((one) => one.transactionId)
  expect(log.records(0).map((record) => decoded(record).transactionId)).toEqual([...ids, ...ids])
  expect(producer.counts.resentRecords).toBe(20)
  expect(log.appends.map(({ baseSequence, epoch }) => [baseSequence, epoch])).toEqual([
    [0, 0],
    [0, 1],
  ])
})

test('payment producer: a session lost by one partition is renewed once for all', async () => {
  const log = new FaultyLog()
  let lost = false
  log.fault = () => {
    if (lost) return 'none'
    lost = true
    return 'session-lost'
  }
  const producer = producerOn(log)
  await producer.sendAll(payments)
  expect(log.sessionsOpened).toBe(2)
  expect(idsBySender(log)).toEqual(sentBySender(payments))
})

test('property: SPEC D2: with faults that a retry mends, the log is what was sent, whatever the batches', async () => {
  const faults = fc.infiniteStream(fc.constantFrom<Fault>('none', 'none', 'refused', 'answer-lost'))
  const property = fc.asyncProperty(faults, fc.integer({ min: 200, max: 4_000 }), async (stream, batchBytes) => {
    const log = new FaultyLog()
    log.fault = () => stream.next().value ?? 'none'
    const producer = producerOn(log, { batchBytes, bufferBytes: 3 * batchBytes })
    await producer.sendAll(payments)
    expect(idsBySender(log)).toEqual(sentBySender(payments))
  })
  await fc.assert(property, { numRuns: 50 })
})

test('property: SPEC D2: with sessions lost as well, no record is missing, first sights keep their order, repeats are counted', async () => {
  const faults = fc.infiniteStream(
    fc.constantFrom<Fault>('none', 'none', 'none', 'answer-lost', 'session-lost', 'session-lost-after'),
  )
  const property = fc.asyncProperty(faults, fc.integer({ min: 200, max: 4_000 }), async (stream, batchBytes) => {
    const log = new FaultyLog()
    log.fault = () => stream.next().value ?? 'none'
    const producer = producerOn(log, { batchBytes })
    await producer.sendAll(payments)
    const stored = idsBySender(log)
    const firstSights = Object.fromEntries(Object.entries(stored).map(([sender, ids]) => [sender, [...new Set(ids)]]))
    expect(firstSights).toEqual(sentBySender(payments))
    const repeats = Object.values(stored).flat().length - payments.length
    expect(repeats).toBeLessThanOrEqual(producer.counts.resentRecords)
  })
  await fc.assert(property, { numRuns: 50 })
})

test('payment producer: a full buffer makes the caller wait, holds its bound and keeps the order', async () => {
  const log = new FaultyLog()
  const opened = Promise.withResolvers<void>()
  log.gate = opened.promise
  const bufferBytes = 4_000
  const producer = producerOn(log, { partitions: 1, batchBytes: 1_000, bufferBytes })
  const waits: Promise<void>[] = []
  for (const one of payments) {
    const room = producer.send(one)
    if (room !== undefined) waits.push(room)
  }
  expect(waits.length).toBeGreaterThan(150)
  const acceptedWhileFull = producer.counts.acceptedRecords
  expect(acceptedWhileFull + waits.length).toBe(payments.length)
  // A record is about 190 bytes: the buffer holds its bound and at most the record that passed it.
  expect(acceptedWhileFull).toBeLessThan(bufferBytes / 150)
  opened.resolve()
  await Promise.all(waits)
  await producer.close()
  expect(log.records(0).map((record) => decoded(record).transactionId)).toEqual(payments.map((p) => p.transactionId))
})

test('payment producer: while the log is busy its batch grows instead of there being more', async () => {
  const log = new FaultyLog()
  const opened = Promise.withResolvers<void>()
  log.gate = opened.promise
  const clock = new SkippingClock()
  const producer = producerOn(log, { partitions: 1, clock, lingerMs: 1 })
  for (const one of payments.slice(0, 60)) {
    await producer.send(one)
    // Each record would have lingered long enough for a batch of its own.
    await clock.sleepUntil(clock.now() + 5)
    await clock.turn()
  }
  opened.resolve()
  await producer.flush()
  expect(log.appends).toHaveLength(2)
})

test.each(['fenced', 'disk-full'] as const)('payment producer: %s stops it, and everybody is told', async (fault) => {
  const log = new FaultyLog()
  log.fault = () => fault
  const producer = producerOn(log, { partitions: 1, batchBytes: 300, bufferBytes: 600 })
  const waiting = payments.slice(0, 20).map((one) => producer.deliver(one))
  const results = await Promise.allSettled(waiting)
  const code = fault === 'fenced' ? 'PRODUCER_FENCED' : 'DISK_FULL'
  expect(results.map((result) => result.status === 'rejected' && result.reason.code)).toEqual(Array(20).fill(code))
  expect(() => producer.send(payment(1))).toThrow(StreamsError)
  await expect(producer.flush()).rejects.toMatchObject({ code })
  await expect(producer.close()).rejects.toMatchObject({ code })
  expect(log.records(0)).toEqual([])
})

test('payment producer: close drains what waits, and takes nothing more', async () => {
  const log = new FaultyLog()
  const acknowledged: AcknowledgedBatch[] = []
  const producer = producerOn(log, { onAcknowledged: (batch) => acknowledged.push(batch) })
  for (const one of payments) await producer.send(one)
  await producer.close()
  expect(idsBySender(log)).toEqual(sentBySender(payments))
  expect(acknowledged.reduce((sum, batch) => sum + batch.recordCount, 0)).toBe(payments.length)
  expect(() => producer.send(payment(1))).toThrow('closed')
  await producer.close()
})

test('payment producer: close gives up at its deadline and says so', async () => {
  const log = new FaultyLog()
  log.gate = new Promise(() => {})
  const producer = producerOn(log)
  const lost = producer.deliver(payment(1))
  const deadline = new AbortController()
  const closed = producer.close(deadline.signal)
  deadline.abort()
  await expect(closed).rejects.toMatchObject({ code: 'PRODUCER_ABANDONED' })
  await expect(lost).rejects.toMatchObject({ code: 'PRODUCER_ABANDONED' })
})

test('payment producer: sequences are int32 and begin again at 0', () => {
  expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0)
  expect(sequenceAfter(2 ** 31 - 10, 15)).toBe(5)
  expect(sequenceAfter(5, 10)).toBe(15)
})
