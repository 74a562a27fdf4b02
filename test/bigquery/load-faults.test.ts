import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RowBatch } from '../../bigquery/archive-writer.ts'
import type { TableName, TableRow } from '../../bigquery/schema/tables.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { batchOf, STREAM } from './archived-stream.ts'
import { CrashPoints } from './crash-points.ts'
import { BigQueryDouble } from './double/bigquery-double.ts'
import type { DoubleCall, DoubleFault } from './double/double-faults.ts'
import { LoadRun } from './load-run.ts'
import { WriteRun } from './write-run.ts'

vi.setConfig({ testTimeout: 60_000 })
const DECIDED = STREAM[0]!
const PARTITIONS = [DECIDED]
const RECORDS = 8
const CUT = { records: RECORDS, stretch: 4, flushEvery: 1, partitions: PARTITIONS }
const TABLE: TableName = 'payment_transactions'

let double: BigQueryDouble
beforeAll(async () => {
  double = await BigQueryDouble.start()
})
beforeEach(() => {
  double.faults.none()
  double.loads.fails = () => null
  double.loads.polls = 0
  double.loads.jobs.clear()
})
afterAll(() => double.stop())

const holdsEachOnce = (run: LoadRun, records = RECORDS) =>
  expect(run.found()).toEqual(run.expected(records, PARTITIONS))
const jobIds = (table: TableName) => [...double.loads.jobs.values()].filter((job) => job.table === table)

describe('load jobs and BigQuery’s faults', () => {
  test.each<[DoubleFault, DoubleCall['method'], string]>([
    ['unavailable', 'OpenUpload', 'BIGQUERY_BACKEND_ERROR'],
    ['exhausted', 'OpenUpload', 'BIGQUERY_RATE_LIMIT_EXCEEDED'],
    ['internal', 'OpenUpload', 'BIGQUERY_INTERNAL_ERROR'],
    ['unanswered', 'OpenUpload', 'BIGQUERY_UNREACHABLE'],
    ['unavailable', 'Upload', 'BIGQUERY_BACKEND_ERROR'],
    ['cut', 'Upload', 'BIGQUERY_UNREACHABLE'],
    ['unanswered', 'Upload', 'BIGQUERY_UNREACHABLE'],
    ['internal', 'JobStatus', 'BIGQUERY_INTERNAL_ERROR'],
    ['cut', 'JobStatus', 'BIGQUERY_UNREACHABLE'],
  ])('SPEC B2: %s at %s: the next writer goes on, each row once', async (fault, method, code) => {
    const run = new LoadRun(double)
    const before = double.faults.fired.length
    double.faults.once(fault, { method }, 2)
    await run.archive(CUT)
    expect(double.faults.fired.slice(before)).toEqual([fault])
    expect(run.failures).toEqual([code])
    holdsEachOnce(run)
  })

  test('SPEC B2: an upload that is never answered is given up after its time, and not doubled', async () => {
    const run = new LoadRun(double)
    const before = double.faults.fired.length
    Object.assign(run.target, { timeoutMs: 1_500 })
    double.faults.once('silent', { method: 'Upload' })
    await run.archive(CUT)
    expect(double.faults.fired.slice(before)).toEqual(['silent'])
    // On a busy machine others may take their time as well.
    expect(new Set(run.failures)).toEqual(new Set(['BIGQUERY_TIMED_OUT']))
    holdsEachOnce(run)
  })

  test('SPEC B2: a job is waited for until it has ended, and a table has one at a time', async () => {
    const run = new LoadRun(double)
    double.loads.polls = 1
    double.loads.overlaps = 0
    const { writer, close } = await run.writer()
    for (const at of [DECIDED, STREAM[1]!]) {
      await writer.begin(at)
      await writer.append(batchOf(at, 0, 4))
    }
    await writer.flush()
    await close()
    const jobs = [...double.loads.jobs.values()]
    expect(jobs.map(({ polls }) => polls)).toEqual(jobs.map(() => -1))
    expect(jobIds(TABLE)).toHaveLength(2)
    expect(double.loads.overlaps).toBe(0)
    expect(run.found()).toEqual(run.expected(4, [DECIDED, STREAM[1]!]))
  })

  test.each([
    ['backendError', 'BIGQUERY_JOB_BACKEND_ERROR', 'retry'],
    ['quotaExceeded', 'BIGQUERY_JOB_QUOTA_EXCEEDED', 'retry'],
    ['invalid', 'BIGQUERY_JOB_INVALID', 'stop'],
  ])(
    'SPEC B2: a job that fails (%s) is made again under another id, and the rows stand once',
    async (reason, code, next) => {
      const run = new LoadRun(double)
      let failures = 2
      double.loads.fails = (table) => (table === TABLE && failures-- > 0 ? reason : null)
      for (let attempt = 0; attempt < 2; attempt++) {
        const { writer, close } = await run.writer()
        expect(await writer.begin(DECIDED)).toBe(attempt === 0 ? null : 0)
        // What is planned already ends with its last record, not with the flush.
        const failed = writer.append(batchOf(DECIDED, 0, 4)).then(() => writer.flush())
        await expect(failed).rejects.toMatchObject({ code, next })
        await expect(failed).rejects.not.toThrow('12.34')
        await close()
      }
      await run.archive(CUT)
      expect(jobIds(TABLE).map(({ id }) => id.split('_').slice(-4, -1).join(' '))).toEqual([
        '0 4 0',
        '0 4 1',
        '0 4 2',
        '4 8 0',
      ])
      holdsEachOnce(run)
    },
  )

  test('SPEC X3: one that was outlived with its jobs still to make leaves one copy, and its error says so', async () => {
    const run = new LoadRun(double)
    let release: () => void = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    let hold: () => void = () => {}
    const held = new Promise<void>((resolve) => {
      hold = resolve
    })
    class Held extends CrashPoints {
      override async pass<T>(what: string, request: () => Promise<T>): Promise<T> {
        if (what === 'start a job') {
          hold()
          await released
        }
        return request()
      }
    }
    const zombie = await run.writer(new Held(null))
    await zombie.writer.begin(DECIDED)
    await zombie.writer.append(batchOf(DECIDED, 0, 4, 1))
    const outlived = zombie.writer.flush()
    outlived.catch(() => {})
    await held
    const owner = await run.writer()
    expect(await owner.writer.begin(DECIDED)).toBe(0)
    await owner.writer.append(batchOf(DECIDED, 0, RECORDS, 2))
    await owner.writer.flush()
    const jobs = double.loads.jobs.size
    release()
    await expect(outlived).rejects.toMatchObject({ next: 'fenced' })
    expect(double.loads.jobs.size).toBe(jobs)
    await Promise.all([zombie.close(), owner.close()])
    holdsEachOnce(run)
  })
})

