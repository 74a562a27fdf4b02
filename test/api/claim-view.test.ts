import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import { answerOf } from '../../api/answers.ts'
import { claimId, isClaimId, KEY_LIFE_MS, scopeOf } from '../../api/view/claim.ts'
import { ClaimView } from '../../api/view/claim-view.ts'
import { ViewStore } from '../../api/view/view-store.ts'
import { type ApiClaim, apiClaimDefaults } from '../../schemas/generated/api-claim.ts'

// Goal: every instance answers alike: the view is a fold of two topics, whatever their interleaving and wherever it was started again.
const START_MS = 1_780_315_200_000
const folder = mkdtempSync(join(tmpdir(), 'sluice-view-'))
const stores: ViewStore[] = []
afterAll(async () => {
  for (const store of stores) await store.close()
  rmSync(folder, { recursive: true })
})

let folders = 0
const opened = async (name = `view-${folders++}`, logId = 'log') => {
  const store = await ViewStore.open(join(folder, name), logId)
  stores.push(store)
  return store
}
const idOf = (number: number) => claimId(new Uint8Array(16).fill(number))
const claimOf = (number: number, key: string): ApiClaim => ({
  ...apiClaimDefaults,
  claimId: idOf(number),
  caller: 'usr-1',
  route: 'POST /payment/confirm',
  idempotencyKey: key,
  fingerprint: String(number),
  transactionId: `tx-${number}`,
  senderAccountId: 'acc-1',
  receiverAccountId: 'acc-2',
  amountMinor: 100,
  currency: 'USD',
  settlementMethod: 'ACH',
  eventTime: START_MS,
})
const oneOf = (path: string, name: RegExp) => join(path, readdirSync(path).find((file) => name.test(file)) ?? 'none')
const scope = (key: string) => scopeOf(claimOf(0, key))

interface Claimed {
  readonly key: string
  readonly atMs: number
}

/** Applies claims and decisions in the order that `turns` says: true takes the next claim. */
function fold(view: ClaimView, claims: readonly Claimed[], turns: readonly boolean[]): void {
  const waiting = claims.map((claim, i) => ({ ...claim, i }))
  const decisions = [...waiting]
  const applyClaim = ({ key, atMs, i }: (typeof waiting)[number]) => view.applyClaim(claimOf(i, key), atMs)
  const applyDecision = ({ atMs, i }: (typeof waiting)[number]) =>
    view.applyDecision(idOf(i), { decisionId: `0-${i}`, outcome: 'approve', fraudScore: i }, atMs)
  for (const isClaim of turns) {
    const next = (isClaim ? waiting : decisions).shift()
    if (next !== undefined) (isClaim ? applyClaim : applyDecision)(next)
  }
  waiting.forEach(applyClaim)
  decisions.forEach(applyDecision)
}

function answers(view: ClaimView, nowMs: number): unknown {
  return ['a', 'b', 'c'].map((key) => {
    const claim = view.claimOf(scope(key), nowMs)
    return claim === null ? null : [claim.claimId, answerOf(view.stateOf(claim))?.body]
  })
}

test('SPEC C3: property: of the claims of a key that live the first wins, in any interleaving with decisions', async () => {
  const claimed = fc.record({ key: fc.constantFrom('a', 'b', 'c'), afterMs: fc.integer({ min: 0, max: KEY_LIFE_MS }) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(claimed, { maxLength: 12 }),
      fc.array(fc.boolean(), { maxLength: 24 }),
      async (rows, turns) => {
        let atMs = START_MS
        const claims = rows.map(({ key, afterMs }) => {
          atMs += Math.floor(afterMs / 4)
          return { key, atMs }
        })
        const inOrder = new ClaimView(await opened())
        fold(inOrder, claims, [])
        const mixed = new ClaimView(await opened())
        fold(mixed, claims, turns)
        expect(answers(mixed, atMs)).toEqual(answers(inOrder, atMs))
        const winners = new Map<string, { readonly i: number; readonly atMs: number }>()
        for (const [i, { key, atMs: at }] of claims.entries()) {
          const before = winners.get(key)
          if (before === undefined || before.atMs + KEY_LIFE_MS <= at) winners.set(key, { i, atMs: at })
        }
        for (const key of ['a', 'b', 'c']) {
          const winner = winners.get(key)
          const lives = winner !== undefined && winner.atMs + KEY_LIFE_MS > atMs
          expect(mixed.claimOf(scope(key), atMs)?.claimId ?? null).toBe(lives ? idOf(winner.i) : null)
        }
      },
    ),
    { numRuns: 30 },
  )
})

