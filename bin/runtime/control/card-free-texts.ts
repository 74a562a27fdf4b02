import { cardFreeText } from '../../../processors/mask/mask-payment.ts'

/**
 * Who did something and why, as it may be kept: people write card numbers into reasons. All that signs, records or stores the two passes
 * them through here first, for they stand in the log, the archive, the state and its checkpoints from then on (SPEC M6).
 */
export function cardFreeTexts<T extends { readonly actor: string; readonly reason: string | null }>(by: T): T {
  const { actor, reason } = by
  return { ...by, actor: cardFreeText(actor), reason: reason === null ? null : cardFreeText(reason) }
}
