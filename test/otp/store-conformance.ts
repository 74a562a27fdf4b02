import { describe, expect, test } from 'vitest'
import type { OtpLimits } from '../../otp/limits.ts'
import type { IssueRequest, OtpStore, TryRequest } from '../../otp/otp-store.ts'

/** Limits that a test can wait for; what a test is not about is out of its way. */
export const TEST_LIMITS: OtpLimits = {
  challengeLifeMs: 60_000,
  triesMax: 5,
  codesMax: 3,
  resendPauseMs: 0,
  lockMs: 60_000,
  codesPerAccount: { max: 100, withinMs: 60_000 },
  codesPerClient: { max: 100, withinMs: 60_000 },
  wrongPerAccount: { max: 100, withinMs: 60_000 },
  triesPerClient: { max: 2_000, withinMs: 60_000 },
  retellMs: 60_000,
  sendingMs: 60_000,
  keptMs: 60_000,
  challengesMax: 1_000,
}

export interface StoreUnderTest {
  /** A store that holds nothing, and a second instance of it over the same contents. */
  readonly open: (limits: OtpLimits) => Promise<readonly [OtpStore, OtpStore]>
  /** Lets so much time of the store's clock go by. */
  readonly pass: (ms: number) => Promise<void>
  /** Lengthens all waits, where the clock is real and the machine may be busy. */
  readonly scale: number
}

const MAC = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const WRONG = 'f'.repeat(64)
const CHALLENGE = { challengeId: '3-17', accountId: 'acc-1', client: 'c1', binding: 'd'.repeat(64) }

const issueOf = (given: Partial<IssueRequest> = {}): IssueRequest => {
  return { ...CHALLENGE, mac: MAC, sealed: 'c2VhbGVk', again: false, ...given }
}
const tryOf = (given: Partial<TryRequest> = {}): TryRequest => ({ ...CHALLENGE, mac: MAC, ...given })
const again = (mac: string, sealed = mac.slice(0, 8)) => issueOf({ mac, sealed, again: true })

