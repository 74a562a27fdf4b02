import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DatasetClient } from '../../bigquery/dataset/dataset-client.ts'
import { createArchive } from '../../bigquery/dataset/dataset-schema.ts'
import { eraseFromDataset } from '../../bigquery/dataset/erase-dataset.ts'
import { archivedEnds } from '../../bin/runtime/archive/archive-erasure.ts'
import { replayArchive } from '../../bin/runtime/archive/archive-replay.ts'
import { datasetCaughtUp } from '../../bin/runtime/archive/bigquery-erasure.ts'
import { datasetRepeats } from '../../bin/runtime/archive/repeat-counter.ts'
import { replayedBigQuery } from '../../bin/runtime/archive/replayed-archives.ts'
import { continueErasure } from '../../bin/runtime/erasure/erase.ts'
import { readErasures } from '../../bin/runtime/erasure/erasure-file.ts'
import { requestErasure } from '../../bin/runtime/erasure/erasure-request.ts'
import { receiptOf } from '../../bin/runtime/erasure/receipt.ts'
import { subjectOf } from '../../bin/runtime/erasure/subject.ts'
import { recordsOf } from '../../bin/runtime/erasure/subject-records.ts'
import { accountOf, accountsWith } from '../../bin/runtime/erasure/subject-search.ts'
import { type BigQuery, startBigQuery } from '../../stack/bigquery/bigquery.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { SluiceProcess, temporaryFolder } from '../bin/sluice-process.ts'
import { BESIDE, ERASED, ErasedFolder, tracesOf } from '../faults/erased-folder.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { appendRows } from './endpoint-append.ts'
import { endpointRows, endpointTarget } from './endpoint-rows.ts'
import { ITS_TOKEN, MENTIONED, mentioningRows, REASONS_WITHOUT } from './mention-fixture.ts'
import { TooNewRows } from './too-new-rows.ts'

// Goal: every table of BigQuery loses whom its rows were of, and nothing else; what BigQuery will not change yet is tried again; no statement
// that BigQuery keeps names the account; and the receipt counts the days for which it keeps what rows were.
// Method: real decisions, the real archiver, the endpoint of the stack behind a proxy that refuses once as BigQuery does.

const HOUR_MS = 3_600_000
const COUNTED_MS = 60_000
const SOON_MS = 500
const FIGURES = [
  'SELECT count(*) AS payments, count(DISTINCT sender_account_id) AS senders, count(DISTINCT transaction_id) AS ids, sum(amount) AS amount FROM payment_transactions',
  'SELECT count(*) AS n, sum(velocity_count) AS counts, sum(fraud_score) AS score, sum(ARRAY_LENGTH(velocity_fraud_peers)) AS peers FROM payment_transactions_fraud',
  'SELECT count(*) AS alerts, count(DISTINCT sender_account_id) AS senders FROM fraud_velocity_alerts',
  'SELECT count(*) AS duplicates, count(DISTINCT sender_account_id) AS senders FROM payment_duplicates',
  'SELECT count(*) AS audits, count(DISTINCT decision_id) AS decisions FROM pii_masking_audit',
] as const
const TABLES_OF_BOTH = [
  'payment_transactions',
  'payment_transactions_fraud',
  'pii_masking_audit',
  'fraud_velocity_alerts',
  'payment_duplicates',
]

