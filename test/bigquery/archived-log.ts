import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { Archiver, type ArchiverOptions } from '../../bigquery/archiver.ts'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { RecordRows } from '../../bigquery/rows/record-rows.ts'
import type { TableRow } from '../../bigquery/schema/tables.ts'
import { DeadLetters } from '../../redis-alerts/dead-letters.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Log, TopicPartition } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { AlertLog } from '../redis-alerts/alert-log.ts'
import { ARCHIVE_IDS, decisionOf, framedValue } from './archived-records.ts'
import { digestsOf } from './archived-stream.ts'
import { drainArchiver } from './drained-archiver.ts'
import { readRows } from './duckdb-target.ts'

export const DECIDED: TopicPartition = { topic: TOPICS.paymentsDecided.name, partition: 0 }

export const decisions = (from: number, to: number): Uint8Array[] =>
  Array.from({ length: to - from }, (_, at) => {
    const n = from + at
    return framedValue.decision(decisionOf(n, { eventTime: Date.now() - 60_000 }))
  })

/** A log of committed records, and an archive of it. */
export class ArchivedLog {
  readonly settings: string
  readonly folder: string
  readonly waitedFor: { readonly code: string; readonly message: string }[] = []
  private readonly alerts: AlertLog
  private waiting: () => void = () => {}

  private constructor(alerts: AlertLog, folder: string) {
    this.alerts = alerts
    this.folder = folder
    this.settings = JSON.stringify({ folder, logId: 'test', memoryMb: 256 })
  }

  static async open(folder: string): Promise<ArchivedLog> {
    return new ArchivedLog(await AlertLog.open(), folder)
  }

  get log(): Log {
    return this.alerts.log
  }

  append(at: TopicPartition, values: readonly (Uint8Array | null)[]): Promise<void> {
    return this.alerts.append(at, values)
  }

  archiver(given: Partial<ArchiverOptions> = {}): Archiver {
    const { log } = this
    const letters = new DeadLetters(log, { schemaId: 5, semanticsVersion: 1, hashOf: () => '0'.repeat(32) })
    return new Archiver({
      log,
      group: log.group('sluice-archive'),
      schemaIds: ARCHIVE_IDS,
      refuse: (rows) => letters.append(rows),
      clock: machineTime,
      openWriter: () => DuckDbWriter.open(JSON.parse(this.settings), machineTime),
      events: {
        onWaiting: ({ code, message }) => {
          this.waitedFor.push({ code, message })
          this.waiting()
        },
        onLive: () => {},
        onLost: () => {},
      },
      ...given,
    })
  }

  /** Resolves the next time that an archiver waits. */
  nextWait(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = resolve
    })
  }

  /** Runs an archiver until it has everything that is committed, and drains it. */
  async archive(archiver: Archiver = this.archiver()): Promise<Archiver> {
    await drainArchiver(archiver)
    return archiver
  }

  /** Whether the archive's rows of the partition are those of the log, by tables. */
  async compare() {
    const { endOffset } = await this.log.bounds(DECIDED)
    const reader = this.log.openReader(DECIDED, 0)
    const make = new RecordRows(ARCHIVE_IDS)
    const rows: TableRow[] = []
    for (let offset = 0; offset < endOffset; ) {
      const { bytes, nextOffset } = await reader.fetch(1 << 20, 100)
      rows.push(...make.read(bytes, DECIDED, offset, 0).rows)
      offset = nextOffset
    }
    reader.close()
    const found = await readRows(this.settings)
    return {
      expected: digestsOf((table) => rows.filter((one) => one.table === table).map(({ row }) => row)),
      archived: digestsOf((table) => found.get(table) ?? []),
    }
  }

  close(): Promise<void> {
    return this.alerts.close()
  }
}

/** node archived-log.ts ROOT: in a mount namespace of its own, with the archive on a disk of a few megabytes. */
async function fillDisk(root: string): Promise<void> {
  const disk = mkdtempSync(join(root, 'disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=5m', 'tmpfs', disk])
  const archived = await ArchivedLog.open(disk)
  const RECORDS = 12_000
  for (let from = 0; from < RECORDS; from += 1_000) await archived.append(DECIDED, decisions(from, from + 1_000))
  const archiver = archived.archiver()
  const waits = archived.nextWait()
  const done = archived.archive(archiver)
  await waits
  execFileSync('mount', ['-o', 'remount,size=256m', disk])
  await done
  process.stdout.write(JSON.stringify({ waitedFor: archived.waitedFor[0], ...(await archived.compare()) }))
  await archived.close()
}

if (process.argv[1] === import.meta.filename) await fillDisk(process.argv[2] ?? '')
