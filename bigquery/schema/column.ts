/**
 * How a table is described, once for all: DDL of both dialects, the descriptor of the Storage Write API and the type of a
 * row are made from it. The types are BigQuery's.
 */

/**
 * What a row holds for a column of each type; every writer takes these.
 *
 * - INT64 is a safe integer as a number: counts and offsets, exact to 2^53.
 * - NUMERIC is a bigint, scaled by 10^9 (`NUMERIC_SCALE`): 12.34 is 12_340_000_000n.
 * - TIMESTAMP is epoch ms as a number; writers make of it what their archive wants (µs).
 */
export interface ScalarValues {
  readonly STRING: string
  readonly INT64: number
  readonly FLOAT64: number
  readonly BOOL: boolean
  readonly NUMERIC: bigint
  readonly TIMESTAMP: number
}

/** Decimal places of NUMERIC in both archives; 38 digits in all. */
export const NUMERIC_SCALE = 9
export const NUMERIC_PRECISION = 38

export type ScalarType = keyof ScalarValues
export type Mode = 'REQUIRED' | 'NULLABLE' | 'REPEATED'

/** A column of one value, of one value or none, or of a list of values. A list may be empty and is never null. */
export interface ScalarColumn {
  readonly type: ScalarType
  readonly mode: Mode
  readonly description: string
}

/** A column that holds a list of records. */
export interface RecordColumn {
  readonly type: 'RECORD'
  readonly mode: 'REPEATED'
  readonly description: string
  readonly fields: Readonly<Record<string, ScalarColumn>>
}

export type Column = ScalarColumn | RecordColumn

/** Columns in the order in which they stand in the table. */
export type Columns = Readonly<Record<string, Column>>

/** A table of the archive. */
export interface Table {
  readonly name: string
  readonly description: string
  readonly columns: Columns
  /** The TIMESTAMP column whose UTC date is the partition. */
  readonly partitionBy: string
  /** At most four; the order matters. */
  readonly clusterBy: readonly string[]
  /** After so many days a partition goes; null keeps it. */
  readonly expiryDays: number | null
}

type ScalarOf<C extends ScalarColumn> = C['mode'] extends 'REPEATED'
  ? readonly ScalarValues[C['type']][]
  : C['mode'] extends 'NULLABLE'
    ? ScalarValues[C['type']] | null
    : ScalarValues[C['type']]

type ValueOf<C extends Column> = C extends RecordColumn
  ? readonly { readonly [F in keyof C['fields']]: ScalarOf<C['fields'][F]> }[]
  : C extends ScalarColumn
    ? ScalarOf<C>
    : never

/** A row: every column by its name, in the representation of `ScalarValues`. */
export type RowOf<T extends Table> = { readonly [K in keyof T['columns']]: ValueOf<T['columns'][K]> }

export function required<const T extends ScalarType>(type: T, description: string) {
  return { type, mode: 'REQUIRED', description } as const
}

export function nullable<const T extends ScalarType>(type: T, description: string) {
  return { type, mode: 'NULLABLE', description } as const
}

export function repeated<const T extends ScalarType>(type: T, description: string) {
  return { type, mode: 'REPEATED', description } as const
}

export function records<const F extends Readonly<Record<string, ScalarColumn>>>(description: string, fields: F) {
  return { type: 'RECORD', mode: 'REPEATED', description, fields } as const
}

/** Decimal text as NUMERIC. */
export function numericOf(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(`${whole}${fraction.padEnd(NUMERIC_SCALE, '0')}`)
}
