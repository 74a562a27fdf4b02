import { join } from 'node:path'
import { kafkaJava } from '../../stack/kafka/kafka.ts'
import { runProgram } from '../../stack/run-program.ts'
import { runPython } from '../support/python.ts'

/** A record as bytes. */
export interface ForeignRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A record and where it stands. */
export interface PlacedRecord extends ForeignRecord {
  readonly partition: number
  readonly offset: number
}

/** A client of another language: writes with that language's own partitioner, reads at read_committed. */
export interface ForeignClient {
  readonly name: string
  /** Where each record was put, in the order of the records. */
  produce(bootstrap: string, topic: string, records: readonly ForeignRecord[]): Promise<PlacedRecord[]>
  /** Everything that is committed. */
  consume(bootstrap: string, topic: string, partitions: number): Promise<PlacedRecord[]>
}

const WITHIN_MS = 600_000
const here = (file: string) => join(import.meta.dirname, file)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? '', 'hex'))

/** Kafka's own client for Java. */
export const javaClient: ForeignClient = clientOf('Java', java)

/** confluent-kafka for Python with a partitioner of librdkafka's. */
export function pythonClient(partitioner: string): ForeignClient {
  return clientOf(`Python, ${partitioner}`, (args, input) =>
    runPython(here('python_client.py'), args[0] === 'produce' ? [...args, partitioner] : args, input),
  )
}

/** The partition of each key by Kafka's own client for Java. */
export async function javaPartitions(keys: readonly Uint8Array[], partitions: number): Promise<number[]> {
  return linesOf(await java(['partitions', String(partitions)], keys.map((key) => `${hex(key)}\n`).join(''))).map(
    Number,
  )
}

function clientOf(name: string, run: (args: readonly string[], input: string) => Promise<string>): ForeignClient {
  return {
    name,
    produce: async (bootstrap, topic, records) => {
      const input = records.map(({ key, value }) => `${hex(key)} ${hex(value)}\n`).join('')
      const lines = linesOf(await run(['produce', bootstrap, topic], input))
      if (lines.length !== records.length)
        throw new Error(`${name} placed ${lines.length} of ${records.length} records`)
      return records.map((record, i) => {
        const [partition, offset] = (lines[i] ?? '').split(' ').map(Number)
        return { ...record, partition: partition ?? -1, offset: offset ?? -1 }
      })
    },
    consume: async (bootstrap, topic, partitions) =>
      linesOf(await run(['consume', bootstrap, topic, String(partitions)], '')).map((line) => {
        const [partition, offset, key, value] = line.split(' ')
        return { partition: Number(partition), offset: Number(offset), key: bytesOf(key), value: bytesOf(value) }
      }),
  }
}

async function java(args: readonly string[], input: string): Promise<string> {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
  const { tool } = await kafkaJava()
  return output('java', [...tool, '-Xmx256m', quiet, here('JavaClient.java'), ...args], input)
}

async function output(program: string, args: readonly string[], input: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(program, args, { input, withinMs: WITHIN_MS })
  if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}: ${stderr}`)
  return stdout
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
