import type { BigQueryTarget } from '../../bigquery/bigquery-target.ts'
import { TABLES, type TableRow } from '../../bigquery/schema/tables.ts'
import { RowEncoder } from '../../bigquery/storage/row-encoder.ts'
import { rowShape } from '../../bigquery/storage/row-shape.ts'
import { StorageClient } from '../../bigquery/storage/storage-client.ts'

/** Appends rows to the tables of a dataset, by a stream each. */
export async function appendRows(target: BigQueryTarget, rows: readonly TableRow[]): Promise<void> {
  const storage = new StorageClient(target)
  for (const table of TABLES) {
    const encoder = new RowEncoder(table)
    const encoded = rows.filter((one) => one.table === table.name).map(({ row }) => encoder.encode(row))
    if (encoded.length === 0) continue
    const { streamId } = await storage.createStream(table.name)
    const channel = storage.openChannel(table.name, streamId, rowShape(table))
    const outcome = await channel.append(0, encoded)
    if (outcome !== 'appended') throw new Error(`${table.name}: ${outcome}`)
    channel.close()
  }
  await storage.close()
}
