import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { scanPartition } from '../../bin/runtime/partition-scan.ts'
import { OutputValues } from '../../bin/runtime/record-values.ts'
import { INPUT_TOPIC, type Session } from '../../bin/runtime/session.ts'
import type { ChallengedPayment } from '../../otp/challenges.ts'
import { FRAME_BYTES } from '../../schemas/avro/framing.ts'
import { ControlRecordReader } from '../../schemas/generated/control-record.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { temporaryFolder } from '../bin/sluice-process.ts'
import { decidedSession, openCodes, pay, resolved } from './challenged-folder.ts'

// Goal: a code that was accepted is remembered as accepted, whoever is killed before the chain has the end.

const VERIFIER = fileURLToPath(new URL('./killed-verifier.ts', import.meta.url))

/** Gives the code in a process that is killed once it is accepted. */
async function verifyAndDie(folder: string, payment: ChallengedPayment, code: string, when: 'before' | 'after') {
  const { decisionId, senderAccountId, receiverAccountId, amountMinor, currency } = payment
  const bound = JSON.stringify({ decisionId, senderAccountId, receiverAccountId, amountMinor, currency })
  const child = spawn(process.execPath, [VERIFIER, folder, bound, code, when], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const [, signal] = await once(child, 'close')
  // The fault has fired, where it should.
  expect({ signal, said }).toEqual({ signal: 'SIGKILL', said: '' })
}

/** How often the chain was told that the challenge is passed, and how many resolutions came of it. */
async function countEnds({ log, ids }: Session, decisionId: string) {
  const partition = Number(decisionId.split('-')[0])
  const counts = { told: 0, resolutions: 0 }
  const control = new ControlRecordReader()
  const inputs = { topic: INPUT_TOPIC, partition }
  await scanPartition(log, inputs, 0, (await log.bounds(inputs)).endOffset, ({ bytes, valueAt, valueLength }, view) => {
    if (view.getInt32(valueAt + 1) !== ids.control) return
    control.wrap(bytes, view, valueAt + FRAME_BYTES, valueAt + valueLength)
    if (control.decisionId === decisionId && control.kindSymbol === 'CHALLENGE_PASSED') counts.told++
  })
  const values = new OutputValues(ids)
  const decided = { topic: TOPICS.paymentsDecided.name, partition }
  await scanPartition(log, decided, 0, (await log.bounds(decided)).endOffset, (record, view) => {
    if (values.resolutionOf(record, view)?.decisionId === decisionId) counts.resolutions++
  })
  return counts
}

test('SPEC C4 S8: kill -9 between a code’s acceptance and its commit, then a retry: one resolution, the same answer', async () => {
  const folder = temporaryFolder()
  const session = await decidedSession(folder)
  const codes = await openCodes(session)
  codes.keepUp()
  for (const when of ['before', 'after'] as const) {
    const account = `sender-${when}`
    const payment = await pay(session, { transactionId: `tx-${when}`, senderAccountId: account })
    await codes.challenges.issue(payment, 'ana')
    const code = await codes.codeFor(account)
    await verifyAndDie(folder, payment, code, when)
    for (let i = 0; i < 2; i++) {
      const check = await codes.challenges.verify(payment, code, 'ana')
      expect(check, when).toMatchObject({ kind: 'right', state: { kind: 'passed' } })
    }
    expect(await resolved(session, payment.decisionId), when).toMatchObject({ outcome: 'passed', actor: 'api' })
    expect(await countEnds(session, payment.decisionId)).toEqual({ told: when === 'before' ? 1 : 2, resolutions: 1 })
  }
}, 60_000)

test('SPEC C4 S8: kill -9 after a code’s acceptance and nobody comes back: the chain is told all the same', async () => {
  const folder = temporaryFolder()
  const session = await decidedSession(folder)
  const codes = await openCodes(session)
  codes.keepUp()
  const payment = await pay(session, { transactionId: 'tx-1', senderAccountId: 'alice' })
  await codes.challenges.issue(payment, 'ana')
  await verifyAndDie(folder, payment, await codes.codeFor('alice'), 'before')
  expect(await resolved(session, payment.decisionId)).toMatchObject({ outcome: 'passed', actor: 'api' })
  expect(await countEnds(session, payment.decisionId)).toEqual({ told: 1, resolutions: 1 })
}, 60_000)
