import { describe, expect, test } from 'vitest'
import { RecordRows } from '../../bigquery/rows/record-rows.ts'
import { TABLES } from '../../bigquery/schema/tables.ts'
import { TOPICS } from '../../schemas/topics.ts'
import {
  ARCHIVE_IDS,
  alertOf,
  auditEventOf,
  decisionOf,
  duplicateOf,
  fetched,
  framedValue,
  NOON_MS,
  resolutionOf,
  shadowVerdictOf,
} from './archived-records.ts'

const INGEST_MS = NOON_MS + 60_000
const DECIDED = { topic: TOPICS.paymentsDecided.name, partition: 3 }
const ALERTS = { topic: TOPICS.fraudAlerts.name, partition: 3 }

function read(
  at: { readonly topic: string; readonly partition: number },
  values: readonly (Uint8Array | null)[],
  from = 100,
) {
  return new RecordRows(ARCHIVE_IDS).read(fetched(values, 100, NOON_MS), at, from, INGEST_MS)
}

describe('rows of committed records', () => {
  test('SPEC B1: every table has a row with every column, coordinates, ingest time and schema version', () => {
    const rows = [
      ...read(DECIDED, [
        framedValue.decision(decisionOf(1)),
        framedValue.resolution(resolutionOf(2)),
        framedValue.shadowVerdict(shadowVerdictOf(2)),
      ]).rows,
      ...read(ALERTS, [framedValue.alert(alertOf(3))]).rows,
      ...read({ topic: TOPICS.paymentsDuplicates.name, partition: 3 }, [framedValue.duplicate(duplicateOf(4))]).rows,
      ...read({ topic: TOPICS.auditEvents.name, partition: 3 }, [framedValue.audit(auditEventOf(5))]).rows,
    ]
    expect(rows.map(({ table }) => table)).toEqual(TABLES.map(({ name }) => name))
    for (const [index, { row }] of rows.entries()) {
      expect(Object.keys(row)).toEqual(Object.keys(TABLES[index]!.columns))
      expect(Object.values(row)).not.toContain(undefined)
      expect(row).toMatchObject({ kafka_partition: 3, ingest_time: INGEST_MS, schema_version: 1 })
    }
    expect(rows[3]?.row).toMatchObject({ kafka_topic: DECIDED.topic, kafka_offset: 101 })
  })

  test.each([
    ['EUR', 1_234, 12_340_000_000n],
    ['JPY', 1_234, 1_234_000_000_000n],
    ['KWD', 1_234, 1_234_000_000n],
    ['CLF', 1, 100_000n],
    ['USD', Number.MAX_SAFE_INTEGER, 90_071_992_547_409_910_000_000n],
  ])('SPEC B1: %s %d minor units are NUMERIC %d of 10^-9', (currency, amountMinor, amount) => {
    const [first] = read(DECIDED, [framedValue.decision(decisionOf(1, { currency, amountMinor }))]).rows
    expect(first?.row).toMatchObject({ amount, currency })
  })

  test('SPEC M5: a masking names field, rule and the key where the rule needs one, and no value', () => {
    const row = read(DECIDED, [framedValue.decision(decisionOf(1))]).rows[2]?.row
    expect(row).toMatchObject({
      fields: [
        { field: 'pan', rule: 'TOKENISED', key_id: 'k1' },
        { field: 'cvv', rule: 'REMOVED', key_id: null },
        { field: 'memo', rule: 'REDACTED', key_id: null },
      ],
    })
  })

  test('the same records give the same rows, read whole or from an offset on', () => {
    const values = [1, 2, 3].map((n) => framedValue.decision(decisionOf(n)))
    const { rows } = read(DECIDED, values)
    expect(rows).toHaveLength(9)
    expect(read(DECIDED, values).rows).toEqual(rows)
    expect(read(DECIDED, values, 102).rows).toEqual(rows.slice(6))
  })

  test.each([
    ['an unknown currency', { currency: 'XXX' }, 'BAD_CURRENCY', 'currency: is not an active one of ISO 4217', 2],
    ['a time in seconds', { eventTime: 1_795_608_000 }, 'BAD_TIME', 'event_time: is before 2000', 3],
    ['a time hours ahead', { eventTime: NOON_MS + 3_600_001 }, 'BAD_TIME', 'event_time: is before 2000', 3],
  ])(
    'a decision with %s is refused by table, column and reason; what is good stands',
    (_, given, reason, detail, count) => {
      const values = [decisionOf(1), decisionOf(2, given), decisionOf(3)].map(framedValue.decision)
      const { rows, refused } = read(DECIDED, values)
      expect(rows).toHaveLength(9 - count)
      expect(refused).toHaveLength(count)
      for (const one of refused) {
        expect(one).toMatchObject({ ...DECIDED, offset: 101, reason, appendTimeMs: NOON_MS, value: values[1] })
        expect(one.detail).toMatch(/^(?:payment_transactions|payment_transactions_fraud|pii_masking_audit)[.]/)
        expect(one.detail).toContain(detail)
      }
    },
  )

  test.each([
    ['no value', DECIDED, null, 'NULL_VALUE'],
    ['an empty value', DECIDED, new Uint8Array(0), 'DECODE_TRUNCATED'],
    ['another magic byte', DECIDED, Uint8Array.of(9, 0, 0, 0, 3, 1), 'BAD_MAGIC'],
    ['an unknown schema', DECIDED, Uint8Array.of(0, 0, 0, 0, 99, 1), 'UNKNOWN_SCHEMA'],
    ['a decision among the alerts', ALERTS, framedValue.decision(decisionOf(1)), 'UNKNOWN_SCHEMA'],
    ['a decision cut short', DECIDED, framedValue.decision(decisionOf(1)).slice(0, -3), 'DECODE_TRUNCATED'],
    ['bytes left over', ALERTS, Uint8Array.of(...framedValue.alert(alertOf(1)), 7), 'DECODE_TRAILING'],
  ])('a record with %s is refused whole, and its neighbours stand', (_, at, value, reason) => {
    const good = at === ALERTS ? framedValue.alert(alertOf(1)) : framedValue.resolution(resolutionOf(1))
    const { rows, refused } = read(at, [good, value, good])
    expect(rows.map(({ row }) => row.kafka_offset)).toEqual([100, 102])
    expect(refused).toEqual([expect.objectContaining({ ...at, offset: 101, reason, value })])
  })
})
