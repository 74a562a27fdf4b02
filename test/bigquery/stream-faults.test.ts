import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TableName } from '../../bigquery/schema/tables.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { batchOf, STREAM } from './archived-stream.ts'
import { BigQueryDouble } from './double/bigquery-double.ts'
import type { DoubleCall, DoubleFault } from './double/double-faults.ts'
import { archiveWith, RECORDS, WriteRun } from './write-run.ts'

vi.setConfig({ testTimeout: 60_000 })
const CUT = { records: RECORDS, stretch: 6, flushEvery: 2 }
const [DECIDED] = STREAM

let double: BigQueryDouble
beforeAll(async () => {
  double = await BigQueryDouble.start()
})
afterAll(() => double.stop())

describe('a writer and BigQuery’s faults', () => {
  test.each<[DoubleFault, DoubleCall['method'], string]>([
    ['unavailable', 'AppendRows', 'BIGQUERY_UNAVAILABLE'],
    ['exhausted', 'AppendRows', 'BIGQUERY_RESOURCE_EXHAUSTED'],
    ['internal', 'AppendRows', 'BIGQUERY_INTERNAL'],
    ['cut', 'AppendRows', 'BIGQUERY_UNAVAILABLE'],
    ['unanswered', 'AppendRows', 'BIGQUERY_UNAVAILABLE'],
    ['unavailable', 'CreateWriteStream', 'BIGQUERY_UNAVAILABLE'],
    ['unanswered', 'CreateWriteStream', 'BIGQUERY_UNAVAILABLE'],
    ['unavailable', 'REST', 'BIGQUERY_BACKEND_ERROR'],
    ['exhausted', 'REST', 'BIGQUERY_RATE_LIMIT_EXCEEDED'],
    ['internal', 'REST', 'BIGQUERY_INTERNAL_ERROR'],
    ['cut', 'REST', 'BIGQUERY_UNREACHABLE'],
  ])('SPEC B2: %s at %s: the next writer goes on, each row once', async (fault, method, code) => {
    const run = new WriteRun(double)
    const before = double.faults.fired.length
    double.faults.once(fault, { method }, method === 'AppendRows' ? 3 : 1)
    await run.archive(CUT)
    double.faults.none()
    expect(double.faults.fired.slice(before)).toEqual([fault])
    expect(run.failures).toEqual([code])
    expect(run.found()).toEqual(run.expected())
  })

  test('SPEC B2: an append that is never answered is given up after its time, and not doubled', async () => {
    const run = new WriteRun(double)
    Object.assign(run.target, { timeoutMs: 200 })
    double.faults.once('silent', { method: 'AppendRows' }, 2)
    await run.archive(CUT)
    double.faults.none()
    expect(run.failures).toEqual(['BIGQUERY_TIMED_OUT'])
    expect(run.found()).toEqual(run.expected())
  })

  test('SPEC B2: the close of the old stream is lost and asked for again', async () => {
    const run = new WriteRun(double)
    const { writer, close } = run.writer()
    await writer.begin(DECIDED!)
    await writer.append(batchOf(DECIDED!, 0, 6))
    await close()
    double.faults.once('unanswered', { method: 'FinalizeWriteStream' })
    await run.archive(CUT)
    double.faults.none()
    expect(run.failures).toEqual(['BIGQUERY_UNAVAILABLE'])
    expect(run.found()).toEqual(run.expected())
  })

  test('SPEC X3: a writer that was outlived adds nothing, and its error says so', async () => {
    const run = new WriteRun(double)
    const zombie = run.writer()
    await zombie.writer.begin(DECIDED!)
    await zombie.writer.append(batchOf(DECIDED!, 0, 6))
    const owner = run.writer()
    expect(await owner.writer.begin(DECIDED!)).toBe(0)
    await expect(zombie.writer.append(batchOf(DECIDED!, 6, 12))).rejects.toMatchObject({ next: 'fenced' })
    await owner.writer.append(batchOf(DECIDED!, 0, 12))
    await owner.writer.flush()
    await Promise.all([zombie.close(), owner.close()])
    await run.archive(CUT)
    expect(run.found()).toEqual(run.expected())
  })

  test('SPEC B2: a stream that BigQuery has forgotten: the table itself tells what is there', async () => {
    const run = new WriteRun(double)
    const { writer, close } = run.writer()
    for (const at of STREAM) {
      await writer.begin(at)
      await writer.append(batchOf(at, 0, 6))
    }
    await close()
    double.tables.streams.clear()
    await run.archive(CUT)
    expect(run.failures).toEqual([])
    expect(run.found()).toEqual(run.expected())
  })

  test('SPEC B2: a stream that somebody closed by hand: the owner makes another', async () => {
    const run = new WriteRun(double)
    double.faults.none()
    const { writer, close } = run.writer()
    await writer.begin(DECIDED!)
    await writer.append(batchOf(DECIDED!, 0, 6))
    for (const stream of double.tables.streams.values()) stream.finalized = true
    await expect(writer.append(batchOf(DECIDED!, 6, 12))).rejects.toMatchObject({
      code: 'BIGQUERY_STREAM_CLOSED',
      next: 'retry',
    })
    await close()
    await run.archive(CUT)
    expect(run.found()).toEqual(run.expected())
  })
})

