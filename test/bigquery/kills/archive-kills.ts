import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ARCHIVED_PARTITIONS } from '../../../bigquery/archive-session.ts'
import { RecordRows } from '../../../bigquery/rows/record-rows.ts'
import type { AnyRow, TableName } from '../../../bigquery/schema/tables.ts'
import { type BigQuery, startBigQuery } from '../../../stack/bigquery/bigquery.ts'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import type { TopicPartition } from '../../../streams/log/log.ts'
import { SeededRandom } from '../../../streams/testing/seeded-random.ts'
import { StartedSluice } from '../../support/started-sluice.ts'
import { ARCHIVE_IDS } from '../archived-records.ts'
import { type Digests, digestsOf } from '../archived-stream.ts'
import { endpointRows, endpointTarget } from '../endpoint-rows.ts'

/** What a run of kills came to. */
export interface KillRun {
  readonly kills: number
  /** Kills that met rows which were in a table and not committed yet. */
  readonly killsAhead: number
  readonly rowsAhead: number
  readonly found: Digests
  readonly expected: Digests
}

export interface KillOptions {
  readonly kills: number
  readonly seed: number
  readonly ratePerSecond: number
  readonly say: (line: string) => void
}

const DATASET = 'killed'
const QUERY_ATTEMPTS = 20
const FETCH_BYTES = 1 << 20
const WAIT_MS_MIN = 500
const WAIT_MS_SPREAD = 8_000

/**
 * Payments are decided on a Kafka broker while `sluice archive --bigquery` fills the endpoint and is killed with -9 at random; at the end
 * the committed topics are made into rows once more, and held against every row of every table.
 */
export async function killArchivers({ kills, seed, ratePerSecond, say }: KillOptions): Promise<KillRun> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kills-'))
  const [kafka, endpoint] = await Promise.all([startKafka(), startBigQuery()])
  const env = environmentOf(kafka, endpoint, folder)
  const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'archive-kills' } })
  try {
    await done(['topics', '--kafka'], env)
    await done(['archive', 'init', '--bigquery'], env)
    const worker = new StartedSluice(['worker'], { env })
    const load = ['simulate', '--kafka', '--scenario', 'mixed', '--rate', String(ratePerSecond), '--seed', String(seed)]
    await worker.says(/metrics/)
    const simulator = new StartedSluice(load, { env })
    const random = new SeededRandom(seed)
    const ahead: number[] = []
    for (let kill = 1; kill <= kills; kill++) {
      const archive = new StartedSluice(['archive', '--bigquery', '--kafka'], { env })
      await archive.says(/to BigQuery/)
      await pause(WAIT_MS_MIN + random.below(WAIT_MS_SPREAD))
      archive.kill('SIGKILL')
      await archive.ended
      ahead.push(await rowsAhead(log, endpoint))
      say(`kill ${kill} of ${kills}: ${ahead.at(-1)} rows were ahead of the committed offsets`)
    }
    for (const process of [simulator, worker]) {
      process.kill('SIGINT')
      await process.ended
    }
    await drain(env)
    const expected = digest(await committedRows(log))
    const found = digest(await endpointRows(endpointTarget(endpoint, DATASET)))
    const rowsAheadSum = ahead.reduce((sum, rows) => sum + rows, 0)
    return { kills, killsAhead: ahead.filter((rows) => rows > 0).length, rowsAhead: rowsAheadSum, found, expected }
  } finally {
    await log.close()
    await Promise.all([kafka.stop(), endpoint.stop()])
    rmSync(folder, { recursive: true, force: true })
  }
}

function environmentOf(kafka: Kafka, { url, grpc, project }: BigQuery, folder: string): Record<string, string> {
  return {
    SLUICE_DATA: folder,
    SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
    SLUICE_KAFKA_REPLICAS: '1',
    SLUICE_METRICS_PORT: '0',
    SLUICE_BIGQUERY_PROJECT: project,
    SLUICE_BIGQUERY_DATASET: DATASET,
    SLUICE_BIGQUERY_URL: url,
    SLUICE_BIGQUERY_STORAGE: grpc,
    // The endpoint decodes rows in one thread of Python; what 36 tables send at once after a kill takes it more than half a minute.
    SLUICE_BIGQUERY_TIMEOUT_MS: '120000',
  }
}

async function done(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const started = new StartedSluice(args, { env })
  const code = await started.ended
  if (code !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${code}: ${started.stderr}`)
}

/** Rows of all tables that lie at or past what the archive has committed. */
async function rowsAhead(log: KafkaLog, endpoint: BigQuery): Promise<number> {
  const group = log.group(`sluice-archive-${endpoint.project}-${DATASET}`)
  const committed = new Map<string, number>()
  for (const at of ARCHIVED_PARTITIONS) committed.set(nameOf(at), (await group.committed(at))?.offset ?? 0)
  let ahead = 0
  for (const rows of (await settledRows(endpoint)).values()) {
    for (const row of rows) {
      const at = { topic: row.kafka_topic, partition: row.kafka_partition }
      if (row.kafka_offset >= (committed.get(nameOf(at)) ?? 0)) ahead++
    }
  }
  return ahead
}

/** The endpoint fails queries while it still works on appends of who was killed: then it is asked again. */
async function settledRows(endpoint: BigQuery): ReturnType<typeof endpointRows> {
  for (let left = QUERY_ATTEMPTS; ; left--) {
    try {
      return await endpointRows(endpointTarget(endpoint, DATASET))
    } catch (error) {
      if (left === 0) throw error
      await pause(1_000)
    }
  }
}

/** Lets an archiver live until nothing is left to archive. */
async function drain(env: Readonly<Record<string, string>>): Promise<void> {
  const archive = new StartedSluice(['archive', '--bigquery', '--kafka'], { env })
  const [, port] = await archive.says(/health on http:\/\/127[.]0[.]0[.]1:(\d+)/)
  for (;;) {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const lags = metrics.match(/^sluice_archive_lag_records.* (\d+)$/gm) ?? []
    if (lags.length === 4 && lags.every((line) => line.endsWith(' 0'))) break
    if (!archive.running) throw new Error(`the last archiver ended: ${archive.stderr}`)
    await pause(500)
  }
  archive.kill('SIGINT')
  const code = await archive.ended
  if (code !== 0) throw new Error(`the last archiver ended with ${code}: ${archive.stderr}`)
}

/** What the committed records of the log are as rows, made without the archiver. */
async function committedRows(log: KafkaLog): Promise<ReadonlyMap<TableName, readonly AnyRow[]>> {
  const rows = new Map<TableName, AnyRow[]>()
  const maker = new RecordRows(ARCHIVE_IDS)
  for (const at of ARCHIVED_PARTITIONS) {
    const { startOffset, endOffset } = await log.bounds(at)
    const reader = log.openReader(at, startOffset)
    for (let offset = startOffset; offset < endOffset; ) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, 1_000)
      const made = maker.read(bytes, at, offset, 0)
      if (made.refused.length > 0) throw new Error(`a record of the chain is refused: ${made.refused[0]!.detail}`)
      for (const { table, row } of made.rows) {
        if (!rows.has(table)) rows.set(table, [])
        rows.get(table)!.push(row)
      }
      offset = nextOffset
    }
    reader.close()
  }
  return rows
}

function digest(rows: ReadonlyMap<TableName, readonly AnyRow[]>): Digests {
  return digestsOf((table) => rows.get(table) ?? [])
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
