import type { ConfusionRow } from '../runtime/confusion.ts'
import { grouped } from './text.ts'

const COLUMNS = ['payments', 'base rate', 'caught', 'missed', 'false', 'clean', 'precision', 'recall']
const NAME_WIDTH = 16
const WIDTH = 11

/** A confusion table as lines of text: fraud caught and missed, genuine payments stopped (false) and passed (clean). */
export function confusionTable(rows: readonly ConfusionRow[]): string[] {
  const head = 'scenario'.padEnd(NAME_WIDTH) + COLUMNS.map((name) => name.padStart(WIDTH)).join('')
  return [head, ...rows.map(line)]
}

function line({ scenario, fraudStopped, fraudPassed, cleanStopped, cleanPassed }: ConfusionRow): string {
  const fraud = fraudStopped + fraudPassed
  const payments = fraud + cleanStopped + cleanPassed
  const cells = [
    grouped(payments),
    ratio(fraud, payments),
    grouped(fraudStopped),
    grouped(fraudPassed),
    grouped(cleanStopped),
    grouped(cleanPassed),
    ratio(fraudStopped, fraudStopped + cleanStopped),
    ratio(fraudStopped, fraud),
  ]
  return scenario.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(WIDTH)).join('')
}

function ratio(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(3)} %`
}