describe('tables that are not as they must be for a load job', () => {
  const isStopped = (code: string) => ({
    code,
    next: 'stop',
    message: expect.stringContaining('sluice archive init') as string,
  })

  test('SPEC B2: a dropped table stops its writer with the fix and no job is made; anew it goes on from the commit', async () => {
    const run = new LoadRun(double)
    await run.archive({ ...CUT, records: 4 })
    const { dataset } = run.target
    const { resource } = double.tables.table(dataset, TABLE)!
    double.tables.drop(dataset, TABLE)
    const jobs = double.loads.jobs.size
    await expect(run.archive(CUT)).rejects.toMatchObject(isStopped('BIGQUERY_TABLE_MISSING'))
    expect(double.loads.jobs.size).toBe(jobs)
    double.tables.create(dataset, TABLE, resource)
    await run.archive(CUT)
    const { [TABLE]: found, ...others } = run.found()
    const { [TABLE]: expected, ...expectedOthers } = run.expected(RECORDS, PARTITIONS)
    expect(others).toEqual(expectedOthers)
    expect(found!.rows).toBe(expected!.rows - run.expected(4, PARTITIONS)[TABLE]!.rows)
  })

  test('SPEC B2: a table that is dropped between its job and the commit, and made anew, gets its rows again', async () => {
    const run = new LoadRun(double)
    double.loads.fails = (table) => (table === 'pii_masking_audit' ? 'backendError' : null)
    await expect(run.archive({ ...CUT, attempts: 1 })).rejects.toThrow('not archived')
    expect(run.found()[TABLE]!.rows).toBeGreaterThan(0)
    const { resource } = double.tables.table(run.target.dataset, TABLE)!
    double.tables.drop(run.target.dataset, TABLE)
    await new Promise((go) => setTimeout(go, 5))
    double.tables.create(run.target.dataset, TABLE, resource)
    double.loads.fails = () => null
    await run.archive(CUT)
    holdsEachOnce(run)
  })

  test('SPEC B2: a column that is missing stops with the fix; added, the rows go on without a gap', async () => {
    const run = new LoadRun(double)
    await run.archive({ ...CUT, records: 4 })
    const table = double.tables.table(run.target.dataset, TABLE)!
    const { resource } = table
    table.resource = { ...resource, schema: { fields: resource.schema.fields.filter(({ name }) => name !== 'memo') } }
    await expect(run.archive(CUT)).rejects.toMatchObject(isStopped('BIGQUERY_SCHEMA'))
    table.resource = resource
    await run.archive(CUT)
    holdsEachOnce(run)
  })
})

