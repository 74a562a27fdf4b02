import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DuckDbWriter } from '../../bigquery/duckdb/duckdb-writer.ts'
import { FRAME_BYTES } from '../../schemas/avro/framing.ts'
import { DeadLetterReader } from '../../schemas/generated/dead-letter.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { StreamsError } from '../../streams/errors.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { readRecords } from '../faults/stored-records.ts'
import { cannotInject } from '../streams/embedded/fault-tools.ts'
import { ArchivedLog, DECIDED, decisions } from './archived-log.ts'
import { auditEventOf, decisionOf, framedValue } from './archived-records.ts'

const root = mkdtempSync(join(tmpdir(), 'sluice-archiver-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const newFolder = () => mkdtempSync(join(root, 'archive-'))

describe('the archiver', () => {
  test('SPEC B2: bad rows are dead letters with table, column and reason, and everything else is archived once', async () => {
    const archived = await ArchivedLog.open(newFolder())
    await archived.append(DECIDED, [
      ...decisions(0, 3),
      framedValue.decision(decisionOf(3, { currency: 'XXX', eventTime: Date.now() })),
      new Uint8Array([0, 0, 0, 0, 99, 1]),
      ...decisions(5, 8),
    ])
    await archived.append({ topic: TOPICS.auditEvents.name, partition: 2 }, [
      framedValue.audit(auditEventOf(1, { eventTime: Date.now() })),
    ])
    await archived.archive()
    // Another one begins where the archive stands, and hands over nothing twice.
    await archived.append(DECIDED, decisions(8, 10))
    const second = await archived.archive()
    expect(second.counters.rows.get('payment_transactions')).toBe(2)
    const { expected, archived: found } = await archived.compare()
    expect({ ...found, audit_log: null }).toEqual({ ...expected, audit_log: null })
    expect(found['audit_log']?.rows).toBe(1)
    expect(found['payment_transactions']?.rows).toBe(8)
    // The one payment whose amount is none still has its masking on record.
    expect(found['pii_masking_audit']?.rows).toBe(9)
    expect(await deadLetters(archived)).toEqual([
      ['BAD_CURRENCY', 'payment_transactions.currency: is not an active one of ISO 4217', 3],
      ['BAD_CURRENCY', 'payment_transactions_fraud.currency: is not an active one of ISO 4217', 3],
      ['UNKNOWN_SCHEMA', 'the schema id is of nothing that is archived from this topic', 4],
    ])
    await archived.close()
  })

  test('SPEC B2: a locked file gives one clear line; records wait, and are archived without a gap once it is free', async () => {
    const archived = await ArchivedLog.open(newFolder())
    await archived.append(DECIDED, decisions(0, 5))
    await archived.archive()
    await archived.append(DECIDED, decisions(5, 9))
    const holder = spawn(process.execPath, [
      '-e',
      `require('@duckdb/node-api').DuckDBInstance.create(process.argv[1]).then(() => { console.log('held'); setInterval(() => {}, 1000) })`,
      join(archived.folder, 'archive.duckdb'),
    ])
    await once(holder.stdout, 'data')
    const archiver = archived.archiver()
    const waits = archived.nextWait()
    const done = archived.archive(archiver)
    await waits
    expect(archiver).toMatchObject({ state: 'WAITING', waitsFor: { code: 'ARCHIVE_LOCKED' } })
    expect(archived.waitedFor[0]?.message).toMatch(
      /^another process has the archive file open; end it; rows wait in the log: .*PID \d+/,
    )
    expect(archived.waitedFor[0]?.message).not.toContain('\n')
    holder.kill('SIGKILL')
    await done
    const { expected, archived: found } = await archived.compare()
    expect(found).toEqual(expected)
    expect(found['payment_transactions']).toMatchObject({ rows: 9, distinct: 9 })
    await archived.close()
  })

  test('SPEC B2: an archive that opens and takes no rows is waited for, not live, until a flush has passed', async () => {
    const archived = await ArchivedLog.open(newFolder())
    await archived.append(DECIDED, decisions(0, 5))
    const states: string[] = []
    const lags: number[] = []
    const live = Promise.withResolvers<void>()
    const end = new AbortController()
    const archiver = archived.archiver({
      flushMs: 20,
      openWriter: async () => {
        const writer = await DuckDbWriter.open(JSON.parse(archived.settings), machineTime)
        const { flush } = writer
        writer.flush = async () => {
          states.push(archiver.state)
          lags.push((await archiver.lags()).length)
          if (states.length <= 3)
            throw new StreamsError('ARCHIVE_AWAY', 'retry', 'the service is away; rows wait in the log')
          return flush.call(writer)
        }
        return writer
      },
      events: { onWaiting: () => {}, onLive: live.resolve, onLost: () => {} },
    })
    const run = archiver.run(end.signal)
    await live.promise
    expect(archiver.state).toBe('LIVE')
    end.abort()
    await run
    expect(states.slice(0, 4)).toEqual(['LIVE', 'WAITING', 'WAITING', 'WAITING'])
    expect(archiver.counters.failures).toEqual(new Map([['ARCHIVE_AWAY', 3]]))
    expect(Math.min(...lags)).toBeGreaterThan(0)
    const { expected, archived: found } = await archived.compare()
    expect(found).toEqual(expected)
    await archived.close()
  })

  test.skipIf(cannotInject('a mount of its own'))(
    'SPEC B2: a full disk gives one clear line; with more space every record is archived once',
    () => {
      const program = join(import.meta.dirname, 'archived-log.ts')
      const said = execFileSync('unshare', ['-rm', process.execPath, program, root], {
        encoding: 'utf8',
        timeout: 110_000,
      })
      const { waitedFor, expected, archived } = JSON.parse(said)
      expect(waitedFor).toMatchObject({ code: 'ARCHIVE_DISK_FULL' })
      expect(waitedFor.message).toMatch(/^the disk of the archive is full; make room; rows wait in the log: /)
      expect(archived).toEqual(expected)
      expect(archived.payment_transactions).toMatchObject({ rows: 12_000, distinct: 12_000 })
    },
    120_000,
  )
})

async function deadLetters({ log }: ArchivedLog): Promise<unknown[]> {
  const records = await readRecords(log, { topic: TOPICS.paymentsDlq.name, partition: DECIDED.partition })
  const reader = new DeadLetterReader()
  return records.map(({ value }) => {
    const bytes = value ?? new Uint8Array(0)
    reader.wrap(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), FRAME_BYTES, bytes.length)
    const { reason, detail, inputOffset } = reader.toObject()
    return [reason, detail, inputOffset]
  })
}
