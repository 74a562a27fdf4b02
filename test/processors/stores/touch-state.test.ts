import { expect, test } from 'vitest'
import { PaymentDraft } from '../../../processors/payment-draft.ts'
import { touchState } from '../../../processors/stores/touch-state.ts'
import { DUPLICATE, PENDING } from '../../../streams/disposition.ts'
import { PaymentsDriver, START_MS } from '../../support/payments-driver.ts'

// Goal: reading ahead is only reading, for senders and ids that are known, unknown or out of the run.
test('SPEC X1: what a run will need is read ahead without a trace', () => {
  const driver = new PaymentsDriver()
  for (let i = 0; i < 300; i++) {
    driver.decide({ transactionId: `t${i}`, senderAccountId: `ACC-s${i % 20}`, eventTime: START_MS + i * 1_000 })
  }
  const stores = driver.stores()
  const { hash, senders, dedupTable } = stores
  const drafts = Array.from({ length: 300 }, (_, i) => {
    const draft = new PaymentDraft()
    hash.hashBytes(Buffer.from(`ACC-s${i % 40}`))
    ;[draft.sender0, draft.sender1, draft.sender2, draft.sender3] = [...hash.words] as [number, number, number, number]
    hash.hashBytes(Buffer.from(`t${i * 2}`))
    ;[draft.id0, draft.id1, draft.id2, draft.id3] = [...hash.words] as [number, number, number, number]
    draft.disposition = i % 7 === 0 ? DUPLICATE : PENDING
    return draft
  })
  const before = [stores.digest(), senders.rows.size, dedupTable.size, structuredClone(drafts)]
  let found = 0
  const { touch } = senders.rows
  senders.rows.touch = (row) => {
    found++
    return touch.call(senders.rows, row)
  }
  touchState(drafts, 280, stores)
  // Of each 40 senders 20 are known; of those within the run, every seventh has ended.
  expect(found).toBe(drafts.slice(0, 280).filter(({ disposition }, i) => i % 40 < 20 && disposition === PENDING).length)
  expect([stores.digest(), senders.rows.size, dedupTable.size, structuredClone(drafts)]).toEqual(before)
})