describe('ranges', () => {
  test('SPEC B2: a range that takes its bytes ends before its time', async () => {
    const run = new LoadRun(double)
    run.rangeBytesMax = 1_000
    const { writer, close } = await run.writer()
    await writer.begin(DECIDED)
    expect(await writer.append(batchOf(DECIDED, 0, 4))).toBe(4)
    expect(jobIds(TABLE)).toHaveLength(1)
    await close()
    const again = await run.writer()
    expect(await again.writer.begin(DECIDED)).toBe(4)
    await again.close()
    expect(run.found()).toEqual(run.expected(4, PARTITIONS))
  })

  test('SPEC B2: a row that no table can hold is dead-lettered once, whatever is lost; all others stand', async () => {
    const run = new LoadRun(double)
    const batch = batchOf(DECIDED, 0, RECORDS)
    const spoilt: RowBatch = {
      ...batch,
      rows: batch.rows.map((one) =>
        one.table === TABLE && one.row.kafka_offset === 3
          ? ({ ...one, row: { ...one.row, amount: 10n ** 40n } } as TableRow)
          : one,
      ),
    }
    double.faults.once('cut', { method: 'Upload' }, 2)
    for (const isCut of [true, false]) {
      const { writer, close } = await run.writer()
      await writer.begin(DECIDED)
      await writer.append(spoilt)
      if (isCut) await expect(writer.flush()).rejects.toMatchObject({ next: 'retry' })
      else await writer.flush()
      await close()
    }
    const topic = TOPICS.paymentsDecided.name
    expect(run.refused).toEqual([`${topic} 3 ${TABLE}.amount: is no decimal of 38 digits`])
    expect(run.broker.bounds({ topic: TOPICS.paymentsDlq.name, partition: 0 }).endOffset).toBe(1)
    const { [TABLE]: found, ...others } = run.found()
    const { [TABLE]: expected, ...expectedOthers } = run.expected(RECORDS, PARTITIONS)
    expect(others).toEqual(expectedOthers)
    expect(found).toMatchObject({ rows: expected!.rows - 1, distinct: expected!.rows - 1 })
  })

  test('SPEC B2: the mode changes where nothing is under way, and nowhere else', async () => {
    const streams = new WriteRun(double)
    const loads = new LoadRun(double, streams)
    const beginning = async (run: WriteRun | LoadRun) => {
      const { writer, close } = await run.writer()
      try {
        return await writer.begin(DECIDED)
      } finally {
        await close()
      }
    }
    const refused = (way: string) => ({
      code: 'ARCHIVE_MODE',
      next: 'stop',
      message: expect.stringContaining(way) as string,
    })

    const { writer, close } = streams.writer()
    await writer.begin(DECIDED)
    await writer.append(batchOf(DECIDED, 0, 2))
    await close()
    await expect(beginning(loads)).rejects.toMatchObject(refused('SLUICE_BIGQUERY_MODE=stream'))
    await streams.archive({ ...CUT, records: 2 })
    await loads.archive({ ...CUT, records: 4 })
    double.faults.once('cut', { method: 'Upload' })
    await expect(loads.archive({ ...CUT, attempts: 1 })).rejects.toThrow('not archived')
    await expect(beginning(streams)).rejects.toMatchObject(refused('SLUICE_BIGQUERY_MODE=load'))
    await loads.archive(CUT)
    await streams.archive({ ...CUT, records: 12 })
    holdsEachOnce(loads, 12)
  })
})
