import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createAlerter } from '../../bin/runtime/alerts/session-alerter.ts'
import { archivePath } from '../../bin/runtime/archive/archive-paths.ts'
import { checkpointFolder, logFolder } from '../../bin/runtime/data-folder.ts'
import { INPUT_TOPIC, openWritingSession, PARTITIONS, type Session } from '../../bin/runtime/session.ts'
import { OUTPUT_TOPICS } from '../../bin/runtime/topic-settings.ts'
import { RedisAlertStore } from '../../redis-alerts/redis-store.ts'
import { encodeDecision } from '../../schemas/generated/decision.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { startRedis } from '../../stack/redis/redis.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import type { OutputBatch } from '../../streams/log/log.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import { encodeHeaders } from '../../streams/record/record-headers.ts'
import { testConfig } from '../bin/decided-folder.ts'
import { disguise, TEST_CARDS } from '../processors/mask/card-disguises.ts'
import { targetOf } from '../redis-alerts/redis-target.ts'
import { framed, PaymentsDriver, SCHEMA_IDS } from '../support/payments-driver.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { StartedSluice } from '../support/started-sluice.ts'
import { expectPlantedInArchiveAreFound, scanArchive } from './archive-canaries.ts'
import { archiveFolder } from './archived-folder.ts'
import { CANARIES, type CanaryRecord, canaryRecords } from './canaries.ts'
import { CanaryScan, formsOf } from './canary-scan.ts'
import { expectPlantedInRedisAreFound, scanRedis } from './redis-canaries.ts'
import { readRecords } from './stored-records.ts'

// Goal: whatever a foreign producer puts where, nothing that Sluice stores holds it in clear but the input topic.
// Method: canaries in every place, `sluice up` over them with checkpoints and its most talkative log, then a scan of all
// records, files and streams. The scan must find canaries that are planted in copies of each kind of store first.

const DAY_MS = 86_400_000
const root = mkdtempSync(join(tmpdir(), 'sluice-canary-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The environment of producers' topics: raw values may stand in its pages, used or free. */
const isInput = (path: string) => path.startsWith(join('log', 'inputs'))
const disguised = Array.from({ length: 60 }, (_, n) => disguise(n))
const newScan = () =>
  new CanaryScan(
    disguised.map(({ text }) => text),
    TEST_CARDS,
  )

const folder = join(root, 'data')
let session: Session
let records: readonly CanaryRecord[]
let said: Record<string, string>

beforeAll(async () => {
  session = await openWritingSession(testConfig(folder))
  records = canaryRecords(Date.now(), session.folder.keys.maskKeys[0]?.id ?? '')
  await append(session.log, records)
  said = await decide(folder, session.log, records.length)
}, 90_000)

afterAll(() => session?.log.close())

test('SPEC M6: finds nothing in records, files, checkpoints and logs, and everything that is planted in copies of them', async () => {
  const scan = newScan()
  const outputs = await scanTopics(session.log, scan)
  const raw = newScan()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const { key, value } of await readRecords(session.log, { topic: INPUT_TOPIC, partition })) {
      raw.raw('input', key ?? new Uint8Array(0))
      raw.raw('input', value ?? new Uint8Array(0))
    }
  }
  const files = scanFiles(folder, scan)
  for (const [name, text] of Object.entries(said)) scan.raw(name, Buffer.from(text))

  await expectPlantedAreFound(folder, said['up stderr'] ?? '')
  expect(new Set(raw.findings.map(({ canary }) => canary))).toEqual(
    new Set([...Object.keys(CANARIES), ...disguised.map(({ text }) => `"${text}"`)]),
  )
  expect(outputs.records).toBeGreaterThan(records.length)
  for (const topic of OUTPUT_TOPICS) expect(outputs.byTopic.get(topic), topic).toBeGreaterThan(0)
  expect(files.checkpoints).toBeGreaterThan(0)
  expect(scan.findings).toEqual([])
  const topics = [...outputs.byTopic].filter(([, count]) => count > 0).map(([topic, count]) => `${topic} ${count}`)
  process.stdout.write(
    `canary: ${records.length} records with canaries; scanned ${scan.items} items, ${scan.bytes} bytes: ` +
      `${outputs.records} output records (${topics.join(', ')}), ${files.files} files of which ${files.checkpoints} checkpoints, ` +
      `${Object.keys(said).length} streams\n`,
  )
}, 90_000)

