import { Registry } from 'prom-client'
import { onTestFinished, vi } from 'vitest'
import { resolutionOf } from '../../bin/runtime/control/open-reviews.ts'
import { findDecisions } from '../../bin/runtime/decision-search.ts'
import { openOtp } from '../../bin/runtime/otp/otp.ts'
import { createProducer } from '../../bin/runtime/payment-source.ts'
import { Pipeline } from '../../bin/runtime/pipeline.ts'
import { openWritingSession, type Session } from '../../bin/runtime/session.ts'
import type { ChallengedPayment } from '../../otp/challenges.ts'
import { createLogger } from '../../platform/logger.ts'
import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { testConfig } from '../bin/decided-folder.ts'
import { GOOD_PAYMENT } from '../corpus/bad-inputs.ts'

/** 6,000.00 to somebody new: HIGH_AMOUNT and FIRST_RECEIVER, 40 points, so the outcome is `challenge`. */
const CHALLENGED = { ...GOOD_PAYMENT, amountMinor: 600_000, currency: 'USD' }

/** A data folder that a pipeline decides, in this process: it is at work, so a control record is never one that nobody comes to. */
export async function decidedSession(folder: string, given: Readonly<Record<string, string>> = {}): Promise<Session> {
  const session = await openWritingSession(testConfig(folder, given))
  const pipeline = new Pipeline(session, { onSurvived: () => {}, onFailed: () => {} })
  onTestFinished(async () => {
    pipeline.stop()
    await pipeline.ended
    await session.log.close()
  })
  await vi.waitUntil(() => pipeline.running, 20_000)
  return session
}

/** Sends a payment and waits for its decision. */
export async function pay(session: Session, given: Partial<PaymentSubmitted>): Promise<ChallengedPayment> {
  const payment = { ...CHALLENGED, eventTime: Date.now(), ...given }
  const producer = createProducer(session)
  await producer.send(payment)
  await producer.close()
  return vi.waitFor(async () => {
    const [found] = await findDecisions(session, payment.transactionId)
    if (found === undefined) throw new Error('not decided yet')
    return found.decision
  }, 20_000)
}

/** One-time codes over the session, with what they show and log. Nobody keeps up unless asked. */
export async function openCodes(session: Session) {
  const shown: string[] = []
  const logged: string[] = []
  const registry = new Registry()
  const logger = createLogger('warn', { write: (line) => logged.push(line) })
  const otp = await openOtp(session, logger, { registry }, (line) => shown.push(line))
  if (otp === null) throw new Error('codes are sent in the demo profile')
  const over = new AbortController()
  let kept: Promise<void> = Promise.resolve()
  const close = async () => {
    over.abort()
    await kept
    await otp.close()
  }
  onTestFinished(close)
  return {
    ...otp,
    shown,
    logged,
    registry,
    keepUp: () => {
      kept = otp.keepUp(over.signal)
    },
    /** The newest code that was shown to the account. */
    codeFor: (account: string) => {
      return vi.waitFor(() => {
        const line = shown.findLast((text) => text.startsWith(`code for ${account}:`))
        if (line === undefined) throw new Error('no code yet')
        return /: (\d{6}) /.exec(line)?.[1] ?? ''
      }, 20_000)
    },
  }
}

/** The resolution of a decision, once it stands in the log. */
export function resolved(session: Session, decisionId: string) {
  return vi.waitFor(async () => {
    const found = await resolutionOf(session, Number(decisionId.split('-')[0]), decisionId)
    if (found === null) throw new Error('no resolution yet')
    return found
  }, 20_000)
}

/** Another code than this one. */
export function wrongFor(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0')
}
