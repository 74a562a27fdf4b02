import { describe, expect, test } from 'vitest'
import { ComparedDays } from '../../bigquery/compared-days.ts'
import type { Row } from '../../bigquery/schema/tables.ts'
import { fixtureRows } from './view-fixture.ts'

// Goal: a replay tells every difference between the log and the archive, and none where an erasure took whom rows were of and nothing else.

type Payment = Row<'payment_transactions'>

const GIVEN = fixtureRows().find(({ table }) => table === 'payment_transactions')!.row as Payment
const ERASED = {
  sender_account_id: 'erased-0123456789abcdef',
  transaction_id: `erased-${GIVEN.decision_id}`,
  email_token: null,
  memo: null,
} satisfies Partial<Payment>

const payment = (changed: Partial<Payment> = {}): Payment => ({ ...GIVEN, ...changed })

interface Case {
  readonly reason: string
  readonly archived: readonly Payment[]
  readonly remade: readonly Payment[]
  readonly equal: boolean
  readonly erased?: number
}

const CASES: readonly Case[] = [
  { reason: 'the same rows', archived: [payment()], remade: [payment()], equal: true },
  {
    reason: 'the same rows in another order, archived at another time',
    archived: [payment({ kafka_offset: 9, ingest_time: 5 }), payment()],
    remade: [payment(), payment({ kafka_offset: 9 })],
    equal: true,
  },
  { reason: 'another amount', archived: [payment({ amount: 1n })], remade: [payment()], equal: false },
  { reason: 'a row too few', archived: [], remade: [payment()], equal: false },
  { reason: 'a row too many', archived: [payment(), payment()], remade: [payment()], equal: false },
  { reason: 'whom it was of is erased', archived: [payment(ERASED)], remade: [payment()], equal: true, erased: 1 },
  {
    reason: 'the receiver alone is erased',
    archived: [payment({ receiver_account_id: 'erased-0123456789abcdef' })],
    remade: [payment()],
    equal: true,
    erased: 1,
  },
  {
    reason: 'erased, and another amount',
    archived: [payment({ ...ERASED, amount: 1n })],
    remade: [payment()],
    equal: false,
  },
  {
    reason: 'erased, and twice',
    archived: [payment(ERASED), payment(ERASED)],
    remade: [payment()],
    equal: false,
    erased: 1,
  },
  { reason: 'erased, and not in the log', archived: [payment(ERASED)], remade: [], equal: false },
  {
    reason: 'an account whose own name looks erased',
    archived: [payment({ sender_account_id: 'erased-by-choice' })],
    remade: [payment({ sender_account_id: 'erased-by-choice' })],
    equal: true,
  },
]

describe('rows made again beside those of the archive', () => {
  test.each(CASES)('SPEC B2, B4: $reason', ({ archived, remade, equal, erased = 0 }) => {
    const days = new ComparedDays()
    for (const row of archived) days.addArchived('payment_transactions', row)
    for (const row of remade) days.addRemade('payment_transactions', row)
    expect(days.compared()).toMatchObject([
      {
        table: 'payment_transactions',
        archived: { rows: archived.length },
        remade: { rows: remade.length },
        equal,
        erased,
      },
    ])
  })
})
