// The encoder needs what the package's entry loads.
import { protos } from '@google-cloud/bigquery-storage'
import { JSONEncoder } from '@google-cloud/bigquery-storage/build/src/managedwriter/encoder.js'
import { NUMERIC_SCALE } from '../bigquery/schema/column.ts'
import { type AnyRow, TABLES } from '../bigquery/schema/tables.ts'
import { RowEncoder } from '../bigquery/storage/row-encoder.ts'
import { rowShape } from '../bigquery/storage/row-shape.ts'
import { batchOf, STREAM } from '../test/bigquery/archived-stream.ts'
import { Report, RUNS, size } from './harness.ts'

/**
 * Rows a second into the bytes of the Storage Write API, on one core: our encoder and the library's own JSON encoder over the
 * same rows of one table, in one run. The library takes a Date for a time and text for money; it is given those before the clock
 * starts. Bytes are compared.
 */
const TABLE = TABLES[0]
const ROWS = size(100_000, 5_000)
const BAR_RATIO = 2

const report = new Report('bigquery', 'Rows for BigQuery’s Storage Write API')
const rows = batchOf(STREAM[0]!, 0, 2_000).rows.flatMap(({ table, row }) => (table === TABLE.name ? [row] : []))
const ours = new RowEncoder(TABLE)
const theirs = new JSONEncoder({ protoDescriptor: protos.google.protobuf.DescriptorProto.fromObject(rowShape(TABLE)) })

/** As the library wants it: a Date for a time, text for money. */
function forLibrary(row: AnyRow): Parameters<JSONEncoder['encodeRows']>[0][number] {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => {
      if (typeof value === 'bigint') return [name, decimalText(value)]
      return [
        name,
        TABLE.columns[name as keyof typeof TABLE.columns].type === 'TIMESTAMP' ? new Date(value as number) : value,
      ]
    }),
  ) as never
}

function decimalText(scaled: bigint): string {
  const text = scaled.toString().padStart(NUMERIC_SCALE + 1, '0')
  return `${text.slice(0, -NUMERIC_SCALE)}.${text.slice(-NUMERIC_SCALE)}`.replace(/[.]?0+$/, '')
}

const libraryRows = rows.map(forLibrary)
const ourRuns: number[] = []
const theirRuns: number[] = []
for (let run = 0; run <= size(RUNS, 1); run++) {
  const ourRate = perSecond((at) => ours.encode(rows[at % rows.length]!))
  const theirRate = perSecond((at) => theirs.encodeRows([libraryRows[at % rows.length]!]))
  if (run === 0) continue // Warms both up.
  ourRuns.push(ourRate)
  theirRuns.push(theirRate)
}

function perSecond(encode: (at: number) => unknown): number {
  const startedMs = performance.now()
  for (let at = 0; at < ROWS; at++) encode(at)
  return (ROWS * 1_000) / (performance.now() - startedMs)
}

report.figure('our encoder', 'rows/s', ourRuns)
report.figure('the library’s JSON encoder', 'rows/s', theirRuns)
report.figure(
  'times as fast',
  'x',
  ourRuns.map((rate, run) => rate / theirRuns[run]!),
  { atLeast: BAR_RATIO },
)
report.require(
  'both make the same bytes',
  rows.every((row, at) => {
    const [bytes] = theirs.encodeRows([libraryRows[at]!])
    return Buffer.from(ours.encode(row)).equals(bytes!)
  }),
)
report.finish()
