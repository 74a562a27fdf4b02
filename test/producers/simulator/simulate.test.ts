import { expect, test } from 'vitest'
import { unmasked } from '../../../producers/mask-payment.ts'
import { sendPaced } from '../../../producers/pacing.ts'
import { PaymentProducer } from '../../../producers/payment-producer.ts'
import { simulate } from '../../../producers/simulator/simulate.ts'
import { FaultyLog, SkippingClock } from '../faulty-log.ts'
import { recordsOf, simulationRun } from './simulation.ts'

// Goal: a scenario reaches the log record by record, with its labels, on time or at once.
function producerOn(log: FaultyLog, clock: SkippingClock): PaymentProducer {
  const topic = 'payments.submitted'
  return new PaymentProducer({ log, name: null, topic, partitions: 12, paymentSchemaId: 7, mask: unmasked, clock })
}

test('simulator: every record of a scenario is in the log once, poison included, with a label row each first sight', async () => {
  const log = new FaultyLog()
  const clock = new SkippingClock()
  const producer = producerOn(log, clock)
  const records = recordsOf('mixed', simulationRun('simulate'), { records: 20_000, people: 2_000 })
  let labels = ''
  const sent = await simulate(records, {
    producer,
    clock,
    onTime: false,
    writeLabels: (rows) => {
      labels += rows
    },
  })
  await producer.close()
  expect(sent).toBe(records.length)
  const stored = [...log.partitions.values()].flat()
  expect(stored.map((record) => record.key).sort()).toEqual(records.map((record) => record.key).sort())
  expect(stored.filter((record) => record.value === null)).toHaveLength(
    records.filter((record) => record.payment === null && record.value === null).length,
  )
  expect(labels.split('\n').length - 1).toBe(records.filter((record) => record.label.listed).length)
})

test('simulator: on time, no record goes before it is due, and a slow receiver moves no intended time', async () => {
  const clock = new SkippingClock()
  const startMs = clock.now()
  const sentMs: number[] = []
  const due = [0, 10, 10, 50, 51, 200]
  await sendPaced(due, {
    dueMs: (afterMs) => startMs + afterMs,
    send: (afterMs) => {
      sentMs.push(clock.now() - startMs)
      // The receiver needs 100 ms for the one at 10.
      return afterMs === 10 && sentMs.length === 2 ? clock.sleepUntil(clock.now() + 100) : undefined
    },
    clock,
  })
  expect(sentMs).toEqual([0, 10, 110, 110, 110, 200])
})

test('simulator: an aborted sending stops between two records and says how many went', async () => {
  const clock = new SkippingClock()
  const stop = new AbortController()
  const send = (item: number) => {
    if (item === 3) stop.abort()
    return undefined
  }
  expect(await sendPaced([1, 2, 3, 4, 5], { dueMs: null, send, clock, signal: stop.signal })).toBe(3)
})
