/** A later window that an out-of-order payment lifted over the threshold (SPEC V4), kept for its alert. */
export class RevisedWindow {
  count = 0
  eventTimeMs: number = Number.NaN
  amountMinor: number = Number.NaN
  currency = 0
  /** Ordinal + 1, 0 for none. */
  region = 0
  /** The transaction id of the payment whose window it is. */
  readonly id: Uint8Array = new Uint8Array(64)
  idLength = 0
}
