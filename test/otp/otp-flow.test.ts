import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { sessionChain } from '../../bin/runtime/otp/otp-chain.ts'
import { CodeKeys } from '../../otp/code-keys.ts'
import { OtpService } from '../../otp/otp-service.ts'
import { RecordAppender } from '../../otp/record-appender.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { temporaryFolder } from '../bin/sluice-process.ts'
import { decidedSession, openCodes, pay, resolved, wrongFor } from './challenged-folder.ts'
import { openEmbeddedStore } from './embedded-folder.ts'
import { TEST_LIMITS } from './store-conformance.ts'

// Goal: from a challenged payment to its resolution, over the real chain, the real stores and the real queue.

test('SPEC C4 S8: the code that was sent passes the challenge, once, and the chain says so', async () => {
  const session = await decidedSession(temporaryFolder())
  const codes = await openCodes(session)
  codes.keepUp()
  const payment = await pay(session, { transactionId: 'tx-1', senderAccountId: 'alice' })
  expect(payment).toMatchObject({ outcome: 'challenge' })
  expect(await codes.challenges.issue(payment, 'ana')).toMatchObject({ kind: 'open', triesLeft: 5 })
  const code = await codes.codeFor('alice')
  expect(codes.shown.at(-1)).toContain('to pay 6000.00 USD to ACC-2')
  expect(await codes.challenges.issue(payment, 'ana')).toMatchObject({ kind: 'open' })
  const wrong = await codes.challenges.verify(payment, wrongFor(code), 'ana')
  expect(wrong).toMatchObject({ kind: 'wrong', state: { kind: 'open', triesLeft: 4 } })
  const right = { kind: 'right', state: { kind: 'passed', triesLeft: 0 } }
  expect(await codes.challenges.verify(payment, code, 'ana')).toMatchObject(right)
  const { outcome, actor, inputOffset } = await resolved(session, payment.decisionId)
  expect({ outcome, actor }).toEqual({ outcome: 'passed', actor: 'api' })
  expect(await codes.challenges.verify(payment, code, 'ana')).toMatchObject(right)
  expect(await codes.challenges.verify(payment, wrongFor(code), 'ana')).toMatchObject({ kind: 'late' })
  expect(await codes.challenges.resend(payment, 'ana')).toMatchObject({ kind: 'over', state: { kind: 'passed' } })
  expect(await resolved(session, payment.decisionId)).toMatchObject({ outcome: 'passed', inputOffset })
  expect(codes.shown).toHaveLength(1)
  const metrics = await codes.registry.metrics()
  expect(metrics).toContain('otp_validation_total{result="valid"} 2')
  expect(metrics).toContain('otp_validation_total{result="invalid"} 1')
  expect(metrics).toContain('sluice_otp_codes_issued_total{kind="first"} 1')
  expect(metrics).toContain('sluice_otp_deliveries_total{channel="CONSOLE",result="sent"} 1')
  expect(metrics).toContain('sluice_otp_challenges_ended_total{end="passed"} 1')
  expect(metrics).toContain('sluice_otp_challenges 1')
})

test('SPEC C4 S1: five wrong codes fail the challenge, and the next payment of the sender has OTP_FAILED', async () => {
  const session = await decidedSession(temporaryFolder())
  const codes = await openCodes(session)
  codes.keepUp()
  const payment = await pay(session, { transactionId: 'tx-1', senderAccountId: 'bob' })
  await codes.challenges.issue(payment, 'ana')
  const code = await codes.codeFor('bob')
  const checks = []
  for (let i = 0; i < 6; i++) checks.push(await codes.challenges.verify(payment, wrongFor(code), 'ana'))
  expect(checks.map(({ kind, state }) => `${kind} ${state.kind} ${state.triesLeft}`)).toEqual([
    'wrong open 4',
    'wrong open 3',
    'wrong open 2',
    'wrong open 1',
    'wrong locked 0',
    'late locked 0',
  ])
  expect(await resolved(session, payment.decisionId)).toMatchObject({ outcome: 'failed', actor: 'api' })
  const next = await pay(session, { transactionId: 'tx-2', senderAccountId: 'bob' })
  expect(next).toMatchObject({ reasons: expect.arrayContaining([{ signal: 'OTP_FAILED', points: 20 }]) })
  const locked = await codes.challenges.issue(next, 'ana')
  expect(locked).toMatchObject({ kind: 'unsent', triesLeft: 5 })
  expect(locked.waitMs).toBeGreaterThan(1_790_000)
})

test('SPEC C4: a code for another amount or receiver is void, and the payment itself gets another one', async () => {
  const session = await decidedSession(temporaryFolder())
  const codes = await openCodes(session)
  codes.keepUp()
  const payment = await pay(session, { transactionId: 'tx-1', senderAccountId: 'carol' })
  await codes.challenges.issue(payment, 'ana')
  const code = await codes.codeFor('carol')
  for (const changed of [{ amountMinor: 600_001 }, { currency: 'EUR' }, { receiverAccountId: 'ACC-3' }]) {
    expect(await codes.challenges.verify({ ...payment, ...changed }, code, 'ana')).toMatchObject({ kind: 'void' })
  }
  const check = await codes.challenges.verify(payment, code, 'ana')
  expect(check).toMatchObject({ kind: 'void', state: { kind: 'unsent', triesLeft: 5 } })
  const early = await codes.challenges.resend(payment, 'ana')
  expect(early).toMatchObject({ kind: 'too-often' })
  expect(early.waitMs).toBeGreaterThan(25_000)
})

test('SPEC C4: of what was never issued no code is right', async () => {
  const session = await decidedSession(temporaryFolder())
  const codes = await openCodes(session)
  const payment = await pay(session, { transactionId: 'tx-1', senderAccountId: 'dave' })
  expect(await codes.challenges.verify(payment, '000000', 'ana')).toMatchObject({
    kind: 'void',
    state: { kind: 'unsent', triesLeft: 5 },
  })
})

test('SPEC S8: an idle partition’s challenge is ended by clock: expired, or failed where wrong codes were given', async () => {
  const folder = temporaryFolder()
  const session = await decidedSession(folder)
  const limits = { ...TEST_LIMITS, challengeLifeMs: 1_500, retellMs: 50 }
  const appender = new RecordAppender(session.log)
  const queued: string[] = []
  const randomness = { below: () => 123_456, bytes: (length: number) => randomBytes(length) }
  const service = new OtpService({
    store: openEmbeddedStore(folder, limits),
    keys: new CodeKeys(new Uint8Array(32), randomness),
    limits,
    chain: sessionChain(session, appender, machineTime),
    queueDelivery: async (id) => void queued.push(id),
    clock: machineTime,
    onSurvived: (error) => queued.push(error.code),
  })
  const expired = await pay(session, { transactionId: 'tx-1', senderAccountId: 'erin' })
  const failed = await pay(session, { transactionId: 'tx-2', senderAccountId: 'frank' })
  const ends = Promise.all([expired, failed].map(({ decisionId }) => resolved(session, decisionId)))
  await service.issue(expired, 'ana')
  await service.issue(failed, 'ana')
  await service.verify(failed, '123457', 'ana')
  const over = new AbortController()
  const kept = service.keepUp(over.signal)
  expect(await ends).toMatchObject([
    { outcome: 'expired', actor: 'api' },
    { outcome: 'failed', actor: 'api' },
  ])
  expect(await service.verify(expired, '123456', 'ana')).toMatchObject({ kind: 'late', state: { kind: 'expired' } })
  over.abort()
  await kept
  await appender.close()
  expect(queued).toEqual([expired.decisionId, failed.decisionId])
})
