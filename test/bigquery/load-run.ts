import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { LoadJobs } from '../../bigquery/load/load-jobs.ts'
import { LoadRequests } from '../../bigquery/load/load-requests.ts'
import type { LoadTools } from '../../bigquery/load/load-tools.ts'
import { LoadWriter } from '../../bigquery/load/load-writer.ts'
import { Staging } from '../../bigquery/load/staging.ts'
import { Warehouse } from '../../bigquery/storage/warehouse.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import type { CrashPoints } from './crash-points.ts'
import { ArchiveRun, type OpenWriter } from './write-run.ts'

/** A range of the stream takes less: only a test of the bound reaches it. */
const RANGE_BYTES_MAX = 64 << 20
const root = mkdtempSync(join(tmpdir(), 'sluice-load-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** By load jobs. */
export class LoadRun extends ArchiveRun {
  rangeBytesMax = RANGE_BYTES_MAX

  async writer(edges: CrashPoints | null = null): Promise<OpenWriter> {
    const warehouse = new Warehouse(this.target)
    const requests = new LoadRequests(warehouse.dataset)
    // A folder of its own: writers of a test that stand side by side are different processes.
    const staging = await Staging.open(mkdtempSync(join(root, 'staging-')), 128)
    const tools: LoadTools = {
      ...this.toolsWith(edges, warehouse),
      jobs: new LoadJobs(
        edges === null ? requests : edges.around(requests, { start: 'start a job', status: 'status' }),
        machineTime,
      ),
      staging,
      dataset: warehouse.dataset.name,
      logId: 'test',
      rangeBytesMax: this.rangeBytesMax,
    }
    const writer = new LoadWriter(tools)
    const close = async () => {
      await writer.close()
      staging.close()
      await warehouse.close()
    }
    return { writer, close }
  }
}
