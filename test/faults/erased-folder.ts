import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ArchiveFile } from '../../bigquery/duckdb/archive-file.ts'
import { createAlerter } from '../../bin/runtime/alerts/session-alerter.ts'
import { archivePath } from '../../bin/runtime/archive/archive-paths.ts'
import { logFolder } from '../../bin/runtime/data-folder.ts'
import { type ErasableLog, embeddedErasable } from '../../bin/runtime/erasure/erasable-log.ts'
import { limitsOf, otpDirectory } from '../../bin/runtime/otp/otp.ts'
import { Pipeline } from '../../bin/runtime/pipeline.ts'
import {
  APPLICATION_ID,
  createRuntime,
  INPUT_TOPIC,
  openWritingSession,
  PARTITIONS,
  type Session,
} from '../../bin/runtime/session.ts'
import { verifyPartition } from '../../bin/runtime/verification.ts'
import { EmbeddedOtpStore } from '../../otp/embedded-store.ts'
import type { AlertStore } from '../../redis-alerts/alert-store.ts'
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

/** Who is erased. */
export const ERASED: Person = {
  account: 'ACC-wybert-77',
  card: '2223003122003222',
  name: 'Wybert Xanthippe',
  email: 'wybert@xanthippe.example',
  ip: '198.51.100.237',
  device: 'device-of-wybert',
}
/** Who leaves the same in the same places, and stays. */
export const BESIDE: Person = {
  account: 'ACC-yorick-78',
  card: '4000056655665556',
  name: 'Yorick Quillfeather',
  email: 'yorick@quillfeather.example',
  ip: '203.0.113.91',
  device: 'device-of-yorick',
}
const PAYER: Person = { ...BESIDE, account: 'ACC-payer-1', card: '5555555555554444', name: 'P', email: 'p@p.example' }
const DAY_MS = 86_400_000

/** What must not be found of a person: the account, the device, raw data, masked forms and tokens under each key. */
export function tracesOf(
  { account, card, name, email, ip, device }: Person,
  { folder }: Pick<Session<Log>, 'folder'>,
): string[] {
  const initials = name.split(' ').map((word) => `${word[0]}***`)
  const masked = [`XXXX-XXXX-XXXX-${card.slice(-4)}`, initials.join(' '), `${email[0]}***@${email.split('@')[1]}`]
  const network = `${ip.split('.').slice(0, 2).join('.')}.x.x`
  const tokens = folder.keys.maskKeys.flatMap(({ secret }) => {
    return [card, name, email, ip].map((value) => createHmac('sha256', secret).update(value).digest('hex'))
  })
  return [account, device, card, name, email, ip, ...masked, network, ...tokens]
}

/** Where live alerts go, and all that is held there, a text each. */
export interface LiveAlerts {
  readonly group: string
  open(): Promise<AlertStore>
  positions(): Promise<ReadonlyMap<string, number>>
  texts(): Promise<readonly string[]>
}

/** What an erased folder is made of. */
export interface ErasedParts {
  readonly log: ErasableLog
  readonly alerts: LiveAlerts
  readonly clock: { nowMs(): number }
  /** Where the log's files stand beside the data folder, and what a scan calls them. */
  readonly files?: { readonly folder: string; nameOf(path: string): string }
}

/** A data folder with its log, chain, archive and live alerts, all worked on in this process. */
export class ErasedFolder {
  readonly path: string
  readonly session: Session<Log>
  readonly log: ErasableLog
  private readonly parts: ErasedParts
  private readonly clock: { nowMs(): number }
  private readonly sequences = new Map<number, number>()
  private producer: ProducerSession | null = null

  constructor(parts: ErasedParts) {
    this.parts = parts
    this.log = parts.log
    this.session = parts.log.session
    this.path = this.session.folder.path
    this.clock = parts.clock
  }