test('SPEC M6: finds nothing in DuckDB and Parquet, and everything that is planted in copies of them', async () => {
  await archiveFolder(session, folder, Date.now() + 2 * DAY_MS)
  const archive = archivePath(folder)
  const scan = newScan()
  const rows = await scanArchive(archive, scan)
  await expectPlantedInArchiveAreFound(archive, join(root, 'archive-copy'))
  expect(scan.findings).toEqual([])
  const decided = session.log.stat().partitions.filter(({ topic }) => topic === TOPICS.paymentsDecided.name)
  expect(rows.get('archive payment_transactions')).toBe(decided.reduce((sum, { endOffset }) => sum + endOffset, 0))
  expect(rows.get('export payment_transactions')).toBe(rows.get('archive payment_transactions'))
  process.stdout.write(`canary: ${[...rows].map(([where, count]) => `${where} ${count} rows`).join(', ')}\n`)
}, 60_000)

await onRealParts(['redis'], 'a scan of Redis', () => {
  test(
    'SPEC M6: finds nothing in the keys of Redis, and everything that is planted beside them',
    async () => {
      const part = await startRedis()
      const plain = new Redis(part.url)
      const events = { onWaiting: () => {}, onLive: () => {}, onLost: () => {}, onWritten: () => {} }
      const end = new AbortController()
      const alerter = createAlerter(session, 'canary-alerts', () => RedisAlertStore.open(targetOf(part.url)), events)
      const run = alerter.run(end.signal)
      const alerts = session.log.stat().partitions.filter(({ topic }) => topic === TOPICS.fraudAlerts.name)
      const committed = alerts.reduce((sum, { endOffset }) => sum + endOffset, 0)
      await vi.waitFor(() => expect(alerter.counters.written.get(TOPICS.fraudAlerts.name)).toBe(committed), 20_000)
      end.abort()
      await run
      const scan = newScan()
      const kinds = await scanRedis(plain, scan)
      expect([...kinds.keys()].sort()).toEqual(['hash', 'set', 'stream', 'string', 'zset'])
      expect(scan.findings).toEqual([])
      await expectPlantedInRedisAreFound(plain)
      process.stdout.write(`canary: ${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')} of Redis\n`)
      plain.disconnect()
      await part.stop()
    },
    START_MS,
  )
})

/** Appends the records raw, each in the partition of its key. */
async function append(log: EmbeddedLog, records: readonly CanaryRecord[], topic = INPUT_TOPIC): Promise<void> {
  const producer = await log.openProducer(null)
  const batches = new Map<number, { readonly record: CanaryRecord; readonly key: Uint8Array }[]>()
  for (const record of records) {
    const key = Buffer.from(record.key)
    const partition = partitionOf(key, 0, key.length, PARTITIONS)
    batches.set(partition, [...(batches.get(partition) ?? []), { record, key }])
  }
  for (const [partition, list] of batches) {
    const writer = new RecordBatchWriter()
    writer.open()
    for (const { record, key } of list) {
      writer.begin(Date.now(), key, 0, key.length)
      writer.reserve(record.value.length)
      writer.bytes.set(record.value, writer.at)
      writer.at += record.value.length
      writer.endWithHeaders(encodeHeaders(record.headers))
    }
    let sequence = 0
    for (const { bytes, recordCount } of writer.finish()) {
      await producer.append({ topic, partition, bytes, recordCount } satisfies OutputBatch, sequence)
      sequence += recordCount
    }
  }
  await producer.close()
}

/** Runs `sluice up` until every record has its decision, dead letter or repeat, then the commands that show them. */
async function decide(folder: string, log: EmbeddedLog, records: number): Promise<Record<string, string>> {
  const settings = { SLUICE_LOG_LEVEL: 'debug', SLUICE_METRICS_PORT: '0', SLUICE_CHECKPOINT_INTERVAL_RECORDS: '10' }
  const env = { ...settings, SLUICE_ARCHIVE: 'no', SLUICE_DATA: folder }
  const up = new StartedSluice(['up', '--no-simulate'], { env })
  const final: readonly string[] = [
    TOPICS.paymentsDecided.name,
    TOPICS.paymentsDlq.name,
    TOPICS.paymentsDuplicates.name,
  ]
  const done = () => {
    const counted = log.stat().partitions.filter(({ topic }) => final.includes(topic))
    return counted.reduce((sum, { endOffset }) => sum + endOffset, 0) >= records
  }
  while (!done() && up.child.exitCode === null) await setTimeout(50)
  up.child.kill('SIGINT')
  expect(await up.ended, up.stderr).toBe(0)
  const said: Record<string, string> = { 'up stdout': up.stdout, 'up stderr': up.stderr }
  for (const args of [['decisions', '--json'], ['explain', 'tx-0'], ['verify'], ['dlq', 'list', '--json']]) {
    const command = new StartedSluice(args, { env })
    await command.ended
    said[`${args.join(' ')} stdout`] = command.stdout
    said[`${args.join(' ')} stderr`] = command.stderr
  }
  return said
}

