import { join } from 'node:path'
import type { ArchiveWriter } from '../../bigquery/archive-writer.ts'
import { LoadJobs } from '../../bigquery/load/load-jobs.ts'
import { LoadRequests } from '../../bigquery/load/load-requests.ts'
import { LoadWriter } from '../../bigquery/load/load-writer.ts'
import { Staging } from '../../bigquery/load/staging.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { openWriterWith } from './stream-target.ts'

export { create, readRows } from './stream-target.ts'
export const path: string = import.meta.filename

export function openWriter(settings: string): Promise<ArchiveWriter> {
  return openWriterWith(settings, async (tools, warehouse, directory) => {
    const { name: dataset } = warehouse.dataset
    const staging = await Staging.open(join(directory, 'staging'), 128)
    const jobs = new LoadJobs(new LoadRequests(warehouse.dataset), machineTime)
    return new LoadWriter({ ...tools, jobs, staging, dataset, logId: 'test', rangeBytesMax: 1 << 20 })
  })
}
