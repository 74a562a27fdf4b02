import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ArchiveFile } from '../../bigquery/duckdb/archive-file.ts'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { eraseFromArchive } from '../../bigquery/duckdb/erase-archive.ts'
import { eraseRows } from '../../bigquery/duckdb/erase-rows.ts'
import type { Row, TableRow } from '../../bigquery/schema/tables.ts'
import { archiveOf as archiveOfRows, ask } from './archive-of.ts'
import { ITS_TOKEN, MENTIONED, mentioningRows, REASONS_WITHOUT } from './mention-fixture.ts'
import { fixtureRows } from './view-fixture.ts'

const ACCOUNT = 'ACC-somebody-who-was-here'
const SUBJECT = `v1:mask-1:${'0'.repeat(64)}`
const FROM = 7

/** An archive with payments of the account, of records that follow each other from offset 7 on. */
async function archiveOf(payments: number) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-erase-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const settings = { folder, logId: 'test', memoryMb: 256 }
  const [first] = fixtureRows().filter(({ table }) => table === 'payment_transactions')
  const given = first!.row as Row<'payment_transactions'>
  const { kafka_topic: topic, kafka_partition: partition } = given
  const rows = Array.from({ length: payments }, (_, n): TableRow => {
    const coordinates = { kafka_offset: FROM + n, decision_id: `0-${n}`, transaction_id: `tx-${n}` }
    return { table: 'payment_transactions', row: { ...given, sender_account_id: ACCOUNT, ...coordinates } }
  })
  const writer = await DuckDbWriter.open(settings, { nowMs: () => 0 })
  await writer.begin({ topic, partition })
  await writer.append({ topic, partition, from: FROM, next: FROM + payments, rows })
  await writer.flush()
  const { file: path } = writer.file.folder
  await writer.close()
  return { settings, path, topic, partition }
}

test('SPEC B4: an erasure that was cut off behind its rows leaves their bytes, and the next one writes the file anew', async () => {
  const { settings, path } = await archiveOf(1)
  const file = await ArchiveFile.open(settings)
  const connection = await file.connect()
  await connection.run('CHECKPOINT')
  expect(await eraseRows(connection, { accountId: ACCOUNT, subject: SUBJECT, ends: [] })).toBe(1)
  file.close()
  const holds = () => readFileSync(path).includes(ACCOUNT)
  expect(holds()).toBe(true)
  // No row names the account any more: whoever goes on knows it by its token alone.
  expect(await eraseFromArchive(settings, { accountId: SUBJECT, subject: SUBJECT, ends: [] }, Date.now())).toBe(0)
  expect(holds()).toBe(false)
})

test('SPEC B4: rows of records behind the end that an erasure reaches stay: they are of somebody who came back', async () => {
  const { settings, topic, partition } = await archiveOf(3)
  const ends = [{ topic, ends: Array.from({ length: partition + 1 }, (_, n) => (n === partition ? FROM + 2 : 0)) }]
  const account = { accountId: ACCOUNT, subject: SUBJECT, ends }
  expect(await eraseFromArchive(settings, account, Date.now())).toBe(2)
  expect(await eraseFromArchive(settings, account, Date.now())).toBe(0)
  const file = await ArchiveFile.openToRead(settings)
  onTestFinished(() => file.close())
  const sql =
    'SELECT transaction_id, sender_account_id = $account AS named FROM payment_transactions ORDER BY kafka_offset'
  const rows = (await (await file.connect()).runAndReadAll(sql, { account: ACCOUNT })).getRows()
  expect(rows).toEqual([
    ['erased-0-0', false],
    ['erased-0-1', false],
    ['tx-2', true],
  ])
})

test('SPEC B4: reasons in the audit log lose the account as a whole word, and keep the ids of others that contain it', async () => {
  const file = await archiveOfRows(mentioningRows())
  const connection = await file.connect()
  const account = { accountId: MENTIONED, subject: ITS_TOKEN, ends: [] }
  // Those that say something else afterwards, and the row of which it is the actor.
  const changed = REASONS_WITHOUT.filter((reason) => reason.includes(ITS_TOKEN)).length + 1
  expect(await eraseRows(connection, account)).toBe(changed)
  const reasons = await ask(file, 'SELECT reason FROM audit_log ORDER BY kafka_offset')
  expect(reasons.map(({ reason }) => reason)).toEqual(REASONS_WITHOUT)
  expect(await eraseRows(connection, account)).toBe(0)
})
