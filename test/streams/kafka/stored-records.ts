import { kafkaTool } from '../../../stack/kafka/tool.ts'

/** One record as Java's consumer printed it. */
export interface PrintedRecord {
  readonly partition: number
  readonly key: string
  readonly value: string
}

/** All records of a topic whose keys and values are text, in the order of each partition, read by Kafka's own consumer. */
export async function storedRecords(bootstrap: string, topic: string): Promise<PrintedRecord[]> {
  const server = ['--bootstrap-server', bootstrap]
  const offsets = await kafkaTool('kafka-get-offsets', [...server, '--topic', topic])
  const count = offsets.stdout
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
  const print = ['print.partition=true', 'print.key=true'].flatMap((one) => ['--property', one])
  const much = ['--from-beginning', '--max-messages', String(count), '--timeout-ms', '60000']
  const read = await kafkaTool('kafka-console-consumer', [...server, '--topic', topic, ...much, ...print])
  const records = read.stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [partition = '', key = '', value = ''] = line.split('\t')
      return { partition: Number(partition.replace('Partition:', '')), key, value }
    })
  if (records.length !== count) throw new Error(`${records.length} of ${count} records were read: ${read.stderr}`)
  return records
}
