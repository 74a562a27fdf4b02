import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ArchiveFile } from '../../bigquery/duckdb/archive-file.ts'
import { createAlerter } from '../../bin/runtime/alerts/session-alerter.ts'
import { archivePath } from '../../bin/runtime/archive/archive-paths.ts'
import { logFolder } from '../../bin/runtime/data-folder.ts'
import { Pipeline } from '../../bin/runtime/pipeline.ts'
import { APPLICATION_ID, INPUT_TOPIC, openWritingSession, PARTITIONS, type Session } from '../../bin/runtime/session.ts'
import { EmbeddedAlertStore } from '../../redis-alerts/embedded-store.ts'
import { encodePaymentSubmitted, type PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import type { Log, ProducerSession } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { partitionOf } from '../../streams/record/partitioner.ts'
import { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'
import { testConfig } from '../bin/decided-folder.ts'
import { framed, PLAIN_PAYMENT, SCHEMA_IDS } from '../support/payments-driver.ts'
import { archiveFolder, visitArchivedRows } from './archived-folder.ts'
import { formsOf } from './canary-scan.ts'
import { readRecords } from './stored-records.ts'

/** A person who pays, with data that stands nowhere else. */
export interface Person {
  readonly account: string
  readonly card: string
  readonly name: string
  readonly email: string
  readonly ip: string
  readonly device: string
}

/** What must not be found of a person: the account, the device, raw data, masked forms and tokens under each key. */
export function tracesOf({ account, card, name, email, ip, device }: Person, { folder }: Session): string[] {
  const initials = name.split(' ').map((word) => `${word[0]}***`)
  const masked = [`XXXX-XXXX-XXXX-${card.slice(-4)}`, initials.join(' '), `${email[0]}***@${email.split('@')[1]}`]
  const network = `${ip.split('.').slice(0, 2).join('.')}.x.x`
  const tokens = folder.keys.maskKeys.flatMap(({ secret }) => {
    return [card, name, email, ip].map((value) => createHmac('sha256', secret).update(value).digest('hex'))
  })
  return [account, device, card, name, email, ip, ...masked, network, ...tokens]
}

/** A data folder under a clock that a test moves: its log, chain, archive and live alerts, in this process. */
export class ErasedFolder {
  readonly path: string
  readonly store: EmbeddedAlertStore
  readonly session: Session
  private readonly clock: { nowMs(): number }
  private readonly sequences = new Map<number, number>()
  private producer: ProducerSession | null = null

  private constructor(path: string, session: Session, clock: { nowMs(): number }) {
    this.path = path
    this.session = session
    this.clock = clock
    this.store = new EmbeddedAlertStore(clock)
  }

  static async open(path: string, clock: { nowMs(): number }): Promise<ErasedFolder> {
    const config = testConfig(path, { SLUICE_CHECKPOINT_INTERVAL_RECORDS: '2' })
    const own = await openWritingSession(config)
    await own.log.close()
    const log = await openEmbeddedLog({ directory: logFolder(path), clock, bytesMax: config.logBytesMax })
    const session: Session = {
      ...own,
      log,
      committed: (input) => log.committedOffset(APPLICATION_ID, input),
      isOwned: async (input) => (await log.taskOwner(APPLICATION_ID, input)) !== null,
      appendTogether: async (batches) => {
        await log.appendTogether(batches)
      },
    }
    return new ErasedFolder(path, session, clock)
  }

  /** A payment as a foreign producer sends it: everything in clear. */
  async pay({ account, card, name, email, ip, device }: Person, given: Partial<PaymentSubmitted>): Promise<void> {
    const raw = {
      pan: card,
      cardholderName: name,
      email,
      ip,
      deviceId: device,
      expiry: '12/29',
      memo: `from ${account}`,
    }
    const payment = { ...PLAIN_PAYMENT, ...raw, senderAccountId: account, ...given }
    const key = Buffer.from(account)
    const partition = partitionOf(key, 0, key.length, PARTITIONS)
    const value = framed(SCHEMA_IDS.payment, encodePaymentSubmitted(payment))
    const writer = new RecordBatchWriter()
    writer.open()
    writer.begin(this.clock.nowMs(), key, 0, key.length)
    writer.reserve(value.length)
    writer.bytes.set(value, writer.at)
    writer.at += value.length
    writer.end()
    this.producer ??= await this.session.log.openProducer(null)
    for (const batch of writer.finish()) {
      const sequence = this.sequences.get(partition) ?? 0
      await this.producer.append({ topic: INPUT_TOPIC, partition, ...batch }, sequence)
      this.sequences.set(partition, sequence + batch.recordCount)
    }
  }

  /** Decides what waits while `work` runs, and drains. */
  async whileDeciding(work: () => Promise<void> = async () => {}): Promise<void> {
    const pipeline = new Pipeline(this.session, { onSurvived: () => {}, onFailed: () => {} })
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { endOffset } = await this.session.log.bounds({ topic: INPUT_TOPIC, partition })
      while ((pipeline.tasks[partition]?.committedOffset ?? 0) < endOffset) await machineTime.wait(5)
    }
    await work()
    pipeline.stop()
    const failure = await pipeline.ended
    if (failure !== null) throw failure
  }

  /** Archives all that is committed, and exports the days that are over. */
  async archive(): Promise<void> {
    await archiveFolder(this.session, this.path, this.clock.nowMs())
  }

  /** Brings the live alerts up to what is committed. */
  async alert(): Promise<void> {
    const events = { onWaiting: () => {}, onLive: () => {}, onLost: () => {}, onWritten: () => {} }
    const alerter = createAlerter(this.session, 'test-alerts', async () => this.store, events)
    const end = new AbortController()
    const run = alerter.run(end.signal)
    const ends = await topicEnds(this.session.log, 'fraud.alerts')
    const held = async () => [...(await this.store.positions()).entries()]
    while (ends.some(({ partition, end: next }) => next > 0 && !alerted(partition, next))) {
      positions = await held()
      await machineTime.wait(5)
    }
    end.abort()
    await run

    function alerted(partition: number, next: number): boolean {
      return positions.some(([source, offset]) => source.endsWith(`fraud.alerts-${partition}`) && offset >= next - 1)
    }
  }

  /** Where each trace is found, in every form: `topic`, file, table or export, without their partitions and days. */
  async scan(traces: readonly string[]): Promise<Map<string, Set<string>>> {
    const found = new Map<string, Set<string>>()
    const needles = traces.flatMap((trace) => formsOf(trace).map(({ text }) => ({ trace, bytes: Buffer.from(text) })))
    const look = (where: string, bytes: Uint8Array) => {
      const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      for (const { trace, bytes: needle } of needles) {
        if (haystack.includes(needle)) found.set(where, (found.get(where) ?? new Set()).add(trace))
      }
      this.scanned.items++
      this.scanned.bytes += bytes.length
    }
    await this.lookAtRecords(look)
    for (const entry of readdirSync(this.path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const file = join(entry.parentPath, entry.name)
      look(kindOf(relative(this.path, file)), readFileSync(file))
    }
    await visitArchivedRows(archivePath(this.path), (where, row) => look(where, Buffer.from(row)))
    for (const { json } of await this.store.entriesAfter('0-0', 10_000)) look('live alerts', Buffer.from(json))
    return found
  }

  readonly scanned = { items: 0, bytes: 0 }

  private async lookAtRecords(look: (where: string, bytes: Uint8Array) => void): Promise<void> {
    const { log } = this.session
    for (const { topic, partitions } of await log.topics()) {
      for (let partition = 0; partition < partitions; partition++) {
        for (const { key, value } of await readRecords(log, { topic, partition })) {
          look(topic, Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)]))
        }
      }
    }
  }

  /** An answer of the archive. */
  async ask(sql: string): Promise<unknown[]> {
    const file = await ArchiveFile.openToRead({ folder: archivePath(this.path), memoryMb: 256 })
    const connection = await file.connect()
    const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson()
    file.close()
    return rows
  }

  async close(): Promise<void> {
    await this.producer?.close()
    await this.session.log.close()
  }
}

let positions: [string, number][] = []

async function topicEnds(log: Log, topic: string): Promise<{ readonly partition: number; readonly end: number }[]> {
  return Promise.all(
    Array.from({ length: PARTITIONS }, async (_, partition) => {
      return { partition, end: (await log.bounds({ topic, partition })).endOffset }
    }),
  )
}

/** `log/inputs/data.mdb`, `checkpoints`, `archive/exports/…`: what a file is. */
function kindOf(path: string): string {
  if (path.endsWith('.checkpoint')) return 'checkpoint'
  return path.startsWith('archive/exports') ? 'export file' : path
}
