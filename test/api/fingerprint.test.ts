import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { asksFor, fingerprintOf, type Mask } from '../../api/fingerprint.ts'
import { paymentOf, readConfirm } from '../../api/request/confirm-request.ts'
import type { Claim } from '../../api/view/claim.ts'
import { maskPayment } from '../../processors/mask/mask-payment.ts'
import { apiClaimDefaults } from '../../schemas/generated/api-claim.ts'
import { CALL } from './api-ground.ts'

// Goal: what a call asks for is known again by whoever reads its claim, whichever mask key or build wrote it.
const NOW_MS = 1_780_315_200_000
const under =
  (keyId: string): Mask =>
  (payment) =>
    maskPayment(payment, (message) => hash('sha256', Buffer.concat([Buffer.from(keyId), message])), keyId)
const asked = (more: object) => readConfirm(Buffer.from(JSON.stringify({ ...CALL, ...more })), undefined)
const claimed = (fingerprint: string): Claim => ({
  ...apiClaimDefaults,
  claimId: 'claim-a',
  caller: 'usr-1',
  route: 'POST /payment/confirm',
  idempotencyKey: 'abc-123',
  fingerprint,
  transactionId: 'tx-987',
  senderAccountId: 'acc-1',
  receiverAccountId: 'payee-xyz',
  amountMinor: 5_200,
  currency: 'USD',
  settlementMethod: 'ACH',
  eventTime: NOW_MS,
  appendTimeMs: NOW_MS,
})
const request = asked({ ip: '203.0.113.9' })
const masked = under('new')(paymentOf(request, NOW_MS))

test('SPEC C3, M3: a claim under another key that is held is the same call, one under a key that is not is another', () => {
  const claim = claimed(fingerprintOf(under('old')(paymentOf(request, NOW_MS)), request))
  expect(asksFor(claim, masked, request, [under('old')])).toBe(true)
  expect(asksFor(claim, masked, request, [under('lost')])).toBe(false)
  const other = asked({ ip: '203.0.113.10' })
  expect(asksFor(claim, under('new')(paymentOf(other, NOW_MS)), other, [under('old')])).toBe(false)
})

test('SPEC C3: a field that payments get later changes no fingerprint while a call leaves it out', () => {
  const grown = { ...masked, later: null }
  expect(fingerprintOf(grown, request)).toBe(fingerprintOf(masked, request))
  expect(fingerprintOf({ ...masked, memo: 'lunch' }, request)).not.toBe(fingerprintOf(masked, request))
})

test('SPEC C3: a claim that a build before wrote, with every field that the call left out, is the same call', () => {
  const claim = claimed(hash('sha256', JSON.stringify({ ...masked, idempotencyKey: null, eventTime: null })))
  expect(asksFor(claim, masked, request, [])).toBe(true)
  const other = asked({ ip: '203.0.113.9', memo: 'lunch' })
  expect(asksFor(claim, under('new')(paymentOf(other, NOW_MS)), other, [])).toBe(false)
})
