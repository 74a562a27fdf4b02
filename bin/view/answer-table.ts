import { isColourful, styled } from './text.ts'

/** A value of an answer as one cell of text. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Columns side by side under their names; numbers to the right. A value wider than `widthMax` is cut, and says so. */
export function tableLines(
  names: readonly string[],
  types: readonly string[],
  rows: readonly (readonly unknown[])[],
  widthMax: number,
): string[] {
  const cells = rows.map((row) => row.map((value) => cut(oneLine(cellText(value)), widthMax)))
  const widths = names.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const isNumber = types.map((type) => /INT|DECIMAL|DOUBLE|FLOAT/.test(type) && !type.endsWith('[]'))
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => (isNumber[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  const head = line(names)
  return [
    isColourful ? styled('bold', head) : head,
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...cells.map(line),
  ]
}

/** One row of RFC 4180. */
export function csvLine(values: readonly unknown[]): string {
  return values.map((value) => csvField(cellText(value))).join(',')
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Control characters of a value must not reach a terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}

function cut(text: string, widthMax: number): string {
  return text.length <= widthMax ? text : `${text.slice(0, widthMax - 1)}…`
}