async function scanTopics(log: EmbeddedLog, scan: CanaryScan) {
  const byTopic = new Map<string, number>()
  for (const { topic, partitions } of await log.topics()) {
    if (topic === INPUT_TOPIC) continue
    for (let partition = 0; partition < partitions; partition++) {
      const records = await readRecords(log, { topic, partition })
      byTopic.set(topic, (byTopic.get(topic) ?? 0) + records.length)
      for (const { key, value, offset } of records) scan.output(`${topic}-${partition}@${offset}`, key, value)
    }
  }
  return { byTopic, records: [...byTopic.values()].reduce((sum, count) => sum + count, 0) }
}

/** Every file of the data folder but the input's environment. */
function scanFiles(folder: string, scan: CanaryScan) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .filter((path) => !isInput(path))
  for (const path of paths) scan.raw(path, readFileSync(join(folder, path)))
  expect(paths).toContain(join('log', 'outputs', 'data.mdb'))
  expect(paths).toContain(join('log', 'catalog', 'data.mdb'))
  return { files: paths.length, checkpoints: paths.filter((path) => path.endsWith('.checkpoint')).length }
}

/** Plants each canary in each form in a copy of each kind of store, and scans it as the test does. */
async function expectPlantedAreFound(folder: string, log: string): Promise<void> {
  const [checkpoint] = readdirSync(checkpointFolder(folder))
  const checkpointBytes = readFileSync(join(checkpointFolder(folder), checkpoint ?? ''))
  const decision = new PaymentsDriver().decide()
  for (const [canary, text] of Object.entries(CANARIES)) {
    for (const { form, text: spelled } of formsOf(text)) {
      const value = framed(SCHEMA_IDS.decision, encodeDecision({ ...decision, memo: `a ${spelled} b` }))
      expectFound(canary, form, (scan) => scan.output('planted value', null, value))
      expectFound(canary, form, (scan) => scan.output('planted key', Buffer.from(spelled), null))
      const altered = Buffer.from(checkpointBytes)
      altered.write(spelled, Math.floor(altered.length / 2))
      expectFound(canary, form, (scan) => scan.raw('planted checkpoint', altered))
      expectFound(canary, form, (scan) => scan.raw('planted log', Buffer.from(`${log}{"text":"${spelled}"}\n`)))
    }
    await expectFoundInFile(folder, canary, text)
  }
  for (const { card, text, how } of disguised) {
    const value = framed(SCHEMA_IDS.decision, encodeDecision({ ...decision, memo: text }))
    const scan = newScan()
    scan.output('planted disguise', null, value)
    expect(scan.findings.length, `${card} ${how}`).toBeGreaterThan(0)
  }
  const shortCvv = newScan()
  shortCvv.output('planted', null, framed(SCHEMA_IDS.decision, encodeDecision({ ...decision, memo: 'cvv: 7391' })))
  expect(shortCvv.findings).toEqual([{ where: 'planted', canary: 'short cvv', form: 'word' }])
}

function expectFound(canary: string, form: string, look: (scan: CanaryScan) => void): void {
  const scan = newScan()
  look(scan)
  expect(scan.findings).toContainEqual(expect.objectContaining({ canary, form }))
}

/** A record in a topic of the outputs, in a copy of the log: found in the pages of its file. */
async function expectFoundInFile(folder: string, canary: string, text: string): Promise<void> {
  const copy = join(root, `copy-${canary}`)
  cpSync(logFolder(folder), copy, { recursive: true })
  const file = join(copy, 'outputs', 'data.mdb')
  const before = newScan()
  before.raw(file, readFileSync(file))
  expect(before.findings).toEqual([])
  const log = await openEmbeddedLog({ directory: copy, clock: { nowMs: () => Date.now() } })
  const planted = { why: 'planted', key: 'k', value: Buffer.from(`a ${text} b`), headers: [] }
  await append(log, [planted], TOPICS.fraudAlerts.name)
  await log.close()
  expectFound(canary, 'text', (scan) => scan.raw(file, readFileSync(file)))
}
