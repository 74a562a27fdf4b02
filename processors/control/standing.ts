import { NO_ROW } from '../stores/layout.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import type { Watches } from '../stores/watches.ts'

/** The watch of the account whose id stands at `at` in the arena, ready to be written. A sender that never paid gets a row. */
export function watchOf(stores: PaymentStores, at: number, length: number): Watches {
  const { hash, senders, watches } = stores
  hash.hash(at, length)
  const h0 = hash.words[0]!
  const h1 = hash.words[1]!
  const h2 = hash.words[2]!
  const h3 = hash.words[3]!
  const row = senders.rows.find(h0, h1, h2, h3)
  if (row === NO_ROW) senders.add(h0, h1, h2, h3)
  else senders.at(row)
  stores.editWatch()
  return watches
}
