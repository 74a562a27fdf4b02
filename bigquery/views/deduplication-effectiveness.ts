import type { View } from './view.ts'

/**
 * Everything is counted out of the rows. `doubled_rows` are of one record: never. `duplicates_in_archive` are rows of an id that has an
 * earlier row, on whatever day: none of one sender within the hour (SPEC D2); an id that two senders use, or that comes again after the
 * hour, is another payment for the chain and shows here (SPEC D5), on the day of the later one.
 *
 * A day may have repeats and no payment. The parts are added up and not joined, so that a filter on `event_date` reaches the partitions of
 * payments and of duplicates. Which day has an id's first row cannot be known from the days that are asked for: that part reads the id and
 * the time of every payment.
 */
const SELECTS = (t: (table: string) => string, dayOf: (time: string) => string) => `SELECT
  event_date,
  CAST(SUM(archived) + SUM(caught) AS BIGINT) AS raw_rows,
  CAST(SUM(archived) AS BIGINT) AS archived_rows,
  CAST(SUM(ids) AS BIGINT) AS distinct_ids,
  CAST(SUM(caught) AS BIGINT) AS duplicates_caught,
  CAST(SUM(archived) - SUM(records) AS BIGINT) AS doubled_rows,
  CAST(SUM(archived) - SUM(firsts) AS BIGINT) AS duplicates_in_archive
FROM (
  SELECT
    ${dayOf('event_time')} AS event_date,
    COUNT(*) AS archived,
    COUNT(DISTINCT transaction_id) AS ids,
    COUNT(DISTINCT decision_id) AS records,
    0 AS firsts,
    0 AS caught
  FROM ${t('payment_transactions')}
  GROUP BY event_date
  UNION ALL
  SELECT ${dayOf('first_time')} AS event_date, 0 AS archived, 0 AS ids, 0 AS records, COUNT(*) AS firsts, 0 AS caught
  FROM (SELECT MIN(event_time) AS first_time FROM ${t('payment_transactions')} GROUP BY transaction_id) AS first_of_id
  GROUP BY event_date
  UNION ALL
  SELECT ${dayOf('event_time')} AS event_date, 0 AS archived, 0 AS ids, 0 AS records, 0 AS firsts, COUNT(*) AS caught
  FROM ${t('payment_duplicates')}
  GROUP BY event_date
) AS part
GROUP BY event_date
ORDER BY event_date`

export const DEDUPLICATION_EFFECTIVENESS: View = {
  name: 'deduplication_effectiveness',
  question: 'How many repeats did the chain catch each day, and did any reach the archive?',
  bigquery: (t) => SELECTS(t, (time) => `DATE(${time})`),
  duckdb: SELECTS(
    (table) => table,
    (time) => `CAST(${time} AS DATE)`,
  ),
}
