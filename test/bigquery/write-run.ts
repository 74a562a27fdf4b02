import type { ArchiveWriter, RowBatch } from '../../bigquery/archive-writer.ts'
import type { BigQueryTarget } from '../../bigquery/bigquery-target.ts'
import { refusalLetters } from '../../bigquery/dead-letters.ts'
import { StreamWriter } from '../../bigquery/storage/stream-writer.ts'
import { Warehouse } from '../../bigquery/storage/warehouse.ts'
import type { WriterTools } from '../../bigquery/storage/writer-tools.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import { MemoryBroker } from '../../streams/testing/memory-broker.ts'
import { MemoryLog } from '../../streams/testing/memory-log.ts'
import { batchOf, type Digests, digestsOf, expectedDigests, STREAM } from './archived-stream.ts'
import type { CrashPoints } from './crash-points.ts'
import type { BigQueryDouble } from './double/bigquery-double.ts'

const CLOCK = { nowMs: () => Date.now(), wait: (delayMs: number) => new Promise<void>((go) => setTimeout(go, delayMs)) }
const LOG_BYTES_MAX = 64 << 20
export const RECORDS = 24

/** A writer as a process of its own has it. */
export interface OpenWriter {
  readonly writer: ArchiveWriter
  close(): Promise<void>
}

/** One archive on the double and one log, with any number of writers one after the other. */
export abstract class ArchiveRun {
  readonly double: BigQueryDouble
  readonly target: BigQueryTarget
  readonly broker: MemoryBroker
  /** Codes of the errors that ended writers. */
  readonly failures: string[] = []
  readonly refused: string[] = []

  /** Of its own, or on the archive and the log of another run. */
  constructor(double: BigQueryDouble, beside: ArchiveRun | null = null) {
    this.double = double
    this.target = beside?.target ?? double.createArchive()
    this.broker = beside?.broker ?? new MemoryBroker(CLOCK)
    if (beside !== null) return
    const settings = topicSettings({ logBytesMax: LOG_BYTES_MAX, retentionMs: 86_400_000 })
    this.broker.createTopics(settings)
  }

  /** What a writer asks goes past `edges`. */
  abstract writer(edges?: CrashPoints | null): OpenWriter | Promise<OpenWriter>

  /** Archives the stream as the archiver does: from where the archive stands, and again with a new writer after an error. */
  async archive({
    records = RECORDS,
    stretch = 6,
    flushEvery = 4,
    attempts = 6,
    partitions = STREAM,
  }: Partial<Cut> & { readonly attempts?: number } = {}): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { writer, close } = await this.writer()
      try {
        await archiveWith(writer, { records, stretch, flushEvery, partitions })
        return
      } catch (error) {
        if (!(error instanceof StreamsError) || error.next === 'fenced') throw error
        this.failures.push(error.code)
        if (error.next === 'stop') throw error
      } finally {
        await close()
      }
    }
    throw new Error(`not archived after ${attempts} attempts: ${this.failures.join(', ')}`)
  }

  found(): Digests {
    const rows = this.double.tables.rowsOf(this.target.dataset)
    return digestsOf((table) => rows.get(table) ?? [])
  }

  expected(records = RECORDS, partitions = STREAM): Digests {
    return expectedDigests(records, partitions)
  }

  protected toolsWith(edges: CrashPoints | null, warehouse: Warehouse): WriterTools {
    const memory = new MemoryLog(this.broker, CLOCK)
    return {
      log: edges === null ? memory : loggedPast(memory, edges),
      applicationId: 'sluice-archive-test',
      warehouse: edges === null ? warehouse : warehousePast(warehouse, edges),
      deadLetters: (at, refusals) => refusalLetters(memory, LETTERS, at, refusals),
      onRefused: (at, refusals) => {
        for (const { table, offset, column, rule } of refusals)
          this.refused.push(`${at.topic} ${offset} ${table}.${column}: ${rule}`)
      },
    }
  }
}

/** By the Storage Write API. */
export class WriteRun extends ArchiveRun {
  writer(edges: CrashPoints | null = null): { readonly writer: StreamWriter; close(): Promise<void> } {
    const warehouse = new Warehouse(this.target)
    const writer = new StreamWriter(this.toolsWith(edges, warehouse))
    const close = async () => {
      await writer.close()
      await warehouse.close()
    }
    return { writer, close }
  }
}

const LETTERS = { schemaId: 5, semanticsVersion: 1, hashOf: () => '0'.repeat(32) }

interface Cut {
  readonly records: number
  readonly stretch: number
  readonly flushEvery: number
  readonly partitions?: readonly TopicPartition[]
}

/** Partitions side by side, as the archiver has them; a flush comes between their batches. */
export async function archiveWith(
  writer: ArchiveWriter,
  { records, stretch, flushEvery, partitions = STREAM }: Cut,
): Promise<void> {
  const positions = new Map<TopicPartition, number>()
  for (const at of partitions) positions.set(at, (await writer.begin(at)) ?? 0)
  for (let round = 1; [...positions.values()].some((position) => position < records); round++) {
    const batches: RowBatch[] = []
    for (const at of partitions) {
      const from = positions.get(at)!
      const next = Math.min(from + stretch, records)
      if (next > from) batches.push(batchOf(at, from, next, Date.now()))
      positions.set(at, next)
    }
    for (const batch of batches) await writer.append(batch)
    if (round % flushEvery === 0) await writer.flush()
  }
  await writer.flush()
}

function loggedPast(log: Log, edges: CrashPoints): Pick<Log, 'openTask'> {
  const steps = {
    committed: 'committed',
    append: 'dead letters',
    sendOffset: 'send offset',
    end: 'end',
    close: 'close',
  }
  return {
    openTask: async (applicationId, input) => {
      const session = await edges.pass('open task', () => log.openTask(applicationId, input))
      return edges.around(session, steps)
    },
  }
}

function warehousePast(warehouse: Warehouse, edges: CrashPoints): Warehouse {
  const steps = {
    createStream: 'create',
    finalizeStream: 'finalize',
    table: 'table',
    rowsFrom: 'count',
    requireTable: 'table',
  }
  const past = edges.around(warehouse, steps)
  return new Proxy(past, {
    get: (target, name) => {
      if (name !== 'openChannel') return Reflect.get(target, name) as unknown
      const open: Warehouse['openChannel'] = (table, streamId, shape) =>
        edges.around(warehouse.openChannel(table, streamId, shape), { append: 'append' })
      return open
    },
  })
}