await onRealParts(['bigquery'], 'an erasure in BigQuery', () => {
  let endpoint: BigQuery
  let proxy: TooNewRows

  beforeAll(async () => {
    endpoint = await startBigQuery()
    proxy = await TooNewRows.before(endpoint.url)
  }, START_MS)
  afterAll(async () => {
    proxy?.stop()
    await endpoint?.stop()
  }, START_MS)

  test('SPEC B4: rows of BigQuery lose whom they were of, figures hold, and the receipt counts time travel and fail-safe', {
    timeout: START_MS,
  }, async () => {
    const { grpc, project } = endpoint
    const settings = {
      SLUICE_BIGQUERY_PROJECT: project,
      SLUICE_BIGQUERY_DATASET: 'erased',
      SLUICE_BIGQUERY_URL: proxy.url,
      SLUICE_BIGQUERY_STORAGE: grpc,
    }
    const target = endpointTarget(endpoint, 'erased')
    const dataset = new DatasetClient(target)
    await createArchive(dataset, () => {})
    const folder = await ErasedFolder.open(join(temporaryFolder(), 'data'), machineTime, settings)
    const { session, log } = folder
    for (const person of [ERASED, BESIDE]) await folder.payAll(person, 'a')
    await folder.whileDeciding()
    const archiver = new SluiceProcess(['archive', '--bigquery', '--port', '0', '--data', folder.path], settings)
    const caughtUp = async () => datasetCaughtUp(session, await archivedEnds(session.log))
    await expect.poll(caughtUp, { timeout: START_MS, interval: 200 }).toBe(true)
    const traces = tracesOf(ERASED, session)
    const figures = await Promise.all(FIGURES.map((sql) => dataset.rows(sql)))
    const whereOf = async (looked: readonly string[]) => {
      const found = [...(await endpointRows(target))].map(([table, rows]) => [table, text(rows)] as const)
      return found.filter(([, held]) => looked.some((trace) => held.includes(trace))).map(([table]) => table)
    }
    expect(await whereOf(traces)).toEqual(TABLES_OF_BOTH)
    const replayed = async () => {
      const days = await replayArchive(session, { from: null, to: null }, await replayedBigQuery(session))
      expect(days.filter(({ equal }) => !equal)).toEqual([])
      return days.reduce((sum, { erased }) => sum + erased, 0)
    }
    expect(await replayed()).toBe(0)

    const subject = subjectOf(ERASED.account, session.folder.keys.maskKeys[0]!)
    expect(await accountsWith(session, 'email', ERASED.email)).toEqual([ERASED.account])
    const held = await Array.fromAsync(recordsOf(session, ERASED.account))
    const shown = held.filter(({ store }) => store === 'archive.payment_transactions').map((one) => one.as)
    expect(shown.sort()).toEqual(['receiver', 'sender', 'sender', 'sender', 'sender'])
    proxy.table = 'fraud_velocity_alerts'
    let erasure = await requestErasure(log, subject, { actor: 'officer', reason: 'request 1' }, Date.now())
    await folder.whileDeciding(async () => {
      while (erasure.checkpointedMs === null) erasure = await continueErasure(log, erasure, machineTime, SOON_MS)
    })
    await expect.poll(caughtUp, { timeout: START_MS, interval: 200 }).toBe(true)
    if (erasure.bigquery?.triedMs === null) erasure = await continueErasure(log, erasure, machineTime, SOON_MS)
    expect(proxy.refused).toBe(1)
    const line = () => receiptOf(session, erasure).stores.find(({ store }) => store === 'BigQuery')
    expect(line()).toMatchObject({ from: null, state: 'waits', why: expect.stringMatching(/^[1-9]\d* rows so far/) })
    // Not before its time; then it goes on under the same name, and forgets that.
    erasure = await continueErasure(log, erasure, machineTime, SOON_MS)
    expect(proxy.refused).toBe(1)
    const { pseudonym, rows: rowsBefore } = erasure.bigquery!
    proxy.table = null
    // A try that fails is not made again each minute, and the next one goes on under the same name.
    proxy.denied = 'payment_duplicates'
    const deniedMs = Date.now() + HOUR_MS
    const denied = continueErasure(log, erasure, { nowMs: () => deniedMs }, SOON_MS)
    await expect(denied).rejects.toMatchObject({ code: expect.stringContaining('DENIED') })
    erasure = readErasures(folder.path)[0]!
    expect(erasure.bigquery).toMatchObject({ triedMs: deniedMs, pseudonym, erasedMs: null })
    expect(erasure.bigquery!.rows).toBeGreaterThan(rowsBefore)
    const askedBefore = proxy.asked.length
    erasure = await continueErasure(log, erasure, { nowMs: () => deniedMs + HOUR_MS / 2 - 1 }, SOON_MS)
    expect(proxy.asked).toHaveLength(askedBefore)
    expect(erasure.failure).toBe(null)
    const again = new Date(deniedMs + HOUR_MS / 2).toISOString()
    expect(line()).toMatchObject({ from: null, state: 'waits', why: expect.stringContaining(`from ${again} on: `) })
    proxy.denied = null
    // Each request takes a second, and the date is behind the last.
    const beganMs = deniedMs + HOUR_MS / 2 - 1_000 * proxy.asked.length
    const later = { nowMs: () => beganMs + 1_000 * proxy.asked.length }
    erasure = await continueErasure(log, erasure, later, SOON_MS)
    const erasedMs = later.nowMs()
    expect(erasure.bigquery).toMatchObject({ erasedMs, pseudonym: null })
    expect(line()?.from).toBe(new Date(erasedMs + (168 + 7 * 24) * HOUR_MS).toISOString())
    expect(await whereOf(traces)).toEqual([])
    // What came behind the end that an erasure reaches is of somebody who came back.
    const ends = [{ topic: 'payments.decided', ends: [0] }]
    const reachesNothing = { accountId: BESIDE.account, subject, pseudonym: 'erased-nobody', ends }
    expect(await eraseFromDataset(dataset, reachesNothing)).toEqual({ rows: 0, whole: true })
    expect(await whereOf(tracesOf(BESIDE, session))).toEqual(TABLES_OF_BOTH)
    // What waited for a code has ended with the erasure.
    const renamed = TABLES_OF_BOTH.map((table) => (table === 'pii_masking_audit' ? 'payment_resolutions' : table))
    expect((await whereOf([pseudonym!])).sort()).toEqual(renamed.sort())
    expect(await Promise.all(FIGURES.map((sql) => dataset.rows(sql)))).toEqual(figures)
    expect(await replayed()).toBeGreaterThan(10)
    const statements = proxy.asked.filter((body) => body.includes('UPDATE '))
    expect(statements.length).toBeGreaterThan(10)
    expect(proxy.asked.filter((body) => traces.some((trace) => body.includes(trace)))).toEqual([])
    expect(await accountOf(session, subject)).toBe(ERASED.account)

    // One id of two senders in different partitions (SPEC D5), one of whom came back: counted once the archiver has written both.
    for (const person of [BESIDE, ERASED]) {
      await folder.pay(person, { transactionId: 'shared', eventTime: Date.now() - HOUR_MS })
    }
    await folder.whileDeciding()
    const repeats = datasetRepeats(session.config)
    const counted = () => repeats.count().then(() => repeats.counted)
    await expect.poll(counted, { timeout: COUNTED_MS, interval: 500 }).toEqual({ repeatedIds: 1, doubledRows: 0 })

    archiver.kill('SIGTERM')
    expect(await archiver.ended, archiver.stderr).toBe(0)
    await folder.close()
    process.stdout.write(`erasure in BigQuery: ${erasure.bigquery!.rows} rows by ${statements.length} statements\n`)
  })

  test(
    'SPEC B4: reasons in the audit log of BigQuery lose the account as a whole word, and keep the ids of others that contain it',
    async () => {
      const target = endpointTarget(endpoint, 'mentioned')
      const dataset = new DatasetClient(target)
      await createArchive(dataset, () => {})
      await appendRows(target, mentioningRows())
      const account = { accountId: MENTIONED, subject: ITS_TOKEN, pseudonym: 'erased-nobody', ends: [] }
      const changed = REASONS_WITHOUT.filter((reason) => reason.includes(ITS_TOKEN)).length + 1
      expect(await eraseFromDataset(dataset, account)).toEqual({ rows: changed, whole: true })
      const reasons = await dataset.rows('SELECT reason FROM audit_log ORDER BY kafka_offset')
      expect(reasons.map(({ reason }) => reason)).toEqual(REASONS_WITHOUT)
      expect(await eraseFromDataset(dataset, account)).toEqual({ rows: 0, whole: true })
    },
    START_MS,
  )
})

function text(rows: readonly unknown[]): string {
  return JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
}
