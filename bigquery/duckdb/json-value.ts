import {
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api'

/**
 * A value as JSON: whole numbers that a number holds exactly as numbers, larger ones as text, money as decimal text without
 * the zeros that its scale adds, times as ISO 8601 in UTC (DuckDB's binding would take the machine's zone).
 */
export const jsonValue: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (value instanceof DuckDBDecimalValue)
    return String(value)
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, '')
  if (value instanceof DuckDBTimestampTZValue) return new Date(Number(value.micros) / 1_000).toISOString()
  return JsonDuckDBValueConverter(value, type, converter)
}
