import type { BigQueryTarget } from '../../../bigquery/bigquery-target.ts'
import { tableResource } from '../../../bigquery/schema/table-resource.ts'
import { TABLES } from '../../../bigquery/schema/tables.ts'
import { DoubleFaults } from './double-faults.ts'
import { DoubleLoads } from './double-loads.ts'
import { DoubleRest } from './double-rest.ts'
import { DoubleStorage } from './double-storage.ts'
import { DoubleTables } from './double-tables.ts'

/** BigQuery in this process, as far as the archive needs it: both APIs on ports of their own, with faults to order. */
export class BigQueryDouble {
  readonly tables: DoubleTables = new DoubleTables()
  readonly faults: DoubleFaults = new DoubleFaults()
  readonly storage: DoubleStorage = new DoubleStorage(this.tables, this.faults)
  readonly loads: DoubleLoads = new DoubleLoads(this.tables)
  private readonly rest = new DoubleRest(this.tables, this.faults, this.loads)
  private standIn = { url: '', storage: '' }
  private datasets = 0

  static async start(): Promise<BigQueryDouble> {
    const double = new BigQueryDouble()
    const [rest, storage] = await Promise.all([double.rest.listen(), double.storage.listen()])
    double.standIn = { url: `http://127.0.0.1:${rest}`, storage: `127.0.0.1:${storage}` }
    return double
  }

  /** A new dataset with every table. */
  createArchive(): BigQueryTarget {
    const target = this.target(`archive_${this.datasets++}`)
    this.tables.datasets.set(target.dataset, new Map())
    for (const table of TABLES) this.tables.create(target.dataset, table.name, tableResource(table))
    return target
  }

  /** Of a dataset that need not be there. */
  target(dataset: string): BigQueryTarget {
    return { project: 'sluice', dataset, location: 'US', key: null, standIn: this.standIn, timeoutMs: 5_000 }
  }

  stop(): void {
    this.rest.stop()
    this.storage.stop()
  }
}