/** What any store of one-time codes does. */
export function otpStoreConformance({ open, pass, scale }: StoreUnderTest): void {
  const RETELL_MS = 150 * scale
  const LOCK_MS = 200 * scale
  const PAUSE_MS = 100 * scale
  const limitsOf = (limits: Partial<OtpLimits>) => ({
    ...TEST_LIMITS,
    retellMs: RETELL_MS,
    keptMs: RETELL_MS,
    ...limits,
  })
  const opened = async (limits: Partial<OtpLimits> = {}) => open(limitsOf(limits))

  /** Gives `times` wrong codes, one after the other. */
  async function giveWrong(store: OtpStore, times: number, given: Partial<TryRequest> = {}) {
    const replies = []
    for (let i = 0; i < times; i++) replies.push(await store.tryCode(tryOf({ mac: WRONG, ...given })))
    return replies
  }

  test('SPEC C4: a code is good once; the same code is known again, another is not tried', async () => {
    const [store, other] = await opened()
    expect(await store.issue(issueOf())).toMatchObject({
      isMade: true,
      mustQueue: true,
      waitMs: 0,
      standing: { phase: 'open', hasCode: true, wrongCodes: 0, isTold: false },
    })
    expect(await store.tryCode(tryOf({ mac: WRONG }))).toMatchObject({ kind: 'wrong', standing: { wrongCodes: 1 } })
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'right', standing: { phase: 'accepted', endsInMs: 0 } })
    expect(await other.tryCode(tryOf())).toMatchObject({ kind: 'right', standing: { phase: 'accepted' } })
    expect(await other.tryCode(tryOf({ mac: WRONG }))).toMatchObject({ kind: 'late', standing: { wrongCodes: 1 } })
    expect(await store.issue(again(OTHER))).toMatchObject({ isMade: false, standing: { phase: 'accepted' } })
  })

  test('SPEC B4: what is held of an account is shown without its code, and is forgotten on demand', async () => {
    const [store, other] = await opened()
    for (const [n, accountId] of ['acc-1', 'acc-2', 'acc-1'].entries()) {
      await store.issue(issueOf({ challengeId: `3-${n}`, accountId }))
    }
    await store.tryCode(tryOf({ challengeId: '3-2', mac: WRONG }))
    const isIt = (accountId: string) => accountId === 'acc-1'
    const held = (await other.challengesOf(isIt)).toSorted((a, b) => (a.challengeId < b.challengeId ? -1 : 1))
    const first = { challengeId: '3-0', accountId: 'acc-1', phase: 'open', codes: 1, wrongCodes: 0 }
    expect(held).toEqual([
      { ...first, endsMs: expect.any(Number) },
      { ...first, challengeId: '3-2', wrongCodes: 1, endsMs: expect.any(Number) },
    ])
    await other.forget(['3-0', '3-2', '3-99'])
    expect(await store.challengesOf(() => true)).toMatchObject([{ challengeId: '3-1', accountId: 'acc-2' }])
    expect(await store.size()).toBe(1)
    expect(await store.tryCode(tryOf({ challengeId: '3-0' }))).toBeNull()
  })

  test('SPEC C4: of what was never issued nothing is known', async () => {
    const [store] = await opened()
    expect(await store.tryCode(tryOf())).toBeNull()
    expect(await store.sealedCode('3-17', 's1')).toBeNull()
    expect(await store.size()).toBe(0)
  })

  test('SPEC C4: asked again, the code that lives stands and another is not made', async () => {
    const [store, other] = await opened()
    await store.issue(issueOf())
    expect(await other.issue(issueOf({ mac: OTHER }))).toMatchObject({ isMade: false, mustQueue: true })
    await store.queued('3-17')
    expect(await other.issue(issueOf({ mac: OTHER }))).toMatchObject({ isMade: false, mustQueue: false })
    expect(await store.tryCode(tryOf({ mac: OTHER }))).toMatchObject({ kind: 'wrong' })
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'right' })
  })

  test('SPEC C4: five wrong codes fail the challenge and lock the account, until the lock ends', async () => {
    const [store, other] = await opened({ lockMs: LOCK_MS })
    await store.issue(issueOf())
    await store.issue(issueOf({ challengeId: '3-18' }))
    const kinds = (await giveWrong(store, 6)).map((reply) => reply?.kind)
    expect(kinds).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'late'])
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'late', standing: { phase: 'failed', hasCode: false } })
    // Another challenge of the account waits for the end of the lock.
    const limited = await other.tryCode(tryOf({ challengeId: '3-18' }))
    expect(limited).toMatchObject({ kind: 'limited', standing: { phase: 'open', wrongCodes: 0 } })
    expect(limited?.waitMs).toBeGreaterThan(0)
    expect(limited?.waitMs).toBeLessThanOrEqual(LOCK_MS)
    expect(await other.lockedForMs('acc-1')).toBeGreaterThan(0)
    expect(await other.issue(issueOf({ challengeId: '3-19' }))).toMatchObject({
      isMade: false,
      waitMs: expect.any(Number),
    })
    expect(await other.issue(issueOf({ challengeId: '3-20', accountId: 'acc-2' }))).toMatchObject({ isMade: true })
    await pass(LOCK_MS + 1)
    expect(await other.lockedForMs('acc-1')).toBe(0)
    expect(await other.tryCode(tryOf({ challengeId: '3-18' }))).toMatchObject({ kind: 'right' })
    expect(await other.issue(issueOf({ challengeId: '3-19' }))).toMatchObject({ isMade: true })
  })

  test('SPEC C4: an operator ends a lock, and what counts against the account is forgotten', async () => {
    const [store, other] = await opened({
      codesPerAccount: { max: 2, withinMs: 60_000 },
      wrongPerAccount: { max: 5, withinMs: 60_000 },
    })
    await store.issue(issueOf())
    await store.issue(issueOf({ challengeId: '3-18' }))
    await giveWrong(store, 5)
    await other.unlock('acc-1')
    expect(await store.lockedForMs('acc-1')).toBe(0)
    expect(await store.issue(issueOf({ challengeId: '3-19' }))).toMatchObject({ isMade: true })
    expect(await store.tryCode(tryOf({ challengeId: '3-18' }))).toMatchObject({ kind: 'right' })
    await other.unlock('nobody')
  })

  test('SPEC C4: another code takes the place of the one before, keeps the count and never prolongs the challenge', async () => {
    const [store] = await opened()
    const first = await store.issue(issueOf())
    await giveWrong(store, 3)
    await pass(20)
    const second = await store.issue(again(OTHER))
    expect(second).toMatchObject({ isMade: true, mustQueue: true, standing: { wrongCodes: 3, hasCode: true } })
    expect(second.standing.endsInMs).toBeLessThan(first.standing.endsInMs)
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'wrong', standing: { wrongCodes: 4 } })
    expect(await store.tryCode(tryOf({ mac: WRONG }))).toMatchObject({ standing: { phase: 'failed', wrongCodes: 5 } })
    expect(await store.tryCode(tryOf({ mac: OTHER }))).toMatchObject({ kind: 'late' })
  })

  test('SPEC C4: a challenge has three codes, with a pause between them', async () => {
    const [store] = await opened({ resendPauseMs: PAUSE_MS })
    await store.issue(issueOf())
    const early = await store.issue(again(OTHER))
    expect(early).toMatchObject({ isMade: false, standing: { hasCode: true } })
    expect(early.waitMs).toBeGreaterThan(0)
    expect(early.waitMs).toBeLessThanOrEqual(PAUSE_MS)
    for (const mac of [OTHER, WRONG]) {
      await pass(PAUSE_MS + 1)
      expect(await store.issue(again(mac))).toMatchObject({ isMade: true })
    }
    await pass(PAUSE_MS + 1)
    const fourth = await store.issue(again(MAC))
    expect(fourth).toMatchObject({ isMade: false })
    expect(fourth.waitMs).toBe(fourth.standing.endsInMs)
    expect(await store.tryCode(tryOf({ mac: WRONG }))).toMatchObject({ kind: 'right' })
  })

  test('SPEC C4: a changed amount or receiver voids the code, whoever asks', async () => {
    const [store] = await opened()
    const changed = { binding: 'e'.repeat(64) }
    await store.issue(issueOf())
    expect(await store.tryCode(tryOf(changed))).toMatchObject({
      kind: 'void',
      standing: { phase: 'open', hasCode: false, wrongCodes: 0 },
    })
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'void' })
    expect(await store.sealedCode('3-17', 's1')).toBeNull()
    // What was challenged gets another code; what it was changed to never gets one.
    expect(await store.issue(issueOf({ ...changed, again: true }))).toMatchObject({ isMade: false, mustQueue: false })
    expect(await store.issue(issueOf({ mac: OTHER }))).toMatchObject({ isMade: true })
    expect(await store.issue(issueOf(changed))).toMatchObject({ isMade: false, standing: { hasCode: false } })
    expect(await store.issue(issueOf())).toMatchObject({ isMade: true })
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'right' })
  })

  test('SPEC C4: a code is over with its challenge, which expires, or fails if wrong codes were given', async () => {
    const [store, other] = await opened({ challengeLifeMs: RETELL_MS })
    await store.issue(issueOf())
    await store.issue(issueOf({ challengeId: '3-18', accountId: 'acc-2' }))
    await giveWrong(store, 1, { challengeId: '3-18', accountId: 'acc-2' })
    await pass(RETELL_MS + 1)
    expect(await store.sealedCode('3-17', 's1')).toBeNull()
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'late', standing: { phase: 'expired', endsInMs: 0 } })
    expect(await store.issue(again(OTHER))).toMatchObject({ isMade: false, standing: { phase: 'expired' } })
    expect((await other.takeEnded(10)).toSorted((a, b) => a.challengeId.localeCompare(b.challengeId))).toEqual([
      { challengeId: '3-17', accountId: 'acc-1', phase: 'expired', wrongCodes: 0, toldAt: null },
      { challengeId: '3-18', accountId: 'acc-2', phase: 'failed', wrongCodes: 1, toldAt: null },
    ])
    // No lock: its time ended, nobody gave five.
    expect(await store.lockedForMs('acc-2')).toBe(0)
  })

  test('SPEC S8: an end is given out until the chain has it, to one at a time, and forgotten a while after', async () => {
    const [store, other] = await opened()
    await store.issue(issueOf())
    await store.tryCode(tryOf())
    expect(await store.takeEnded(10)).toEqual([])
    await pass(RETELL_MS + 1)
    const ended = { challengeId: '3-17', accountId: 'acc-1', phase: 'accepted', wrongCodes: 0 }
    expect(await store.takeEnded(10)).toEqual([{ ...ended, toldAt: null }])
    expect(await other.takeEnded(10)).toEqual([])
    await other.told('3-17', 4_711)
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'right', standing: { isTold: true } })
    await pass(RETELL_MS + 1)
    expect(await other.takeEnded(10)).toEqual([{ ...ended, toldAt: 4_711 }])
    await other.settled('3-17')
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'right' })
    await pass(RETELL_MS + 1)
    expect(await store.takeEnded(10)).toEqual([])
    expect(await store.size()).toBe(0)
    expect(await store.tryCode(tryOf())).toBeNull()
  })

  test('SPEC S8: ends are given out oldest first and at most so many at a time', async () => {
    const [store] = await opened({ challengeLifeMs: 20 })
    for (let i = 0; i < 5; i++) {
      await store.issue(issueOf({ challengeId: `3-${i}` }))
      await pass(2)
    }
    await pass(21)
    const idsOf = async () => (await store.takeEnded(3)).map(({ challengeId }) => challengeId)
    expect(await idsOf()).toEqual(['3-0', '3-1', '3-2'])
    expect(await idsOf()).toEqual(['3-3', '3-4'])
  })

  test('SPEC C4: a sealed code waits until it was sent; one that reached nobody is void', async () => {
    const [store, other] = await opened()
    await store.issue(issueOf({ sealed: 'Zmlyc3Q=' }))
    expect(await other.sealedCode('3-17', 's1')).toMatchObject({ accountId: 'acc-1', sealed: 'Zmlyc3Q=' })
    await other.issue(issueOf({ mac: OTHER, sealed: 'c2Vjb25k', again: true }))
    // The first sender comes back: the code that took its place still waits.
    await store.delivered('3-17', 'Zmlyc3Q=', false)
    expect(await store.sealedCode('3-17', 's1')).toMatchObject({ sealed: 'c2Vjb25k' })
    await store.delivered('3-17', 'c2Vjb25k', true)
    expect(await store.sealedCode('3-17', 's1')).toBeNull()
    expect(await store.issue(issueOf())).toMatchObject({ isMade: false, mustQueue: false, standing: { hasCode: true } })
    await store.issue(again(MAC, 'dGhpcmQ='))
    await store.delivered('3-17', 'dGhpcmQ=', false)
    expect(await store.tryCode(tryOf())).toMatchObject({ kind: 'void' })
    await store.queued('none')
    await store.delivered('none', '', true)
    await store.settled('none')
    expect(await store.size()).toBe(1)
  })

  test('SPEC C4: a waiting code is one sender’s, until it was silent for too long or another code came', async () => {
    const [store, other] = await opened({ sendingMs: RETELL_MS })
    await store.issue(issueOf())
    expect(await store.sealedCode('3-17', 's1')).toMatchObject({ accountId: 'acc-1' })
    expect(await other.sealedCode('3-17', 's2')).toBe('busy')
    expect(await store.sealedCode('3-17', 's1')).toMatchObject({ accountId: 'acc-1' })
    await pass(RETELL_MS + 1)
    expect(await other.sealedCode('3-17', 's2')).toMatchObject({ accountId: 'acc-1' })
    expect(await store.sealedCode('3-17', 's1')).toBe('busy')
    await store.issue(again(OTHER))
    expect(await store.sealedCode('3-17', 's1')).toMatchObject({ sealed: OTHER.slice(0, 8) })
  })

  describe('SPEC C4: issue and verify are limited', () => {
    const WITHIN_MS = 300 * scale
    const LIMIT = { max: 3, withinMs: WITHIN_MS }
    const challenge = (i: number, given: Partial<IssueRequest>) => issueOf({ challengeId: `4-${i}`, ...given })
    const byAccount = (i: number) => ({ client: `c${i}` })
    const byClient = (i: number) => ({ accountId: `acc-${i}` })

    test.each([
      { who: 'account', limits: { codesPerAccount: LIMIT }, spread: byAccount },
      { who: 'client', limits: { codesPerClient: LIMIT }, spread: byClient },
    ] as const)('codes for each $who, in any stretch of time', async ({ limits, spread }) => {
      const [store, other] = await opened(limits)
      for (let i = 0; i < 3; i++) {
        expect(await store.issue(challenge(i, spread(i)))).toMatchObject({ isMade: true })
        await pass(WITHIN_MS / 5)
      }
      const fourth = await other.issue(challenge(3, spread(3)))
      expect(fourth).toMatchObject({ isMade: false, standing: { phase: 'open', hasCode: false } })
      expect(fourth.waitMs).toBeGreaterThan(0)
      expect(fourth.waitMs).toBeLessThanOrEqual((WITHIN_MS * 2) / 5)
      expect(await other.issue(challenge(9, { accountId: 'acc-9', client: 'c9' }))).toMatchObject({ isMade: true })
      await pass(fourth.waitMs + 1)
      expect(await other.issue(challenge(3, spread(3)))).toMatchObject({ isMade: true })
    })

    test.each([
      { who: 'wrong codes for each account', limits: { wrongPerAccount: LIMIT }, spread: byAccount, right: false },
      { who: 'tries for each client', limits: { triesPerClient: LIMIT }, spread: byClient, right: false },
      {
        who: 'tries for each client, right ones too',
        limits: { triesPerClient: LIMIT },
        spread: byClient,
        right: true,
      },
    ] as const)('$who, in any stretch of time', async ({ limits, spread, right }) => {
      const [store, other] = await opened(limits)
      for (let i = 0; i < 5; i++) await store.issue(challenge(i, spread(i)))
      for (let i = 0; i < 3; i++) {
        const { challengeId, ...own } = challenge(i, spread(i))
        const reply = await store.tryCode(tryOf({ challengeId, ...own, mac: right ? MAC : WRONG }))
        expect(reply?.kind).toBe(right ? 'right' : 'wrong')
      }
      const { challengeId, ...own } = challenge(3, spread(3))
      const limited = await other.tryCode(tryOf({ challengeId, ...own }))
      // Not looked at: it is the right code.
      expect(limited).toMatchObject({ kind: 'limited', standing: { phase: 'open', hasCode: true, wrongCodes: 0 } })
      expect(limited?.waitMs).toBeGreaterThan(0)
      await pass((limited?.waitMs ?? 0) + 1)
      expect(await other.tryCode(tryOf({ challengeId, ...own }))).toMatchObject({ kind: 'right' })
    })
  })

  test('the store holds no more challenges than its bound; one more is refused until another is forgotten', async () => {
    const [store] = await opened({ challengesMax: 2, challengeLifeMs: 20 })
    await store.issue(issueOf({ challengeId: '3-1' }))
    await store.issue(issueOf({ challengeId: '3-2' }))
    const third = () => store.issue(issueOf({ challengeId: '3-3' }))
    await expect(third()).rejects.toMatchObject({ code: 'OTP_STORE_FULL', next: 'retry' })
    expect(await store.issue(issueOf({ challengeId: '3-1' }))).toMatchObject({ isMade: false })
    await pass(21)
    await store.takeEnded(10)
    await store.settled('3-1')
    await pass(RETELL_MS + 1)
    await store.takeEnded(10)
    expect(await third()).toMatchObject({ isMade: true })
    expect(await store.size()).toBe(2)
  })

  test('SPEC C4: of 1,000 guesses at the same time over two instances five are tried', async () => {
    const [one, two] = await opened()
    await one.issue(issueOf())
    const guesses = Array.from({ length: 1_000 }, (_, i) => {
      const mac = i === 500 ? MAC : i.toString(16).padStart(64, '0')
      return (i % 2 === 0 ? one : two).tryCode(tryOf({ mac }))
    })
    const kinds = (await Promise.all(guesses)).map((reply) => reply?.kind)
    expect(kinds.filter((kind) => kind === 'wrong')).toHaveLength(5)
    expect(kinds.filter((kind) => kind === 'late')).toHaveLength(995)
  })

  test('SPEC C4: of 100 calls at the same time with the right code all are told so, and it is accepted once', async () => {
    const [one, two] = await opened({ triesPerClient: { max: 1, withinMs: 60_000 } })
    await one.issue(issueOf())
    const calls = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? one : two).tryCode(tryOf()))
    expect((await Promise.all(calls)).every((reply) => reply?.kind === 'right')).toBe(true)
    await one.issue(issueOf({ challengeId: '3-18' }))
    // The one acceptance used the client's one try.
    expect(await two.tryCode(tryOf({ challengeId: '3-18' }))).toMatchObject({ kind: 'limited' })
  })
}
