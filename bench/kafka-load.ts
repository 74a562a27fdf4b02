import { RecordBatchReader } from '../streams/record/record-batch-reader.ts'
import { type ForeignInputOptions, foreignInput } from './foreign-input.ts'
import { INPUT, openLog } from './kafka-ground.ts'
import { RawProducer } from './raw-producer.ts'

/**
 * Makes the foreign input (see foreign-input.ts) and appends it to the input topic, each record in the partition of its key, in a
 * process of its own. Arguments: bootstrap, partitions, options as JSON. Sends `Loaded`.
 */
export interface Loaded {
  readonly records: number
  readonly bytes: number
}

const IN_FLIGHT = 4

async function load(bootstrap: string, partitions: number, options: ForeignInputOptions): Promise<Loaded> {
  const { fetches, records, bytes } = foreignInput(options)
  const log = openLog(bootstrap)
  const producer = new RawProducer(log, INPUT, partitions)
  const batch = new RecordBatchReader()
  for (const fetch of fetches) {
    const view = new DataView(fetch.buffer, fetch.byteOffset, fetch.byteLength)
    for (let at = 0; at < fetch.length; at = batch.end) {
      if (batch.open(fetch, view, at, fetch.length) !== 'ok') throw new Error('the input is no batches')
      while (batch.next()) {
        const { timestampMs, keyAt, keyLength, valueAt, valueLength } = batch
        const key = fetch.subarray(keyAt, keyAt + keyLength)
        if (!producer.put(timestampMs, key, fetch.subarray(valueAt, valueAt + valueLength))) continue
        await producer.settle(IN_FLIGHT)
        await producer.send()
      }
    }
  }
  await producer.send()
  await producer.settle()
  await log.close()
  return { records, bytes }
}

const [bootstrap = '', partitions, options = '{}'] = process.argv.slice(2)
const loaded = await load(bootstrap, Number(partitions), JSON.parse(options) as ForeignInputOptions)
process.send?.(loaded, () => process.disconnect())
