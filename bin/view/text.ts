import { styleText } from 'node:util'
import { wantsNoColor } from '../../platform/config.ts'
import { majorUnits } from '../../schemas/decimal.ts'
import type { Decision } from '../../schemas/generated/decision.ts'

type Style = Parameters<typeof styleText>[0]

/** Whether standard output takes colours. */
export const isColourful: boolean = process.stdout.isTTY === true && !wantsNoColor()

/** `text` in a style, where the terminal shows it and nobody asked for none. */
export function styled(style: Style, text: string): string {
  return isColourful ? styleText(style, text, { validateStream: false }) : text
}

const OUTCOME_STYLES: Readonly<Record<string, Style>> = {
  approve: 'green',
  challenge: 'yellow',
  review: 'magenta',
  block: 'red',
}

export function styledOutcome(outcome: string): string {
  return styled(OUTCOME_STYLES[outcome] ?? 'white', outcome)
}

/** A whole number with its thousands apart. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** Bytes in the largest unit that leaves at least one. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let value = bytes
  for (; value >= 1_024 && unit < units.length - 1; unit++) value /= 1_024
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

/** Minor units of a currency as people write them. */
export function amountText(amountMinor: number, currency: string): string {
  return `${majorUnits(amountMinor, currency)} ${currency}`
}

/** One decision in one line: id, outcome, amount, score with its reasons, actions. */
export function decisionLine(decision: Decision): string {
  const { transactionId, outcome, amountMinor, currency, fraudScore, reasons, actions } = decision
  const why = reasons.map(({ signal, points }) => `${signal} ${points}`).join(', ')
  const parts = [
    `${transactionId}  ${styledOutcome(outcome)}`,
    amountText(amountMinor, currency),
    `score ${fraudScore}${why === '' ? '' : ` (${why})`}`,
    `velocity ${decision.velocityCount}`,
    ...(actions.length > 0 ? [`actions ${actions.join(', ')}`] : []),
    ...(decision.excused ? ['excused by habit'] : []),
  ]
  return parts.join('  ')
}

/** Writes to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes to standard error: progress and complaints. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`)
}
