import type { LabelledRecord } from './labelled-record.ts'

/** The label file's first line: CSV (RFC 4180), one row a transaction id, in order of sending. */
export const LABEL_FILE_HEADER = 'transaction_id,is_fraud,scenario\n'

/** The row of one record, or an empty text for a record that has none: a repeat, or a value that is no payment. */
export function labelRow(record: LabelledRecord): string {
  const { payment, label } = record
  if (payment === null || !label.listed) return ''
  return labelRowOf(payment.transactionId, label.isFraud, label.scenario)
}

/** A row from its parts; ids and scenario names hold no character that CSV would have to quote. */
export function labelRowOf(transactionId: string, isFraud: boolean, scenario: string): string {
  return `${transactionId},${isFraud ? 1 : 0},${scenario}\n`
}