test('SPEC C3: of two decisions for a claim, which only a payment posted again after the horizon has, the first answers', async () => {
  const view = new ClaimView(await opened())
  view.applyClaim(claimOf(1, 'a'), START_MS)
  for (const [decisionId, outcome] of [
    ['0-1', 'approve'],
    ['0-2', 'block'],
  ] as const) {
    view.applyDecision(idOf(1), { decisionId, outcome, fraudScore: 0 }, START_MS)
  }
  const claim = view.claimOf(scope('a'), START_MS)
  expect(claim === null ? null : view.stateOf(claim).decision).toMatchObject({ decisionId: '0-1', outcome: 'approve' })
})

test('SPEC C2: who waits for a claim that another one’s decision answers hears of that decision’s end', async () => {
  for (const isKnownBefore of [true, false]) {
    const view = new ClaimView(await opened())
    view.applyClaim(claimOf(1, 'a'), START_MS)
    view.applyDecision(idOf(1), { decisionId: '0-1', outcome: 'challenge', fraudScore: 40 }, START_MS)
    view.applyClaim(claimOf(2, 'b'), START_MS)
    const answered = () => view.applyClaim({ ...claimOf(2, 'b'), decisionId: '0-1' }, START_MS)
    const claim = view.claimOf(scope('b'), START_MS)!
    if (isKnownBefore) answered()
    const heard: unknown[] = []
    const stop = view.listen(claim.claimId, () => heard.push(view.stateOf(claim).resolution))
    if (!isKnownBefore) answered()
    heard.length = 0
    view.applyResolution('0-1', 'passed', START_MS)
    expect(heard).toEqual(['passed'])
    stop()
    expect(view.listened).toBe(0)
  }
})

test('SPEC C3: the first refusal of a claim is told, beside a decision that another post of it has had', async () => {
  const view = new ClaimView(await opened())
  view.applyClaim(claimOf(1, 'a'), START_MS)
  const claim = view.claimOf(scope('a'), START_MS)
  const state = () => (claim === null ? null : view.stateOf(claim))
  expect(state()).toMatchObject({ decision: null, refusal: null })
  view.applyRefusal(idOf(1), 'ID_CONFLICT', START_MS)
  view.applyRefusal(idOf(1), 'FUTURE_EVENT', START_MS)
  expect(state()).toMatchObject({ decision: null, refusal: 'ID_CONFLICT' })
  view.applyDecision(idOf(1), { decisionId: '0-1', outcome: 'approve', fraudScore: 0 }, START_MS)
  expect(state()).toMatchObject({ decision: { decisionId: '0-1' }, refusal: 'ID_CONFLICT' })
})

test('SPEC C3: a view is there again after a start, and one of another log is thrown away', async () => {
  const store = await ViewStore.open(join(folder, 'again'), 'log')
  const view = new ClaimView(store)
  view.applyClaim(claimOf(1, 'a'), START_MS)
  view.applyDecision(idOf(1), { decisionId: '3-7', outcome: 'review', fraudScore: 90 }, START_MS)
  view.applyResolution('3-7', 'approved', START_MS)
  store.put('p:topic-0', 42)
  const before = answers(view, START_MS)
  await store.close()
  const again = await ViewStore.open(join(folder, 'again'), 'log')
  expect([answers(new ClaimView(again), START_MS), again.get('p:topic-0')]).toEqual([before, 42])
  await again.close()
  const other = await opened('again', 'another log')
  expect([other.get('p:topic-0'), new ClaimView(other).size]).toEqual([undefined, 0])
})

