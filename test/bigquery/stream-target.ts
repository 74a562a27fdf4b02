import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { ArchiveWriter } from '../../bigquery/archive-writer.ts'
import type { BigQueryTarget } from '../../bigquery/bigquery-target.ts'
import type { AnyRow, TableName } from '../../bigquery/schema/tables.ts'
import { StreamWriter } from '../../bigquery/storage/stream-writer.ts'
import { Warehouse } from '../../bigquery/storage/warehouse.ts'
import type { WriterTools } from '../../bigquery/storage/writer-tools.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { BigQueryDouble } from './double/bigquery-double.ts'

const LOG_BYTES_MAX = 64 << 20

/** The double and the log outlive the child that writes. */
export interface StreamSettings {
  readonly target: BigQueryTarget
  readonly directory: string
}

export const path: string = import.meta.filename
export { openStreamWriter as openWriter }

let double: Promise<BigQueryDouble> | null = null

export async function create(root: string): Promise<string> {
  double ??= BigQueryDouble.start()
  const target = (await double).createArchive()
  const settings: StreamSettings = { target, directory: mkdtempSync(join(root, 'log-')) }
  return JSON.stringify(settings)
}

export function openStreamWriter(settings: string): Promise<ArchiveWriter> {
  return openWriterWith(settings, async (tools) => new StreamWriter(tools))
}

/** A writer over the log and the dataset that the settings name; its close ends both. */
export async function openWriterWith(
  settings: string,
  make: (tools: WriterTools, warehouse: Warehouse, directory: string) => Promise<ArchiveWriter>,
): Promise<ArchiveWriter> {
  const { target, directory }: StreamSettings = JSON.parse(settings)
  const log = await openEmbeddedLog({ directory, clock: machineTime, bytesMax: LOG_BYTES_MAX })
  await log.createTopics(topicSettings({ logBytesMax: LOG_BYTES_MAX, retentionMs: 86_400_000 }))
  const warehouse = new Warehouse(target)
  const tools = {
    log,
    applicationId: 'sluice-archive-test',
    warehouse,
    deadLetters: async () => [],
    onRefused: () => {},
  }
  const writer = await make(tools, warehouse, directory)
  const close = writer.close.bind(writer)
  writer.close = async () => {
    await close()
    await warehouse.close()
    await log.close()
  }
  return writer
}

export async function readRows(settings: string): Promise<ReadonlyMap<TableName, readonly AnyRow[]>> {
  const { target }: StreamSettings = JSON.parse(settings)
  return (await double!).tables.rowsOf(target.dataset)
}
