import { createHmac } from 'node:crypto'
import type { MaskKey } from '../payment-runtime.ts'

/** A person as operators name one (SPEC B4): an account's keyed token, which tells nobody without the key whose it is. */
export const SUBJECT = /^v1:[A-Za-z0-9._-]{1,64}:[0-9a-f]{64}$/

/** The subject of an account under a mask key. */
export function subjectOf(accountId: string, { id, secret }: MaskKey): string {
  return `v1:${id}:${createHmac('sha256', secret).update(accountId).digest('hex')}`
}

/** Says of an account whether it is the subject's; null when its key is not in the ring. */
export function subjectMatcher(subject: string, maskKeys: readonly MaskKey[]): ((accountId: string) => boolean) | null {
  const key = maskKeys.find(({ id }) => subject.startsWith(`v1:${id}:`))
  if (key === undefined) return null
  // Records of an account often follow each other.
  let last = ''
  let wasIt = false
  return (accountId) => {
    if (accountId !== last) {
      last = accountId
      wasIt = subjectOf(accountId, key) === subject
    }
    return wasIt
  }
}
