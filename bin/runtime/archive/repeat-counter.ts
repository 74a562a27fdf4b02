import type { ArchivedRepeats } from '../../../platform/archive-metrics.ts'
import type { Config } from '../../../platform/config.ts'
import type { Logger } from '../../../platform/logger.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { type AnswerRow, archiveRows } from './archive-rows.ts'

const EVERY_MS = 600_000
/** BigQuery asks for money by what is read. */
const EVERY_OF_DATASET_MS = 3_600_000
/** The archive has its first rows by then. */
const FIRST_MS = 30_000
const TIMEOUT_MS = 60_000

/** Two days: an id that comes again on the next day is found, and older rows (partitions, in BigQuery) are not read. */
const repeatsSince = (twoDaysAgo: string) => `SELECT
  count(*) - count(DISTINCT transaction_id) AS repeated_ids,
  count(*) - count(DISTINCT decision_id) AS doubled_rows
FROM payment_transactions
WHERE event_time >= ${twoDaysAgo}`

/** In the archive of the data folder. */
export function embeddedRepeats(config: Config): RepeatCounter {
  const sql = repeatsSince('now() - INTERVAL 2 DAY')
  return new RepeatCounter(() => archiveRows(config, sql, TIMEOUT_MS), EVERY_MS)
}

/** In the dataset of the settings. */
export function datasetRepeats(config: Config): RepeatCounter {
  const sql = repeatsSince('TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)')
  return new RepeatCounter(
    async () => (await import('./bigquery-erasure.ts')).datasetRows(config, sql),
    EVERY_OF_DATASET_MS,
  )
}

type AskedRows = () => AsyncIterable<AnswerRow> | Promise<readonly AnswerRow[]>

/** Counts in an archive, now and then, what dedup does not promise (SPEC D5). */
export class RepeatCounter {
  /** Null before the first count. */
  counted: ArchivedRepeats | null = null
  private readonly ask: AskedRows
  private readonly everyMs: number

  constructor(ask: AskedRows, everyMs: number) {
    this.ask = ask
    this.everyMs = everyMs
  }

  /** @throws StreamsError what the archive refused, and ARCHIVE_MISSING where there is none. */
  async count(): Promise<void> {
    for await (const row of await this.ask()) {
      this.counted = { repeatedIds: Number(row['repeated_ids']), doubledRows: Number(row['doubled_rows']) }
    }
  }

  /** Until `signal`. A count that fails is logged, and the next may succeed. */
  async keepCounting(signal: AbortSignal, logger: Logger): Promise<void> {
    for (let waitMs = FIRST_MS; ; waitMs = this.everyMs) {
      await machineTime.sleep(waitMs, signal)
      if (signal.aborted) return
      await this.count().catch((error: Error) => logger.warn({ error: error.message }, 'repeated ids were not counted'))
    }
  }
}
