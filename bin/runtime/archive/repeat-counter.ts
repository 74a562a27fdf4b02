import type { ArchivedRepeats } from '../../../platform/archive-metrics.ts'
import type { Config } from '../../../platform/config.ts'
import type { Logger } from '../../../platform/logger.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { archiveRows } from './archive-rows.ts'

const EVERY_MS = 600_000
/** The archive has its first rows by then. */
const FIRST_MS = 30_000
const TIMEOUT_MS = 60_000

/** Two days: an id that comes again on the next day is found, and older rows are not read. */
const REPEATS = `SELECT
  count(*) - count(DISTINCT transaction_id) AS repeated_ids,
  count(*) - count(DISTINCT decision_id) AS doubled_rows
FROM payment_transactions
WHERE event_time >= now() - INTERVAL 2 DAY`

/** Counts in the archive, now and then, what dedup does not promise (SPEC D5). */
export class RepeatCounter {
  /** Null before the first count. */
  counted: ArchivedRepeats | null = null
  private readonly config: Config

  constructor(config: Config) {
    this.config = config
  }

  /** @throws StreamsError what the archive refused, and ARCHIVE_MISSING where there is none. */
  async count(): Promise<void> {
    for await (const row of archiveRows(this.config, REPEATS, TIMEOUT_MS)) {
      this.counted = { repeatedIds: Number(row['repeated_ids']), doubledRows: Number(row['doubled_rows']) }
    }
  }

  /** Until `signal`. A count that fails is logged, and the next may succeed. */
  async keepCounting(signal: AbortSignal, logger: Logger): Promise<void> {
    for (let waitMs = FIRST_MS; ; waitMs = EVERY_MS) {
      await machineTime.sleep(waitMs, signal)
      if (signal.aborted) return
      await this.count().catch((error: Error) => logger.warn({ error: error.message }, 'repeated ids were not counted'))
    }
  }
}
