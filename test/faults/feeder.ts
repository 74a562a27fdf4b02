/** A process that appends a mixed stream to the input, and tells its parent what was acknowledged. */
import { machineClock } from '../../producers/clock.ts'
import { unmasked } from '../../producers/mask-payment.ts'
import { PaymentProducer } from '../../producers/payment-producer.ts'
import { SCHEMA_IDS } from '../support/payments-driver.ts'
import { createChainTopics, INPUT, openChainLog, PARTITIONS } from './chain.ts'
import { mixedStream, type StreamSettings } from './mixed-stream.ts'
import { tell } from './tell.ts'

/** What a feeder is asked to do: the stream from record `from` on, in batches of about `batchBytes`. */
export interface FeederOrder {
  readonly folder: string
  readonly stream: StreamSettings
  readonly from: number
  readonly batchBytes: number
}

/** One line from a feeder. `numbers` are the records' places in the stream, in the order of their offsets. */
export type FeederLine = {
  readonly kind: 'acked'
  readonly partition: number
  readonly baseOffset: number
  readonly numbers: readonly number[]
  /** Since the first record of the batch was handed over. */
  readonly tookMs: number
}

const order = JSON.parse(process.argv[2] ?? '') as FeederOrder
const log = await openChainLog(order.folder)
await createChainTopics(log)
const waiting: { readonly number: number; readonly sentMs: number }[][] = Array.from({ length: PARTITIONS }, () => [])
const producer = new PaymentProducer({
  log,
  name: 'feeder',
  topic: INPUT,
  partitions: PARTITIONS,
  paymentSchemaId: SCHEMA_IDS.payment,
  mask: unmasked,
  clock: machineClock,
  batchBytes: order.batchBytes,
  onAcknowledged: ({ partition, baseOffset, recordCount }) => {
    const acked = waiting[partition]?.splice(0, recordCount) ?? []
    const tookMs = performance.now() - (acked[0]?.sentMs ?? 0)
    tell({ kind: 'acked', partition, baseOffset, numbers: acked.map(({ number }) => number), tookMs } as FeederLine)
  },
})
for (const [number, { key, value, partition }] of mixedStream(order.stream).entries()) {
  if (number < order.from) continue
  waiting[partition]?.push({ number, sentMs: performance.now() })
  await producer.sendValue(key, value)
}
await producer.close()
await log.close()
