import { expect, test } from 'vitest'
import { isMentioned } from '../../bigquery/mentions.ts'
import { MENTIONED, REASONS } from './mention-fixture.ts'

// Goal: an erasure is refused for its reason exactly when it would have to change that reason.
test.each(REASONS)('SPEC B4: whether a reason names the account: %j', (reason, without) => {
  expect(isMentioned(MENTIONED, reason)).toBe(reason !== without)
})

test('SPEC B4: an account of one letter can be erased for a reason', () => {
  expect([isMentioned('a', 'asked at the counter'), isMentioned('a', 'a asked')]).toEqual([false, true])
})
