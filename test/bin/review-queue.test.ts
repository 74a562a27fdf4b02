import { expect, test } from 'vitest'
import { ReviewQueue } from '../../bin/runtime/board/review-queue.ts'
import { encodeResolution, type Resolution, ResolutionReader } from '../../schemas/generated/resolution.ts'

// Goal: the board knows how a review or challenge ended however far its end stands behind the decision.
const END: Resolution = {
  decisionId: '0-1',
  transactionId: 'tx-1',
  senderAccountId: 'acc-1',
  outcome: 'approved',
  actor: 'ada',
  eventTime: 1_700_000_000_000,
  inputTopic: 'payments.submitted',
  inputPartition: 0,
  inputOffset: 9,
  semanticsVersion: 1,
}

function resolve(queue: ReviewQueue, end: Partial<Resolution>): void {
  const bytes = encodeResolution({ ...END, ...end })
  const reader = new ResolutionReader()
  expect(reader.wrap(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)).toBe(0)
  queue.resolved(reader)
}

test('SPEC S8: the first end of a review counts, whoever comes after it', () => {
  const queue = new ReviewQueue()
  expect(queue.endOf('0-1')).toBeNull()
  resolve(queue, {})
  resolve(queue, { outcome: 'declined', actor: 'bob' })
  expect(queue.endOf('0-1')).toEqual({ outcome: 'approved', actor: 'ada', eventTime: END.eventTime })
})

test('ends: the newest 50,000 are remembered, of challenges too', () => {
  const queue = new ReviewQueue()
  for (let i = 0; i <= 50_000; i++) resolve(queue, { decisionId: `1-${i}`, outcome: 'passed', actor: 'otp' })
  expect(queue.endOf('1-0')).toBeNull()
  expect([queue.endOf('1-1')?.outcome, queue.endOf('1-50000')?.outcome]).toEqual(['passed', 'passed'])
})