test.each([
  ['its list of files is cut short', (path: string) => truncateSync(oneOf(path, /^MANIFEST/), 10)],
  ['a table of it is gone', (path: string) => rmSync(oneOf(path, /\.ldb$/))],
  ['another build left it', (path: string) => rmSync(join(path, 'CURRENT'))],
])('SPEC C3: a view that cannot be read is made anew from the log: %s', async (_, damage) => {
  const path = join(folder, `damaged-${folders++}`)
  // What is in LevelDB's journal at an opening goes into a table.
  for (let opening = 0; opening < 2; opening++) {
    const store = await ViewStore.open(path, 'log')
    store.put('p:topic-0', 42)
    expect(store.get('p:topic-0')).toBe(42)
    await store.close()
  }
  damage(path)
  const again = await ViewStore.open(path, 'log')
  expect(again.get('p:topic-0')).toBeUndefined()
  again.put('p:topic-0', 7)
  await again.close()
  const later = await opened(basename(path))
  expect(later.get('p:topic-0')).toBe(7)
})

test('a view that its disk refuses keeps nothing more, says what to do and leaves what was read', async () => {
  const path = join(folder, 'refused')
  const store = await ViewStore.open(path, 'log')
  store.put('p:topic-0', 42)
  // LevelDB begins a new file after 32 MiB, and there is no folder for it.
  rmSync(path, { recursive: true })
  for (let i = 0; i < 400; i++) store.put(`c:${i}`, 'x'.repeat(100_000))
  await vi.waitFor(() => expect(() => store.put('p:topic-1', 1)).toThrow(/cannot be written.*start again/), 10_000)
  expect(store.get('p:topic-0')).toBe(42)
  await store.close()
})

test('a view has one owner at a time: another is told what to set', async () => {
  await opened('owned')
  await expect(ViewStore.open(join(folder, 'owned'), 'log')).rejects.toMatchObject({ code: 'VIEW_OWNED', next: 'stop' })
})

test('SPEC C3: a day and an hour after its claim everything of it is forgotten', async () => {
  const name = 'expiring'
  const store = await ViewStore.open(join(folder, name), 'log')
  const view = new ClaimView(store)
  view.applyClaim(claimOf(1, 'a'), START_MS)
  view.applyDecision(idOf(1), { decisionId: '3-7', outcome: 'approve', fraudScore: 0 }, START_MS + 5)
  view.applyClaim(claimOf(2, 'b'), START_MS + 1_000)
  await store.close()
  const later = await opened(name)
  const aged = new ClaimView(later)
  expect(aged.size).toBe(2)
  await aged.expire(START_MS + KEY_LIFE_MS + 3_600_000)
  expect(aged.claimOfPayment('acc-1', 'tx-1')).not.toBeNull()
  await aged.expire(START_MS + KEY_LIFE_MS + 3_600_001)
  await aged.expire(START_MS + KEY_LIFE_MS + 3_600_001)
  expect([aged.claimOfPayment('acc-1', 'tx-1'), aged.decisionNamed('3-7'), aged.size]).toEqual([null, null, 1])
  expect(aged.claimOfPayment('acc-1', 'tx-2')?.claimId).toBe(idOf(2))
})

test('a claim’s id has letters alone, and is told from a foreign producer’s key', () => {
  expect(idOf(255)).toMatch(/^claim-[a-p]{32}$/)
  expect([idOf(7), 'claim-1', crypto.randomUUID()].map(isClaimId)).toEqual([true, false, false])
})
