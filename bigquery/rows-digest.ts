import { createHash } from 'node:crypto'
import type { AnyRow, Row } from './schema/tables.ts'

const MODULUS = 2n ** 256n
const NO_COLUMNS: ReadonlySet<string> = new Set()

/**
 * What a set of rows of one table is, in whatever order they come: their number, the sum of their SHA-256 modulo 2^256,
 * and the sum of NUMERIC amounts of each currency. `ingest_time` is left out: a replay changes it and nothing else.
 */
export class RowsDigest {
  rows = 0
  /** By currency, in units of 10^-9. */
  readonly amounts: Map<string, bigint> = new Map()
  private sum = 0n

  /** `hash` is the row's, or that of a part of it. */
  add(row: AnyRow, hash: string = rowHash(row)): void {
    this.rows++
    this.sum = (this.sum + BigInt(`0x${hash}`)) % MODULUS
    const { amount, currency } = row as Partial<Row<'payment_transactions' | 'fraud_velocity_alerts'>>
    if (amount && currency) this.amounts.set(currency, (this.amounts.get(currency) ?? 0n) + amount)
  }

  /** 64 hex digits. */
  get hash(): string {
    return this.sum.toString(16).padStart(64, '0')
  }
}

/** SHA-256 of a row's values by the order of its columns but for those `without`, 64 hex digits. */
export function rowHash({ ingest_time: _, ...row }: AnyRow, without: ReadonlySet<string> = NO_COLUMNS): string {
  const kept = Object.fromEntries(Object.entries(row).filter(([column]) => !without.has(column)))
  const text = JSON.stringify(kept, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
  return createHash('sha256').update(text).digest('hex')
}
