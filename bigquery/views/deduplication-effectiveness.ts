import type { View } from './view.ts'

/**
 * Everything is counted out of the rows. `doubled_rows` are of one record: never. `duplicates_in_archive` are rows of one id:
 * none of one sender within the hour (SPEC D2); an id that two senders use, or that comes again after the hour, is another
 * payment for the chain and shows here (SPEC D5).
 */
const SELECTS = (t: (table: string) => string, day: string) => `SELECT
  p.event_date,
  p.archived_rows + COALESCE(d.caught, 0) AS raw_rows,
  p.archived_rows,
  p.distinct_ids,
  COALESCE(d.caught, 0) AS duplicates_caught,
  p.archived_rows - p.distinct_records AS doubled_rows,
  p.archived_rows - p.distinct_ids AS duplicates_in_archive
FROM (
  SELECT
    ${day} AS event_date,
    COUNT(*) AS archived_rows,
    COUNT(DISTINCT transaction_id) AS distinct_ids,
    COUNT(DISTINCT decision_id) AS distinct_records
  FROM ${t('payment_transactions')}
  GROUP BY event_date
) AS p
LEFT JOIN (
  SELECT ${day} AS event_date, COUNT(*) AS caught
  FROM ${t('payment_duplicates')}
  GROUP BY event_date
) AS d ON d.event_date = p.event_date
ORDER BY event_date`

export const DEDUPLICATION_EFFECTIVENESS: View = {
  name: 'deduplication_effectiveness',
  question: 'How many repeats did the chain catch each day, and did any reach the archive?',
  bigquery: (t) => SELECTS(t, 'DATE(event_time)'),
  duckdb: SELECTS((table) => table, 'CAST(event_time AS DATE)'),
}
