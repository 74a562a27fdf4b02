import { PENDING } from '../../streams/disposition.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { NO_ROW } from './layout.ts'
import type { PaymentStores } from './payment-stores.ts'

// Scratch space: the rows of one run's senders.
let senderRows = new Int32Array(256)

/**
 * Reads the index places and sender rows that deciding these payments will need (ADR 0058). Each loop is so short, and its reads so
 * independent, that the processor waits for many of them at once. Changes nothing; a draft that ended is passed over.
 */
export function touchState(drafts: readonly PaymentDraft[], count: number, stores: PaymentStores): void {
  const ids = stores.dedupTable.index
  const { rows } = stores.senders
  const senders = rows.index!
  if (senderRows.length < count) senderRows = new Int32Array(2 * count)
  let read = 0
  for (let i = 0; i < count; i++) {
    const draft = drafts[i]!
    if (draft.disposition !== PENDING) continue
    read ^= senders.touch(draft.sender0, draft.sender1) ^ ids.touch(draft.id0, draft.id1)
  }
  let found = 0
  for (let i = 0; i < count; i++) {
    const draft = drafts[i]!
    if (draft.disposition !== PENDING) continue
    // A row that may be the sender's: the key, which tells, stands in the row.
    const row = senders.first(draft.sender0, draft.sender1)
    if (row !== NO_ROW) senderRows[found++] = row
  }
  for (let i = 0; i < found; i++) read ^= rows.touch(senderRows[i]!)
  // V8 leaves out a read that nothing comes of.
  stores.touched = read
}
