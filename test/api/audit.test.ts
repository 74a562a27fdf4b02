import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { type AuditFields, AuditTrail, WAITING_MAX } from '../../api/audit.ts'
import { measureApi } from '../../platform/api-metrics.ts'
import { holdsCardNumber } from '../../processors/mask/mask-payment.ts'
import { unmasked } from '../../producers/mask-payment.ts'
import { PaymentProducer } from '../../producers/payment-producer.ts'
import { FRAME_BYTES } from '../../schemas/avro/framing.ts'
import { type AuditEvent, AuditEventReader } from '../../schemas/generated/audit-event.ts'
import { FaultyLog, SkippingClock } from '../producers/faulty-log.ts'

// Goal: while the log is away no caller can fill the memory, and what was done for somebody is written down all the same.
const SCHEMA_ID = 7
const REFUSED = { actor: 'nobody', act: 'payment.confirm', result: '503', reason: 'AUDIT_UNAVAILABLE' }
const DONE = { actor: 'usr-1', role: 'payment.confirm', act: 'payment.confirm', result: '503', reason: 'STREAM_LATE' }
const fields = (more: Omit<AuditFields, 'eventId' | 'eventTime'>): AuditFields => {
  const eventId = randomUUID()
  return { eventId, eventTime: 1_780_315_200_000, requestId: eventId, ...more }
}

/** A trail into a log that holds every append until `gate` resolves, with room for a few events. */
function trailInto(log: FaultyLog) {
  const registry = new Registry()
  const metrics = measureApi(registry, () => null)
  const producer = new PaymentProducer({
    log,
    name: null,
    topic: 'audit.events',
    partitions: 1,
    paymentSchemaId: SCHEMA_ID,
    mask: unmasked,
    clock: new SkippingClock(),
    bufferBytes: 2_000,
  })
  const dropped = async () => {
    const [, count] = /^sluice_api_audit_events_dropped_total (\d+)$/m.exec(await registry.metrics()) ?? []
    return Number(count)
  }
  return { producer, dropped, trail: new AuditTrail(producer, SCHEMA_ID, holdsCardNumber, metrics.auditDropped) }
}

function written(log: FaultyLog): AuditEvent[] {
  const reader = new AuditEventReader()
  return log.records(0).map(({ value }) => {
    // Readers copy in strides of 4, so their buffers have some room behind the value.
    const room = new Uint8Array((value?.length ?? 0) + 64)
    room.set(value ?? [])
    expect(reader.wrap(room, new DataView(room.buffer), FRAME_BYTES, value?.length ?? 0)).toBe(0)
    return reader.toObject()
  })
}

test('SPEC C1: while the log is away refusals wait up to a bound and are counted past it; what was let in is written down', async () => {
  const log = new FaultyLog()
  const opened = Promise.withResolvers<void>()
  log.gate = opened.promise
  const { producer, trail, dropped } = trailInto(log)
  let buffered = 0
  for (;;) {
    trail.record(fields(REFUSED))
    try {
      trail.requireRoom()
      buffered++
    } catch {
      break
    }
  }
  for (let waiting = 1; waiting < WAITING_MAX; waiting++) trail.record(fields(REFUSED))
  expect(await dropped()).toBe(0)
  for (let more = 0; more < 100; more++) trail.record(fields(REFUSED))
  expect(await dropped()).toBe(100)
  // A call that was on its way when the log went.
  trail.record(fields(DONE))
  expect(await dropped()).toBe(100)
  expect(() => trail.requireRoom()).toThrow('calls cannot be written down')

  opened.resolve()
  await producer.close()
  const events = written(log)
  expect(events).toHaveLength(buffered + WAITING_MAX + 1)
  expect(events.at(-1)).toMatchObject(DONE)
  await setImmediate()
  trail.requireRoom()
})

test('SPEC C1: a log that takes nothing in for good drops each event, and each is counted', async () => {
  const log = new FaultyLog()
  log.fault = () => 'disk-full'
  const { producer, trail, dropped } = trailInto(log)
  trail.record(fields(DONE))
  await expect(producer.flush()).rejects.toThrow('free some space')
  for (let calls = 0; calls < 3; calls++) trail.record(fields(REFUSED))
  expect(await dropped()).toBe(3)
  expect(() => trail.requireRoom()).toThrow('calls cannot be written down')
})
