import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { Clock } from '../clock.ts'
import { sendPaced } from '../pacing.ts'
import { contentOf, type ImportSource } from './import-source.ts'
import { type Line, linesOf } from './lines.ts'

/** A row that could not become a payment. `reason` never holds a value of the row. */
export interface BadRow {
  readonly line: number
  readonly field: string | null
  readonly reason: string
}

/** What one line of a file became. */
export interface ImportedRow {
  readonly line: number
  /** Null for a bad row. */
  readonly payment: PaymentSubmitted | null
  readonly bad: BadRow | null
  /** The truth about the payment, where the file knows it. */
  readonly label: { readonly isFraud: boolean; readonly scenario: string } | null
  /** The amount was taken as the nearest minor unit (see `readDecimal`). */
  readonly rounded: boolean
}

export interface ImportSummary {
  /** Rows that hold something, the header of a table left out. */
  rows: number
  sent: number
  bad: number
  frauds: number
  zeroAmounts: number
  roundedAmounts: number
  /** Rows whose event time lies before that of a row above them. They are sent where they stand, never sorted. */
  outOfOrder: number
  /** The furthest that such a row lies behind, ms; over 10,000 the chain marks payments late (SPEC V3). */
  disorderMsMax: number
  firstEventMs: number
  lastEventMs: number
}

/** How far an import is. Bytes are those of the file as it stands, packed or not. */
export interface ImportProgress {
  readonly summary: Readonly<ImportSummary>
  readonly bytesRead: number
  /** Null when the source has no size, as a pipe. */
  readonly bytesTotal: number | null
}

export interface ImportRun {
  /** Takes a payment in; a promise means that it must be waited for. What it throws makes a bad row, a StreamsError ends the import. */
  readonly send: (payment: PaymentSubmitted) => Promise<unknown> | undefined
  readonly clock: Clock
  /** A multiple of real time, by event time; null is as fast as the pipeline takes it. */
  readonly speed: number | null
  readonly onBadRow: (row: BadRow) => void
  /** Hears of each payment that was sent and has a label. */
  readonly onLabel?: (transactionId: string, isFraud: boolean, scenario: string) => void
  /** Hears how far it is, after each chunk of the file. */
  readonly onProgress?: (progress: ImportProgress) => void
  readonly signal?: AbortSignal
}

/** Turns lines into rows: `readFdh` or `readJsonLines`. */
export type ImportFormat = (lines: AsyncIterable<readonly Line[]>) => AsyncIterable<readonly ImportedRow[]>

/**
 * Sends the rows of a file in file order, each payment at its own event time. Every row is accounted for: sent, or
 * reported as bad with its line number. Resolves when all were accepted; flush the producer to know that the log has them.
 * @throws what reading the file or a stopped producer throws; `onProgress` has told how far it came.
 */
export async function runImport(source: ImportSource, format: ImportFormat, run: ImportRun): Promise<ImportSummary> {
  const { clock, signal, onProgress } = run
  const summary = emptySummary()
  let bytesRead = 0
  const content = contentOf(source, (bytes) => {
    bytesRead += bytes
  })
  const dueMs = dueBy(run.speed, clock.now(), summary)
  const send = (row: ImportedRow) => sendRow(row, run, summary)
  for await (const rows of format(linesOf(content))) {
    await sendPaced(rows, { dueMs, send, clock, ...(signal && { signal }) })
    onProgress?.({ summary, bytesRead, bytesTotal: source.bytesTotal })
    if (signal?.aborted) break
  }
  return summary
}

function dueBy(speed: number | null, startMs: number, summary: ImportSummary): ((row: ImportedRow) => number) | null {
  if (speed === null) return null
  if (!(speed > 0)) throw new RangeError('speed is a multiple of real time, over 0')
  return ({ payment }) => {
    if (payment === null || summary.sent === 0) return startMs
    return startMs + (payment.eventTime - summary.firstEventMs) / speed
  }
}

function sendRow(row: ImportedRow, run: ImportRun, summary: ImportSummary): Promise<unknown> | undefined {
  summary.rows++
  const { payment, label } = row
  if (payment === null) {
    report(row.bad ?? { line: row.line, field: null, reason: 'holds no payment' }, run, summary)
    return
  }
  let room: Promise<unknown> | undefined
  try {
    room = run.send(payment)
  } catch (error) {
    if (error instanceof StreamsError) throw error
    report({ line: row.line, field: fieldOf(error), reason: reasonOf(error) }, run, summary)
    return
  }
  count(payment, row, summary)
  if (label !== null) {
    if (label.isFraud) summary.frauds++
    run.onLabel?.(payment.transactionId, label.isFraud, label.scenario)
  }
  return room
}

function report(bad: BadRow, run: ImportRun, summary: ImportSummary): void {
  summary.bad++
  run.onBadRow(bad)
}

function count(payment: PaymentSubmitted, row: ImportedRow, summary: ImportSummary): void {
  const { eventTime } = payment
  if (summary.sent === 0) {
    summary.firstEventMs = eventTime
    summary.lastEventMs = eventTime
  }
  summary.sent++
  if (payment.amountMinor === 0) summary.zeroAmounts++
  if (row.rounded) summary.roundedAmounts++
  if (eventTime < summary.lastEventMs) {
    summary.outOfOrder++
    summary.disorderMsMax = Math.max(summary.disorderMsMax, summary.lastEventMs - eventTime)
  } else summary.lastEventMs = eventTime
}

/** An edge's error that says which field it is about, as the mask's does. */
function fieldOf(error: unknown): string | null {
  return error instanceof Error && 'field' in error && typeof error.field === 'string' ? error.field : null
}

function reasonOf(error: unknown): string {
  // A RangeError of the encoder quotes the number that it refuses.
  return error instanceof RangeError || !(error instanceof Error) ? 'holds a value outside its type' : error.message
}

function emptySummary(): ImportSummary {
  return {
    rows: 0,
    sent: 0,
    bad: 0,
    frauds: 0,
    zeroAmounts: 0,
    roundedAmounts: 0,
    outOfOrder: 0,
    disorderMsMax: 0,
    firstEventMs: 0,
    lastEventMs: 0,
  }
}