  /** On the embedded log, under a clock that a test moves. */
  static async open(
    path: string,
    clock: { nowMs(): number },
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ErasedFolder> {
    const config = testConfig(path, { SLUICE_CHECKPOINT_INTERVAL_RECORDS: '2', ...settings })
    const own = await openWritingSession(config)
    await own.log.close()
    const log = await openEmbeddedLog({ directory: logFolder(path), clock, bytesMax: config.logBytesMax })
    const session: Session = {
      ...own,
      log,
      committed: (input) => log.committedOffset(APPLICATION_ID, input),
      committedBy: (applicationId, input) => log.committedOffset(applicationId, input),
      isOwned: async (input) => (await log.taskOwner(APPLICATION_ID, input)) !== null,
      appendTogether: async (batches) => {
        await log.appendTogether(batches)
      },
    }
    const store = new EmbeddedAlertStore(clock)
    const alerts: LiveAlerts = {
      group: 'test-alerts',
      open: async () => store,
      positions: () => store.positions(),
      texts: async () => (await store.entriesAfter('0-0', 10_000)).map(({ json }) => json),
    }
    return new ErasedFolder({ log: embeddedErasable(session), alerts, clock })
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

  /** All ways in which a person stands in the system: flagged, repeated, in conflict, refused, and paid by another. */
  async payAll(person: Person, run: string): Promise<void> {
    const eventTime = this.clock.nowMs() - 2 * DAY_MS
    // The fourth is flagged, and waits for a code.
    for (let n = 0; n < 4; n++) {
      const transactionId = `${person.account}-${run}-${n}`
      await this.pay(person, { transactionId, eventTime: eventTime + n * 1_000 })
    }
    const first = { transactionId: `${person.account}-${run}-0`, eventTime }
    await this.pay(person, first)
    await this.pay(person, { ...first, amountMinor: 77 })
    await this.pay(person, { transactionId: `${person.account}-${run}-bad`, eventTime, amountMinor: -1 })
    const payer = { ...PAYER, account: `${PAYER.account}-${run}-${person === ERASED ? 1 : 2}` }
    await this.pay(payer, { transactionId: `to-${payer.account}`, eventTime, receiverAccountId: person.account })
  }

  /** Decides what waits while `work` runs, and drains. */
  async whileDeciding(work: () => Promise<void> = async () => {}): Promise<void> {
    let failed: Error | null = null
    const pipeline = new Pipeline(this.session, { onSurvived: () => {}, onFailed: (_at, error) => (failed ??= error) })
    for (const [partition, last] of (await lastOffsets(this.session.log, INPUT_TOPIC)).entries()) {
      while (failed === null && (pipeline.tasks[partition]?.committedOffset ?? 0) <= (last ?? -1))
        await machineTime.wait(5)
    }
    await work()
    pipeline.stop()
    const failure = await pipeline.ended
    if (failure !== null) throw failure
  }

  /** A code for each payment that waits for one, tried once; the store is closed again. */
  async challenge(person: Person, challengeIds: readonly string[]): Promise<void> {
    const { config, folder } = this.session
    const store = new EmbeddedOtpStore({ directory: otpDirectory(folder), limits: limitsOf(config), clock: this.clock })
    for (const challengeId of challengeIds) {
      const asked = { challengeId, accountId: person.account, client: 'shop', binding: 'bound' }
      await store.issue({ ...asked, mac: 'mac', sealed: 'sealed', again: false })
      await store.tryCode({ ...asked, mac: 'other' })
    }
    await store.close()
  }

  /** Archives all that is committed, and exports the days that are over. */
  async archive(): Promise<void> {
    await archiveFolder(this.session, this.path, this.clock.nowMs())
  }

  /** Brings the live alerts up to what is committed. */
  async alert(): Promise<void> {
    const events = { onWaiting: () => {}, onLive: () => {}, onLost: () => {}, onWritten: () => {} }
    const { alerts } = this.parts
    const alerter = createAlerter(this.session, alerts.group, () => alerts.open(), events)
    const end = new AbortController()
    const run = alerter.run(end.signal)
    const lasts = await lastOffsets(this.session.log, 'fraud.alerts')
    for (;;) {
      const positions = [...(await alerts.positions())]
      const has = (partition: number, last: number) =>
        positions.some(([source, offset]) => source.endsWith(`fraud.alerts-${partition}`) && offset >= last)
      if (lasts.every((last, partition) => last === null || has(partition, last))) break
      await machineTime.wait(5)
    }
    end.abort()
    await run
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
    lookAtFiles(this.path, kindOf, look)
    const { files, alerts } = this.parts
    if (files !== undefined) lookAtFiles(files.folder, (file) => files.nameOf(file), look)
    await visitArchivedRows(archivePath(this.path), (where, row) => look(where, Buffer.from(row)))
    for (const text of await alerts.texts()) look('live alerts', Buffer.from(text))
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

  /** What `sluice verify` finds in all partitions. */
  async verify(): Promise<{ readonly inputs: number; readonly differences: readonly unknown[] }> {
    const processor = createRuntime(this.session)
    const differences: unknown[] = []
    let inputs = 0
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const verdict = await verifyPartition(this.session, processor, partition, () => {})
      differences.push(...verdict.differences)
      inputs += verdict.inputs
    }
    return { inputs, differences }
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

/** The offset of the last record of each partition; null where there is none. */
async function lastOffsets(log: Log, topic: string): Promise<readonly (number | null)[]> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)
  return Promise.all(
    partitions.map(async (partition) => (await readRecords(log, { topic, partition })).at(-1)?.offset ?? null),
  )
}

/** Every file below a folder; a log's owner may take one away meanwhile. */
function lookAtFiles(
  folder: string,
  kindOf: (path: string) => string,
  look: (where: string, bytes: Uint8Array) => void,
): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    try {
      look(kindOf(relative(folder, file)), readFileSync(file))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** `log/inputs/data.mdb`, `checkpoints`, `archive/exports/…`: what a file is. */
function kindOf(path: string): string {
  if (path.endsWith('.checkpoint')) return 'checkpoint'
  return path.startsWith('archive/exports') ? 'export file' : path
}
