import { timingSafeEqual } from 'node:crypto'
import type { OtpLimits, RateLimit } from './limits.ts'
import type { IssueReply, IssueRequest, Phase, SealedCode, Standing, TryReply, TryRequest } from './otp-store.ts'

/** One challenge as the embedded store keeps it; times in epoch ms. The scripts of Redis follow the same rules. */
export interface ChallengeRow {
  readonly account: string
  readonly binding: string
  /** Kept after acceptance, so that the same code is known again. */
  mac: string | null
  sealed: string | null
  isQueued: boolean
  /** Who sends the code, and until when it is that one's alone. */
  sender: string
  senderUntilMs: number
  wrongCodes: number
  codes: number
  codeMs: number
  readonly endsMs: number
  phase: Phase
  toldAt: number | null
  isSettled: boolean
  /** When somebody must look at it. */
  dueMs: number
}

/** When the last events of a kind were, oldest first: as many as its limit has. */
export type Times = readonly number[]

/** What stands against an account and a client. */
export interface Held {
  readonly lockedUntilMs: number
  readonly accountCodes: Times
  readonly clientCodes: Times
  readonly accountWrong: Times
  readonly clientTries: Times
}

export function newRow({ accountId, binding }: IssueRequest, nowMs: number, limits: OtpLimits): ChallengeRow {
  const endsMs = nowMs + limits.challengeLifeMs
  return {
    account: accountId,
    binding,
    mac: null,
    sealed: null,
    isQueued: false,
    sender: '',
    senderUntilMs: 0,
    wrongCodes: 0,
    codes: 0,
    codeMs: 0,
    endsMs,
    phase: 'open',
    toldAt: null,
    isSettled: false,
    dueMs: endsMs,
  }
}

/** Ends a challenge whose time is over. */
export function endInTime(row: ChallengeRow, nowMs: number): void {
  if (row.phase === 'open' && nowMs >= row.endsMs) end(row, row.wrongCodes > 0 ? 'failed' : 'expired', nowMs)
}

/** Keeps the request's code, or not; says what came of it. */
export function issueCode(
  row: ChallengeRow,
  request: IssueRequest,
  held: Held,
  nowMs: number,
  limits: OtpLimits,
): IssueReply {
  if (row.phase === 'open' && !isSame(row.binding, request.binding)) voidCode(row)
  const waitMs = issueWaitMs(row, held, nowMs, limits)
  const isMade =
    row.phase === 'open' && isSame(row.binding, request.binding) && waitMs === 0 && (request.again || row.mac === null)
  if (isMade) {
    row.mac = request.mac
    row.sealed = request.sealed
    row.isQueued = false
    row.sender = ''
    row.codes++
    row.codeMs = nowMs
  }
  return {
    isMade,
    mustQueue: row.sealed !== null && !row.isQueued,
    waitMs: isMade ? issueWaitMs(row, held, nowMs, limits) : waitMs,
    standing: standingOf(row, nowMs),
  }
}

/** Compares, counts and consumes. */
export function tryCode(
  row: ChallengeRow,
  request: TryRequest,
  held: Held,
  nowMs: number,
  limits: OtpLimits,
): TryReply {
  const reply = (kind: TryReply['kind'], waitMs = 0) => ({ kind, waitMs, standing: standingOf(row, nowMs) })
  const isRight = row.mac !== null && isSame(row.mac, request.mac)
  if (row.phase === 'accepted' && isRight) return reply('right')
  if (row.phase !== 'open') return reply('late')
  if (!isSame(row.binding, request.binding)) voidCode(row)
  if (row.mac === null) return reply('void')
  const waitMs = tryWaitMs(held, nowMs, limits)
  if (waitMs > 0) return reply('limited', waitMs)
  if (isRight) {
    end(row, 'accepted', nowMs + limits.retellMs)
    return reply('right')
  }
  row.wrongCodes++
  if (row.wrongCodes >= limits.triesMax) end(row, 'failed', nowMs + limits.retellMs)
  return reply('wrong')
}

/** Gives the code that waits to be sent to one sender. */
export function takeSealed(
  row: ChallengeRow,
  sender: string,
  nowMs: number,
  { sendingMs }: OtpLimits,
): SealedCode | 'busy' | null {
  if (row.phase !== 'open' || row.sealed === null || nowMs >= row.endsMs) return null
  if (row.sender !== '' && row.sender !== sender && nowMs < row.senderUntilMs) return 'busy'
  row.sender = sender
  row.senderUntilMs = nowMs + sendingMs
  return { accountId: row.account, sealed: row.sealed, endsInMs: row.endsMs - nowMs }
}

/** With one more event, of which the limit needs to know the last `max`. */
export function withEvent(times: Times, nowMs: number, { max }: RateLimit): number[] {
  return [...times, nowMs].slice(-max)
}

function issueWaitMs(row: ChallengeRow, held: Held, nowMs: number, limits: OtpLimits): number {
  if (row.phase !== 'open') return 0
  return Math.max(
    0,
    held.lockedUntilMs - nowMs,
    row.codes === 0 ? 0 : row.codeMs + limits.resendPauseMs - nowMs,
    row.codes < limits.codesMax ? 0 : row.endsMs - nowMs,
    rateWaitMs(held.accountCodes, limits.codesPerAccount, nowMs),
    rateWaitMs(held.clientCodes, limits.codesPerClient, nowMs),
  )
}

function tryWaitMs(held: Held, nowMs: number, limits: OtpLimits): number {
  return Math.max(
    0,
    held.lockedUntilMs - nowMs,
    rateWaitMs(held.accountWrong, limits.wrongPerAccount, nowMs),
    rateWaitMs(held.clientTries, limits.triesPerClient, nowMs),
  )
}

function rateWaitMs(times: Times, { max, withinMs }: RateLimit, nowMs: number): number {
  const first = times.at(-max)
  return first === undefined ? 0 : first + withinMs - nowMs
}

function standingOf(row: ChallengeRow, nowMs: number): Standing {
  const isOpen = row.phase === 'open'
  return {
    phase: row.phase,
    hasCode: isOpen && row.mac !== null,
    wrongCodes: row.wrongCodes,
    endsInMs: isOpen ? row.endsMs - nowMs : 0,
    isTold: row.toldAt !== null,
  }
}

function voidCode(row: ChallengeRow): void {
  row.mac = null
  row.sealed = null
}

function end(row: ChallengeRow, phase: Phase, dueMs: number): void {
  if (phase !== 'accepted') row.mac = null
  row.sealed = null
  row.phase = phase
  row.dueMs = dueMs
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
