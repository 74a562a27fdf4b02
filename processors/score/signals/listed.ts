import { HIT, MISS, type SignalRule } from './signal.ts'

/** LISTED: sender, receiver, device, card, e-mail or address stands on a block list in force: a hard block. */
export const listedSignal: SignalRule = (payment, draft, stores) =>
  stores.lists.size > 0 && stores.isListed(payment, draft) ? HIT : MISS
