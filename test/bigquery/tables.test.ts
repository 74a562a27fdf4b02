import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { bigqueryAddColumn, bigqueryTable } from '../../bigquery/schema/bigquery-ddl.ts'
import { duckdbTable, duckdbType } from '../../bigquery/schema/duckdb-ddl.ts'
import { rowMessage } from '../../bigquery/schema/row-descriptor.ts'
import { PAYMENT_RESOLUTIONS, PII_MASKING_AUDIT, TABLES } from '../../bigquery/schema/tables.ts'

describe('the schema of the archive', () => {
  test('SPEC B3: DuckDB makes of its DDL the columns, types, modes and descriptions of the module', async () => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    let compared = 0
    for (const table of TABLES) {
      for (const statement of duckdbTable(table)) await connection.run(statement)
      const reader = await connection.runAndReadAll(
        'SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index',
        [table.name],
      )
      const expected = Object.entries(table.columns).map(([name, column]) => [
        name,
        duckdbType(column),
        column.mode === 'NULLABLE',
        column.description,
      ])
      const found = reader.getRows().map(([name, type, ...rest]) => [name, String(type).replaceAll('"', ''), ...rest])
      expect(found).toEqual(expected)
      compared += expected.length
    }
    connection.closeSync()
    instance.closeSync()
    expect(compared).toBeGreaterThan(100)
  })

  test('SPEC B3: the BigQuery DDL has modes, descriptions, partition, cluster and expiry', () => {
    expect(
      bigqueryTable('shop.archive', PAYMENT_RESOLUTIONS),
    ).toBe(`CREATE TABLE IF NOT EXISTS \`shop.archive.payment_resolutions\` (
  transaction_id STRING NOT NULL OPTIONS(description="Id of the payment as its producer gave it."),
  decision_id STRING NOT NULL OPTIONS(description="The decision that it ends."),
  event_time TIMESTAMP NOT NULL OPTIONS(description="When it ended; the partition is its date in UTC."),
  sender_account_id STRING NOT NULL OPTIONS(description="Account that pays."),
  outcome STRING NOT NULL OPTIONS(description="passed, failed, expired, approved or declined."),
  actor STRING NOT NULL OPTIONS(description="Who ended it."),
  semantics_version INT64 NOT NULL OPTIONS(description="Version of the rules of computation."),
  kafka_topic STRING NOT NULL OPTIONS(description="Topic of the committed record that the row was made from."),
  kafka_partition INT64 NOT NULL OPTIONS(description="Its partition."),
  kafka_offset INT64 NOT NULL OPTIONS(description="Its offset; unique with topic and partition in this table."),
  ingest_time TIMESTAMP NOT NULL OPTIONS(description="When the archiver read the record. The only value that a replay changes."),
  schema_version INT64 NOT NULL OPTIONS(description="Version of the archive schema that the row was made by.")
)
PARTITION BY DATE(event_time)
CLUSTER BY sender_account_id, outcome
OPTIONS(partition_expiration_days=400, description="The single end of each challenge and each review.")`)
    expect(bigqueryTable('archive', PII_MASKING_AUDIT)).toContain(
      'ARRAY<STRUCT<field STRING NOT NULL OPTIONS(description="Name of the field."), rule STRING NOT NULL',
    )
    expect(bigqueryAddColumn('archive', PII_MASKING_AUDIT, 'mask_key_id')).toMatch(
      /^ALTER TABLE `archive[.]pii_masking_audit` ADD COLUMN IF NOT EXISTS mask_key_id STRING OPTIONS/,
    )
  })

  test.each(TABLES)('$name is partitioned by a required time and clustered by at most four scalar columns', (table) => {
    const columns: Readonly<Record<string, { readonly type: string; readonly mode: string } | undefined>> =
      table.columns
    expect(columns[table.partitionBy]).toMatchObject({ type: 'TIMESTAMP', mode: 'REQUIRED' })
    expect(table.clusterBy.length).toBeLessThanOrEqual(4)
    for (const name of table.clusterBy) expect(columns[name]?.mode).toMatch(/^(?:REQUIRED|NULLABLE)$/)
  })

  test('the row message numbers fields by their columns, with the wire types of the Storage Write API', () => {
    const { name, fields } = rowMessage(PII_MASKING_AUDIT)
    expect(name).toBe('PiiMaskingAudit')
    expect(fields.slice(2, 5)).toEqual([
      { name: 'event_time', number: 3, label: 'required', type: 'int64', column: 'TIMESTAMP', message: null },
      { name: 'mask_key_id', number: 4, label: 'optional', type: 'string', column: 'STRING', message: null },
      {
        name: 'fields',
        number: 5,
        label: 'repeated',
        type: 'message',
        column: 'RECORD',
        message: {
          name: 'Fields',
          fields: [
            { name: 'field', number: 1, label: 'required', type: 'string', column: 'STRING', message: null },
            { name: 'rule', number: 2, label: 'required', type: 'string', column: 'STRING', message: null },
            { name: 'key_id', number: 3, label: 'optional', type: 'string', column: 'STRING', message: null },
          ],
        },
      },
    ])
    expect(rowMessage(TABLES[0]).fields.find((field) => field.name === 'amount')).toMatchObject({ type: 'string' })
  })
})
