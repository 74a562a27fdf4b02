import { CardNumberScan } from '../../../processors/mask/card-number-scan.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const scan = new CardNumberScan()

/** Whether a card number stands in a text (SPEC M4). */
export function holdsCardNumber(text: string): boolean {
  const bytes = encoder.encode(text)
  return scan.holds(bytes, 0, bytes.length)
}

/** A text as it may be kept: of a card number in it, the last four digits are left. */
export function cardFreeText(text: string): string {
  const bytes = encoder.encode(text)
  const redacted = scan.redact(bytes, 0, bytes.length)
  return redacted === null ? text : decoder.decode(redacted)
}

/**
 * Who did something and why, as it may be kept: people write card numbers into reasons. All that signs, records or stores the two passes
 * them through here first, for they stand in the log, the archive, the state and its checkpoints from then on (SPEC M6).
 */
export function cardFreeTexts<T extends { readonly actor: string; readonly reason: string | null }>(by: T): T {
  const { actor, reason } = by
  return { ...by, actor: cardFreeText(actor), reason: reason === null ? null : cardFreeText(reason) }
}
