import { StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import type { BigQueryTarget } from '../bigquery-target.ts'
import { DatasetClient } from '../dataset/dataset-client.ts'
import { type ArchiveEvidence, tableMissing } from '../position/rows-ahead.ts'
import { type StandingTable, tableChanges } from '../schema/table-resource.ts'
import { TABLES } from '../schema/tables.ts'
import type { AppendChannel } from './append-channel.ts'
import type { RowShape } from './row-shape.ts'
import { type MadeStream, StorageClient } from './storage-client.ts'
import type { WriteStreams } from './table-stream.ts'

/** Both of BigQuery's APIs, as the writers want them. One for a process: connections are few. */
export class Warehouse implements WriteStreams, ArchiveEvidence {
  readonly dataset: DatasetClient
  private readonly storage: StorageClient

  constructor(target: BigQueryTarget) {
    this.dataset = new DatasetClient(target)
    this.storage = new StorageClient(target)
  }

  createStream(table: string): Promise<MadeStream> {
    return this.storage.createStream(table)
  }

  finalizeStream(table: string, streamId: string): Promise<number | null> {
    return this.storage.finalizeStream(table, streamId)
  }

  openChannel(table: string, streamId: string, shape: RowShape): AppendChannel {
    return this.storage.openChannel(table, streamId, shape)
  }

  table(name: string): Promise<StandingTable | null> {
    return this.dataset.table(name)
  }

  rowsFrom(table: string, at: TopicPartition, offset: number): Promise<number> {
    return this.dataset.rowsFrom(table, at, offset)
  }

  async requireTable(name: string): Promise<StandingTable> {
    const standing = await this.dataset.table(name)
    if (standing === null) throw tableMissing(name)
    const { added, refused } = tableChanges(TABLES.find((table) => table.name === name)!, standing)
    if (refused.length > 0)
      throw new StreamsError('BIGQUERY_SCHEMA', 'stop', `${refused.join('; ')}; make a new dataset`)
    if (added.length === 0) return standing
    const what = `the table ${name} lacks ${added.join(', ')}; \`sluice archive init --bigquery\` adds them, and rows go on from the committed offset`
    throw new StreamsError('BIGQUERY_SCHEMA', 'stop', what)
  }

  close(): Promise<void> {
    return this.storage.close()
  }
}
