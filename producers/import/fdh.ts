import { readDecimal } from '../../schemas/decimal.ts'
import { type PaymentSubmitted, paymentSubmittedDefaults } from '../../schemas/generated/payment-submitted.ts'
import type { BadRow, ImportedRow } from './import-run.ts'
import type { Line } from './lines.ts'

/**
 * The format of the Fraud Detection Handbook's simulated data, as CSV with one row a transaction, in event-time order.
 * Source: Le Borgne, Siblini, Lebichot and Bontempi, "Reproducible Machine Learning for Credit Card Fraud Detection",
 * chapter 3, "Transaction data simulator".
 */
export const FDH_COLUMNS = [
  'TRANSACTION_ID',
  'TX_TIME_SECONDS',
  'CUSTOMER_ID',
  'TERMINAL_ID',
  'TX_AMOUNT',
  'TX_FRAUD',
  'TX_FRAUD_SCENARIO',
] as const

/** What `TX_TIME_SECONDS` counts from. */
const FDH_START_MS = Date.UTC(2018, 3, 1)
const EURO_PLACES = 2
const SECONDS_MAX = 1_000_000_000
/** By `TX_FRAUD_SCENARIO`: none, amounts over 220, a compromised terminal, a compromised customer. */
const SCENARIOS = ['fdh-genuine', 'fdh-amount', 'fdh-terminal', 'fdh-customer'] as const
const TRANSACTION_ID = /^[A-Za-z0-9._-]{1,64}$/
const ACCOUNT_NUMBER = /^[A-Za-z0-9._:-]{1,60}$/
const DIGITS = /^[0-9]{1,10}$/

/** A table without the right header: nothing of it was imported. */
export class FdhHeaderError extends Error {
  override name = 'FdhHeaderError'
}

/**
 * Turns lines of the format into payments, in file order: a card payment in euros at a point of sale, at its own event
 * time, from `customer-<CUSTOMER_ID>` to `terminal-<TERMINAL_ID>`, the terminal being the receiver; the two prefixes
 * keep equal numbers apart. No region, no device, no personal data. An amount of zero is an account verification.
 * @throws FdhHeaderError when the first line is not the format's header.
 */
export async function* readFdh(chunks: AsyncIterable<readonly Line[]>): AsyncGenerator<readonly ImportedRow[]> {
  let started = false
  for await (const lines of chunks) {
    const rows = started ? lines : lines.slice(1)
    if (!started) requireHeader(lines[0])
    started = true
    yield rows.filter(({ text }) => text !== '').map(readRow)
  }
  if (!started) requireHeader(undefined)
}

function requireHeader(line: Line | undefined): void {
  if (line?.text === FDH_COLUMNS.join(',')) return
  throw new FdhHeaderError(`the first line must be ${FDH_COLUMNS.join(',')}; nothing was imported`)
}

function readRow(line: Line): ImportedRow {
  const refuse = (field: string | null, reason: string): ImportedRow => {
    const bad: BadRow = { line: line.number, field, reason }
    return { line: line.number, payment: null, bad, label: null, rounded: false }
  }
  if (line.text === null) return refuse(null, `is ${line.problem}`)
  const fields = line.text.split(',')
  if (fields.length !== FDH_COLUMNS.length) return refuse(null, `has ${fields.length} of ${FDH_COLUMNS.length} columns`)
  const [id = '', seconds = '', customer = '', terminal = '', amount = '', fraud = '', scenario = ''] = fields
  if (!TRANSACTION_ID.test(id)) return refuse('TRANSACTION_ID', 'is no transaction id')
  if (!DIGITS.test(seconds) || Number(seconds) > SECONDS_MAX)
    return refuse('TX_TIME_SECONDS', 'is no number of seconds')
  if (!ACCOUNT_NUMBER.test(customer)) return refuse('CUSTOMER_ID', 'is no account number')
  if (!ACCOUNT_NUMBER.test(terminal)) return refuse('TERMINAL_ID', 'is no terminal number')
  if (fraud !== '0' && fraud !== '1') return refuse('TX_FRAUD', 'is neither 0 nor 1')
  const scenarioName = DIGITS.test(scenario) ? SCENARIOS[Number(scenario)] : undefined
  if (scenarioName === undefined) return refuse('TX_FRAUD_SCENARIO', 'is not 0 to 3')
  const money = readDecimal(amount, EURO_PLACES)
  if (money.kind !== 'exact' && money.kind !== 'nearest') return refuse('TX_AMOUNT', AMOUNT_REASONS[money.kind])
  return {
    line: line.number,
    payment: fdhPayment(id, Number(seconds), customer, terminal, money.minor),
    bad: null,
    label: { isFraud: fraud === '1', scenario: scenarioName },
    rounded: money.kind === 'nearest',
  }
}

const AMOUNT_REASONS = {
  'not-decimal': 'is no decimal number',
  'too-precise': 'has a fraction of a cent',
  'too-large': 'is over 2^53 - 1 cents',
} as const

function fdhPayment(
  transactionId: string,
  seconds: number,
  customer: string,
  terminal: string,
  amountMinor: number,
): PaymentSubmitted {
  return {
    ...paymentSubmittedDefaults,
    transactionId,
    eventTime: FDH_START_MS + seconds * 1_000,
    senderAccountId: `customer-${customer}`,
    receiverAccountId: `terminal-${terminal}`,
    amountMinor,
    currency: 'EUR',
    kind: 'card',
    channel: 'pos',
    terminalId: terminal,
  }
}
