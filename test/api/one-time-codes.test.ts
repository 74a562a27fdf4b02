import { afterAll, beforeAll, expect, test } from 'vitest'
import { findDecisions } from '../../bin/runtime/decision-search.ts'
import { openCodes, wrongFor } from '../otp/challenged-folder.ts'
import { ApiGround, type ApiInstance, CALL, confirm } from './api-ground.ts'

// Goal: the seed's calls, as it prints them: a dear payment to somebody new asks for a code, and the right one confirms it, once.
const CHALLENGED = { ...CALL, amount: 5200 }
let ground: ApiGround
let token: string

beforeAll(async () => {
  ground = await ApiGround.open()
  await ground.decide()
  token = await ground.token('usr-1', ['acc-1', 'acc-2'])
}, 60_000)
afterAll(() => ground.close())

test('SPEC C2, C4: without a code 403, a wrong one 401 with the tries left, the right one 200, and then the same bytes again', async () => {
  const codes = await openCodes(ground.session)
  codes.keepUp()
  const one = await ground.serve('one', { challenges: codes.challenges })
  const two = await ground.serve('two', { challenges: codes.challenges })
  const asked = await confirm(one, token, CHALLENGED)
  expect([asked.status, asked.json]).toEqual([
    403,
    { status: 'OTP_REQUIRED', message: 'Please verify your identity with a one-time code.', expires_in: 300 },
  ])
  const code = await codes.codeFor('acc-1')
  const { transaction_id, idempotency_key } = CHALLENGED
  const withCode = (otp_code: string) => ({ transaction_id, idempotency_key, otp_code })
  const wrong = await confirm(two, token, withCode(wrongFor(code)))
  expect([wrong.status, wrong.json]).toEqual([
    401,
    expect.objectContaining({ error: 'Invalid OTP', details: 'Code does not match or expired', tries_left: 4 }),
  ])
  expect(wrong.headers.get('www-authenticate')).not.toContain('Bearer')
  const other = await confirm(one, token, { ...withCode(code), amount: 5201 })
  expect([other.status, other.json['code']]).toEqual([422, 'KEY_REUSED'])
  const right = await confirm(one, token, withCode(code))
  expect([right.status, right.json]).toEqual([
    200,
    { status: 'SUCCESS', transaction_id, reference: expect.any(String), settlement_method: 'ACH' },
  ])
  const answers = [withCode(code), withCode(wrongFor(code)), CHALLENGED]
  for (const instance of [one, two]) {
    for (const body of answers) {
      const again = await until(
        () => confirm(instance, token, body),
        ({ status }) => status === 200,
      )
      expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([right.text, 'true'])
    }
  }
  expect(await findDecisions(ground.session, transaction_id)).toHaveLength(1)
  const counted = await codes.registry.metrics()
  expect(counted).toMatch(/^otp_validation_total\{result="valid"\} [1-9]/m)
  expect(counted).toMatch(/^otp_validation_total\{result="invalid"\} [1-9]/m)
}, 60_000)

test('SPEC C2: where nobody makes codes a challenge stays one', async () => {
  const alone: ApiInstance = await ground.serve('alone')
  const body = { ...CHALLENGED, from_account: 'acc-2', transaction_id: 'tx-alone', idempotency_key: 'k-alone' }
  expect((await confirm(alone, token, body)).json).toMatchObject({ status: 'OTP_REQUIRED', expires_in: 300 })
  expect((await confirm(alone, token, { ...body, otp_code: '000000' })).status).toBe(401)
}, 60_000)

async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
