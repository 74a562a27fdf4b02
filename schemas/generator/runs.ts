import { type AvroField, type AvroRecord, SchemaError } from '../avro/schema.ts'

/** Fields that stand in the same order in two records and are seldom rewritten between them, so they copy as one. */
export interface Run {
  readonly record: string
  readonly into: string
  readonly from: string
  readonly through: string
}

export const RUNS: readonly Run[] = [
  { record: 'PaymentSubmitted', into: 'Decision', from: 'transaction_id', through: 'device_id' },
  { record: 'PaymentSubmitted', into: 'Decision', from: 'mask_key_id', through: 'memo' },
]

/** The run's fields in `record`; throws a SchemaError when there are none. */
export function runFields(record: AvroRecord, run: Run): readonly AvroField[] {
  const from = record.fields.findIndex((field) => field.name === run.from)
  const through = record.fields.findIndex((field) => field.name === run.through)
  if (from < 0 || through < from) throw new SchemaError(`${record.name}: no run ${run.from} to ${run.through}`)
  return record.fields.slice(from, through + 1)
}

/** Throws a SchemaError unless every run has the same names and types on both sides. */
export function checkRuns(records: ReadonlyMap<string, AvroRecord>, runs: readonly Run[]): void {
  for (const run of runs) {
    const [source, target] = [run.record, run.into].map((name) => {
      const record = records.get(name)
      if (record === undefined) throw new SchemaError(`a run names ${name}, which is no record`)
      return JSON.stringify(runFields(record, run).map(({ name: field, type }) => [field, type]))
    })
    if (source !== target)
      throw new SchemaError(`${run.record} and ${run.into} differ in ${run.from} to ${run.through}`)
  }
}
