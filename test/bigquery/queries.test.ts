import { describe, expect, test } from 'vitest'
import { archiveOf, ask, refusalOf } from './archive-of.ts'
import { fixtureRows } from './view-fixture.ts'

/** Never ends by itself on any machine. */
const ENDLESS = 'SELECT count(*) FROM range(100000000000) AS a, range(1000000) AS b'

describe('a question to the archive', () => {
  test('is answered; everything else is refused, and the archive is as it was', async () => {
    const file = await archiveOf(fixtureRows())
    const before = await ask(file, 'SELECT count(*) AS n, sum(amount) AS amount FROM payment_transactions')
    expect(before).toEqual([{ n: 8, amount: '11070.51' }])
    const exported = `${file.folder.exports}/x.parquet`
    const refused = [
      "COPY audit_log TO '/tmp/x.csv'",
      `COPY audit_log TO '${exported}'`,
      "ATTACH '/tmp/other.duckdb'",
      'INSTALL httpfs',
      'LOAD httpfs',
      'SET threads = 8',
      'RESET threads',
      "PRAGMA table_info('audit_log')",
      'PRAGMA threads = 8',
      'CHECKPOINT',
      'CREATE TEMP TABLE x (a INT)',
      'DELETE FROM audit_log',
      'DROP TABLE audit_log',
      'SELECT 1; DELETE FROM audit_log',
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM READ_TEXT('/etc/passwd')",
      'SELECT * FROM "read_blob"(\'/etc/passwd\')',
      "SELECT (SELECT max(content) FROM read_text('/etc/passwd'))",
      "WITH x AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM x",
      "SELECT * FROM glob('/etc/*')",
      `SELECT * FROM read_parquet('${exported}')`,
      "SELECT * FROM query('SELECT 1')",
      'SELECT * FROM force_checkpoint()',
      'SELECT * FROM enable_logging()',
      "EXPLAIN SELECT * FROM read_text('/etc/passwd')",
      'EXPLAIN ANALYZE DELETE FROM audit_log',
      '/* a comment */ DELETE FROM audit_log',
      'PREPARE x AS SELECT 1',
    ]
    for (const sql of refused) expect(await refusalOf(file, sql), sql).toBe('REFUSED')
    for (const sql of ["FROM '/etc/passwd'", `FROM '${exported}'`, 'SELEC 1', 'SELECT missing']) {
      expect(await refusalOf(file, sql), sql).toMatch(/FAILED|REFUSED/)
    }
    const answered = [
      '-- why\nSELECT 1',
      '(SELECT 1)',
      'VALUES (1)',
      'FROM audit_log',
      'SHOW TABLES',
      'DESCRIBE audit_log',
      'SUMMARIZE audit_log',
      'EXPLAIN SELECT 1',
      'WITH a AS (SELECT 1) FROM a',
    ]
    for (const sql of answered) expect(await refusalOf(file, sql), sql).toBe('answered')
    expect(await ask(file, 'SELECT count(*) AS n, sum(amount) AS amount FROM payment_transactions')).toEqual(before)
  })

  test('that takes too long is cancelled, and the next is answered', async () => {
    const file = await archiveOf([])
    expect(await refusalOf(file, ENDLESS, 100)).toBe('TIMED_OUT')
    expect(await ask(file, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('has whole numbers, money, times and lists as JSON in UTC', async () => {
    const file = await archiveOf([])
    const sql =
      "SELECT 9007199254740993::HUGEINT AS large, 7::BIGINT AS small, 12.340000000::DECIMAL(38,9) AS money, 5::DECIMAL(38,9) AS whole, TIMESTAMPTZ '2026-11-25 12:00:00.25+02' AS time, [1::BIGINT, NULL] AS list, NULL AS nothing"
    expect(await ask(file, sql)).toEqual([
      {
        large: '9007199254740993',
        small: 7,
        money: '12.34',
        whole: '5',
        time: '2026-11-25T10:00:00.250Z',
        list: [1, null],
        nothing: null,
      },
    ])
  })
})