describe('tables that are not as they must be', () => {
  const TABLE: TableName = 'payment_transactions'
  const isStopped = (code: string) => ({
    code,
    next: 'stop',
    message: expect.stringContaining('sluice archive init') as string,
  })

  test('SPEC B2: a dropped table stops its writer with the fix; made anew it goes on from the committed offset', async () => {
    const run = new WriteRun(double)
    await run.archive({ ...CUT, records: 12 })
    const { dataset } = run.target
    const { resource } = double.tables.table(dataset, TABLE)!
    double.tables.drop(dataset, TABLE)
    await expect(run.archive(CUT)).rejects.toMatchObject(isStopped('BIGQUERY_TABLE_MISSING'))
    await new Promise((go) => setTimeout(go, 1_100 - (Date.now() % 1_000)))
    double.tables.create(dataset, TABLE, resource)
    await run.archive(CUT)
    const { [TABLE]: found, ...others } = run.found()
    const { [TABLE]: expected, ...expectedOthers } = run.expected()
    expect(others).toEqual(expectedOthers)
    expect(found!.rows).toBe(expected!.rows - run.expected(12)[TABLE]!.rows)
  })

  test('SPEC B2: a dataset that is not there stops with the fix and commits nothing', async () => {
    const run = new WriteRun(double)
    double.tables.datasets.delete(run.target.dataset)
    await expect(run.archive(CUT)).rejects.toMatchObject(isStopped('BIGQUERY_TABLE_MISSING'))
    const { writer, close } = run.writer()
    expect(await writer.begin(DECIDED!)).toBeNull()
    await close()
  })

  test('SPEC B2: a column that is missing stops with the fix; added, the rows go on without a gap', async () => {
    const run = new WriteRun(double)
    await run.archive({ ...CUT, records: 12 })
    const table = double.tables.table(run.target.dataset, TABLE)!
    const { resource } = table
    table.resource = { ...resource, schema: { fields: resource.schema.fields.filter(({ name }) => name !== 'memo') } }
    await expect(run.archive(CUT)).rejects.toMatchObject(isStopped('BIGQUERY_SCHEMA'))
    table.resource = resource
    await run.archive(CUT)
    expect(run.found()).toEqual(run.expected())
  })
})

describe('rows that a table refuses', () => {
  afterAll(() => {
    double.storage.refuses = () => null
    double.storage.tellsRows = true
  })

  test.each([
    { why: 'one row, named', tells: true, records: RECORDS, refuses: (offset: number) => offset === 7 },
    { why: 'one row, not named', tells: false, records: RECORDS, refuses: (offset: number) => offset === 7 },
    {
      why: 'the first and the last',
      tells: true,
      records: RECORDS,
      refuses: (n: number) => n === 0 || n === RECORDS - 1,
    },
    { why: 'every other of many', tells: true, records: 400, refuses: (offset: number) => offset % 2 === 0 },
  ])(
    'SPEC B2: $why: dead-lettered by table, column and reason, once; all others stand',
    async ({ tells, records, refuses }) => {
      const run = new WriteRun(double)
      const table: TableName = 'payment_transactions'
      double.storage.tellsRows = tells
      double.storage.refuses = (name, row) =>
        name === table && row.kafka_partition === 7 && refuses(row.kafka_offset)
          ? 'Field amount: value 12.34 is out of range'
          : null
      await run.archive({ records, stretch: records, flushEvery: 1 })
      const rows = batchOf(STREAM[1]!, 0, records).rows.filter((one) => one.table === table)
      const refused = rows.map(({ row }) => row.kafka_offset).filter(refuses)
      const [column, rule] = tells
        ? ['amount', 'is out of range']
        : [null, 'BigQuery refuses the row and does not say why']
      expect(refused.length).toBeGreaterThan(0)
      expect(run.refused).toEqual(
        refused.map((offset) => `${TOPICS.paymentsDecided.name} ${offset} ${table}.${column}: ${rule}`),
      )
      const { endOffset } = run.broker.bounds({ topic: TOPICS.paymentsDlq.name, partition: 7 })
      expect(endOffset).toBe(refused.length)
      const { [table]: found, ...others } = run.found()
      const { [table]: expected, ...expectedOthers } = run.expected(records)
      expect(others).toEqual(expectedOthers)
      expect(found).toMatchObject({ rows: expected!.rows - refused.length, distinct: expected!.rows - refused.length })
    },
  )

  test('SPEC B2: refused, and killed before the next commit: passed over when it comes again', async () => {
    const run = new WriteRun(double)
    double.storage.tellsRows = true
    double.storage.refuses = (_, row) =>
      row.kafka_topic === DECIDED!.topic && [3, 9].includes(row.kafka_offset) ? 'amount is out of range' : null
    const { writer, close } = run.writer()
    await writer.begin(DECIDED!)
    await writer.append(batchOf(DECIDED!, 0, 12))
    await close() // No flush.
    const letters = run.broker.bounds({ topic: TOPICS.paymentsDlq.name, partition: 0 }).endOffset
    expect(letters).toBe(batchOf(DECIDED!, 0, 12).rows.filter(({ row }) => [3, 9].includes(row.kafka_offset)).length)
    expect(letters).toBeGreaterThan(0)
    const again = run.writer()
    await archiveWith(again.writer, CUT)
    await again.close()
    const offsets = double.tables
      .rowsOf(run.target.dataset)
      .get('payment_transactions')!
      .filter((row) => row.kafka_topic === DECIDED!.topic && row.kafka_partition === 0)
      .map((row) => row.kafka_offset)
    const expected = batchOf(DECIDED!, 0, RECORDS).rows.filter(({ table }) => table === 'payment_transactions')
    expect(offsets).toEqual(
      expected.map(({ row }) => row.kafka_offset).filter((offset) => offset !== 3 && offset !== 9),
    )
    const after = run.broker.bounds({ topic: TOPICS.paymentsDlq.name, partition: 0 }).endOffset
    expect(after).toBe(letters)
  })
})
