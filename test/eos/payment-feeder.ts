/**
 * A process that sends the payment stream when it is due, and writes what it tries to a history: each record before it is handed
 * over, then what became of it. SIGTERM ends it once everything is acknowledged; kill -9 leaves records whose outcome nobody knows.
 */
import { createHash } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { openClusterTarget } from '../../bin/runtime/payment-target.ts'
import { INPUT_TOPIC } from '../../bin/runtime/session.ts'
import { readConfig } from '../../platform/config.ts'
import { machineClock } from '../../producers/clock.ts'
import { unmasked } from '../../producers/mask-payment.ts'
import { sendPaced } from '../../producers/pacing.ts'
import { PaymentProducer } from '../../producers/payment-producer.ts'
import { type PaymentStreamRecord, type PaymentStreamSettings, paymentStream } from './payment-stream.ts'

/** What a feeder is asked to do: the stream from record `from` on. */
export interface FeederOrder {
  readonly stream: PaymentStreamSettings
  readonly from: number
  /** The file that the history is appended to. */
  readonly history: string
}

const order = JSON.parse(process.argv[2] ?? '') as FeederOrder
const ending = new AbortController()
process.once('SIGTERM', () => ending.abort())
const target = await openClusterTarget(readConfig())
const [maskKey] = target.folder.keys.maskKeys
if (maskKey === undefined) throw new RangeError('there is a mask key')
const history = openSync(order.history, 'a')
const tell = (line: object) => writeSync(history, `${JSON.stringify(line)}\n`)
const waiting: number[][] = Array.from({ length: order.stream.partitions }, () => [])
const producer = new PaymentProducer({
  log: target.log,
  name: null,
  topic: INPUT_TOPIC,
  partitions: order.stream.partitions,
  paymentSchemaId: target.ids.payment,
  mask: unmasked,
  clock: machineClock,
  onAcknowledged: ({ partition, baseOffset, recordCount }) => {
    const numbers = waiting[partition]?.splice(0, recordCount) ?? []
    for (const [i, n] of numbers.entries()) tell({ type: 'ok', n, offset: baseOffset + i })
  },
})

let number = 0
/** Numbers its records over all lives of the feeder; leaves out those that an earlier one has handed over. */
function* remaining(): Generator<PaymentStreamRecord> {
  for (const record of paymentStream(order.stream, maskKey!)) {
    if (number >= order.from) yield record
    number++
  }
}

function send({ key, value, partition, transactionId }: PaymentStreamRecord): Promise<void> | undefined {
  const sha256 = value === null ? null : createHash('sha256').update(value).digest('hex')
  tell({ type: 'invoke', n: number, partition, key, id: transactionId, sha256 })
  waiting[partition]?.push(number)
  try {
    return producer.sendValue(key, value)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    waiting[partition]?.pop()
    tell({ type: 'fail', n: number })
    return undefined
  }
}

process.stdout.write('sending\n')
await sendPaced(remaining(), { dueMs: ({ dueMs }) => dueMs, send, clock: machineClock, signal: ending.signal })
await producer.close()
await target.close()
process.stdout.write(`sent ${number}\n`)
