import { expect, test } from 'vitest'
import { AuditTrail, CLAIM_ACT, LEASE_MS } from '../../bin/runtime/board/audit-trail.ts'
import {
  type AuditEvent,
  AuditEventReader,
  auditEventDefaults,
  encodeAuditEvent,
} from '../../schemas/generated/audit-event.ts'

// Goal: who has a review follows from the log alone: the first by its time, until the lease is over, whatever order the records
// of its partitions are read in.
const START_MS = 1_700_000_000_000

/** `who@ms`: claims of one review, in the order in which they are read. */
function trailOf(claims: string, more: Partial<AuditEvent> = {}): AuditTrail {
  const trail = new AuditTrail()
  for (const [i, claim] of claims.split(' ').entries()) {
    const [actor = '', ms] = claim.split('@')
    const atMs = START_MS + Number(ms)
    const event = { ...auditEventDefaults, eventId: String(i), eventTime: atMs, role: 'analyst', act: CLAIM_ACT }
    const bytes = encodeAuditEvent({ ...event, actor, subject: '0-1', result: 'done', ...more })
    const reader = new AuditEventReader()
    expect(reader.wrap(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)).toBe(0)
    trail.add(reader, atMs)
  }
  return trail
}

test.each([
  { why: 'one holds', claims: 'ada@0', at: 1, holder: 'ada' },
  { why: 'until its lease is over', claims: 'ada@0', at: LEASE_MS, holder: null },
  { why: 'the second loses', claims: 'ada@0 bob@5', at: 6, holder: 'ada' },
  { why: 'also when it is read first', claims: 'bob@5 ada@0', at: 6, holder: 'ada' },
  { why: 'after the lease it wins', claims: `ada@0 bob@${LEASE_MS}`, at: LEASE_MS + 1, holder: 'bob' },
  {
    why: 'also when it is read first and the lost one after it',
    claims: `bob@${LEASE_MS} ada@0`,
    at: LEASE_MS + 1,
    holder: 'bob',
  },
  {
    why: 'a third, read between them, has lost to the second',
    claims: `bob@${LEASE_MS} carol@${LEASE_MS + 5} ada@0`,
    at: LEASE_MS + 6,
    holder: 'bob',
  },
  {
    why: 'a third that came after a lost second has it',
    claims: `bob@5 carol@${LEASE_MS + 1} ada@0`,
    at: LEASE_MS + 2,
    holder: 'carol',
  },
  { why: 'its holder may take it again', claims: 'ada@0 ada@500000', at: LEASE_MS + 1, holder: 'ada' },
])('claims: $why', ({ claims, at, holder }) => {
  expect(trailOf(claims).claimOf('0-1', START_MS + at)?.actor ?? null).toBe(holder)
})

test('claims: what was refused, and a call of the API, is none', () => {
  expect(trailOf('ada@0', { result: 'refused' }).claimOf('0-1', START_MS + 1)).toBeNull()
  expect(trailOf('ada@0', { role: 'payment.confirm' }).claimOf('0-1', START_MS + 1)).toBeNull()
  expect(trailOf('ada@0', { role: 'payment.confirm' }).acts()).toEqual([])
})

test('audit: acts are told newest first, and no more than are shown', () => {
  const trail = trailOf(Array.from({ length: 250 }, (_, i) => `ada@${i}`).join(' '))
  const acts = trail.acts()
  expect(acts).toHaveLength(200)
  expect(acts[0]?.at).toBe(START_MS + 249)
})
