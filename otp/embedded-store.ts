import { mkdirSync } from 'node:fs'
import type { Database } from 'lmdb'
import { overwriteGatedPages } from '../streams/embedded/gated-pages.ts'
import { type GatedStore, openGated } from '../streams/embedded/gated-store.ts'
import { StreamsError } from '../streams/errors.ts'
import {
  type ChallengeRow,
  endInTime,
  type Held,
  issueCode,
  newRow,
  type Times,
  takeSealed,
  tryCode,
  withEvent,
} from './challenge-row.ts'
import type { OtpLimits, RateLimit } from './limits.ts'
import type {
  ChallengeKey,
  EndedChallenge,
  HeldChallenge,
  IssueReply,
  IssueRequest,
  OtpStore,
  SealedCode,
  TryReply,
  TryRequest,
} from './otp-store.ts'

const DATABASES = ['challenges', 'times', 'locks', 'schedule'] as const
/** Overwrites what was removed from the others. */
const FILLERS = 'fillers'
/** Address space, not disk: far more than the most challenges take. */
const MAP_BYTES = 2 ** 30
/** What one step forgets at most, so that none is long. */
const FORGET_MAX = 500

/** What is forgotten or looked at at a time: a challenge, or an account's or client's times or lock. */
type Scheduled = readonly [dueMs: number, kind: 'challenge' | 'times' | 'lock', id: string]

interface StoredTimes {
  readonly times: Times
  readonly dueMs: number
}

export interface EmbeddedOtpSettings {
  /** Made when it is missing, readable by its owner alone. */
  readonly directory: string
  readonly limits: OtpLimits
  readonly clock: { nowMs(): number }
}

/** The store of one machine, in LMDB; as many processes as there are may have it open. What is acknowledged is on the disk. */
export class EmbeddedOtpStore implements OtpStore {
  private readonly directory: string
  private readonly limits: OtpLimits
  private readonly clock: { nowMs(): number }
  private readonly store: GatedStore<unknown, string>
  private readonly challenges: Database<ChallengeRow, string>
  private readonly times: Database<StoredTimes, string>
  private readonly locks: Database<number, string>
  private readonly schedule: Database<true, [number, string, string]>

  constructor({ directory, limits, clock }: EmbeddedOtpSettings) {
    this.directory = directory
    this.limits = limits
    this.clock = clock
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    // Readers see nothing that the disk may still lose, as in the log's environments (ADR 0007).
    this.store = openGated(
      { path: directory, overlappingSync: false, mapSize: MAP_BYTES, encoding: 'json' },
      // Made here, where nobody else writes; what follows finds them.
      (root) => {
        for (const name of DATABASES) root.openDB({ name, encoding: 'json' })
        root.openDB({ name: FILLERS, keyEncoding: 'binary', encoding: 'binary' })
      },
    )
    const { root } = this.store
    this.challenges = root.openDB({ name: 'challenges', encoding: 'json' })
    this.times = root.openDB({ name: 'times', encoding: 'json' })
    this.locks = root.openDB({ name: 'locks', encoding: 'json' })
    this.schedule = root.openDB({ name: 'schedule', encoding: 'json' })
  }

  issue(request: IssueRequest): Promise<IssueReply> {
    return this.step((nowMs) => {
      const { challengeId, accountId, client } = request
      const row = this.challenges.get(challengeId) ?? this.opened(request, nowMs)
      const before = row.dueMs
      endInTime(row, nowMs)
      const reply = issueCode(row, request, this.heldOf(request), nowMs, this.limits)
      if (reply.isMade) {
        this.addTime(`codes/account/${accountId}`, nowMs, this.limits.codesPerAccount)
        this.addTime(`codes/client/${client}`, nowMs, this.limits.codesPerClient)
      }
      this.keep(challengeId, row, before)
      return reply
    })
  }

  tryCode(request: TryRequest): Promise<TryReply | null> {
    return this.step((nowMs) => {
      const { challengeId, accountId, client } = request
      const row = this.challenges.get(challengeId)
      if (row === undefined) return null
      const before = { ...row }
      endInTime(row, nowMs)
      const reply = tryCode(row, request, this.heldOf(request), nowMs, this.limits)
      const { wrongPerAccount, triesPerClient, lockMs } = this.limits
      if (before.phase === 'open' && (reply.kind === 'right' || reply.kind === 'wrong')) {
        this.addTime(`tries/client/${client}`, nowMs, triesPerClient)
      }
      if (reply.kind === 'wrong') {
        this.addTime(`wrong/account/${accountId}`, nowMs, wrongPerAccount)
        if (row.phase === 'failed') this.lock(accountId, nowMs + lockMs)
      }
      this.keep(challengeId, row, before.dueMs)
      return reply
    })
  }

  queued(challengeId: string): Promise<void> {
    return this.change(challengeId, (row) => {
      row.isQueued = true
    })
  }

  sealedCode(challengeId: string, sender: string): Promise<SealedCode | 'busy' | null> {
    return this.step((nowMs) => {
      const row = this.challenges.get(challengeId)
      if (row === undefined) return null
      const taken = takeSealed(row, sender, nowMs, this.limits)
      if (taken !== null && taken !== 'busy') this.challenges.putSync(challengeId, row)
      return taken
    })
  }

  delivered(challengeId: string, sealed: string, hasReached: boolean): Promise<void> {
    return this.change(challengeId, (row) => {
      if (row.sealed !== sealed) return
      row.sealed = null
      if (!hasReached) row.mac = null
    })
  }

  takeEnded(max: number): Promise<readonly EndedChallenge[]> {
    return this.step((nowMs) => {
      const ended: EndedChallenge[] = []
      for (const due of this.dueBy(nowMs)) {
        if (due[1] === 'challenge') {
          if (ended.length === max) break
          ended.push(...this.take(due, nowMs))
        } else {
          this.drop(due)
        }
      }
      return ended
    })
  }

  told(challengeId: string, offset: number): Promise<void> {
    return this.change(challengeId, (row) => {
      row.toldAt = offset
    })
  }

  settled(challengeId: string): Promise<void> {
    return this.change(challengeId, (row, nowMs) => {
      row.isSettled = true
      row.dueMs = nowMs + this.limits.keptMs
    })
  }

  async lockedForMs(accountId: string): Promise<number> {
    return Math.max(0, (this.locks.get(accountId) ?? 0) - this.clock.nowMs())
  }

  unlock(accountId: string): Promise<void> {
    return this.step(() => {
      const untilMs = this.locks.get(accountId)
      if (untilMs !== undefined) {
        this.locks.removeSync(accountId)
        this.schedule.removeSync([untilMs, 'lock', accountId])
      }
      for (const name of [`codes/account/${accountId}`, `wrong/account/${accountId}`]) {
        const stored = this.times.get(name)
        if (stored === undefined) continue
        this.times.removeSync(name)
        this.schedule.removeSync([stored.dueMs, 'times', name])
      }
    })
  }

  async challengesOf(isIt: (accountId: string) => boolean): Promise<readonly HeldChallenge[]> {
    const held: HeldChallenge[] = []
    for (const { key: challengeId, value } of this.challenges.getRange()) {
      const { account: accountId, phase, codes, wrongCodes, endsMs } = value
      if (isIt(accountId)) held.push({ challengeId, accountId, phase, codes, wrongCodes, endsMs })
    }
    return held
  }

  forget(challengeIds: readonly string[]): Promise<void> {
    return this.step(() => {
      for (const challengeId of challengeIds) {
        const row = this.challenges.get(challengeId)
        if (row === undefined) continue
        this.challenges.removeSync(challengeId)
        this.schedule.removeSync([row.dueMs, 'challenge', challengeId])
      }
    })
  }

  /** Takes out of the file what was removed from it, and first what counts against accounts and is over. */
  async overwriteFreePages(): Promise<void> {
    while (await this.step((nowMs) => this.forgetDue(nowMs))) {}
    const { store, directory: path } = this
    await overwriteGatedPages({ store, path, names: DATABASES, fillers: FILLERS })
  }

  async size(): Promise<number> {
    return this.count()
  }

  close(): Promise<void> {
    return this.store.close()
  }

  /** One transaction: while it runs no other process writes, and it is answered after the disk has it. */
  private async step<T>(work: (nowMs: number) => T): Promise<T> {
    try {
      return this.store.write(() => work(this.clock.nowMs()))
    } catch (error) {
      if (error instanceof StreamsError) throw error
      const what = `the store of one-time codes could not be written (${(error as Error).message}); check the disk`
      throw new StreamsError('OTP_STORE_FAILED', 'stop', what)
    }
  }

  private change(challengeId: string, how: (row: ChallengeRow, nowMs: number) => void): Promise<void> {
    return this.step((nowMs) => {
      const row = this.challenges.get(challengeId)
      if (row === undefined) return
      const before = row.dueMs
      how(row, nowMs)
      this.keep(challengeId, row, before)
    })
  }

  private opened(request: IssueRequest, nowMs: number): ChallengeRow {
    const { challengesMax } = this.limits
    if (this.count() >= challengesMax) {
      const what = `the store of one-time codes holds ${challengesMax} challenges, its most; it takes more as the oldest are forgotten`
      throw new StreamsError('OTP_STORE_FULL', 'retry', what)
    }
    return newRow(request, nowMs, this.limits)
  }

  private keep(challengeId: string, row: ChallengeRow, scheduledMs: number): void {
    this.challenges.putSync(challengeId, row)
    if (scheduledMs !== row.dueMs) this.schedule.removeSync([scheduledMs, 'challenge', challengeId])
    this.schedule.putSync([row.dueMs, 'challenge', challengeId], true)
  }

  /** What is due of one challenge: it is forgotten, or given out and looked at again later. */
  private take([dueMs, , challengeId]: Scheduled, nowMs: number): EndedChallenge[] {
    const row = this.challenges.get(challengeId)
    if (row === undefined || row.isSettled) {
      this.challenges.removeSync(challengeId)
      this.schedule.removeSync([dueMs, 'challenge', challengeId])
      return []
    }
    endInTime(row, nowMs)
    const { phase, account, wrongCodes, toldAt } = row
    row.dueMs = phase === 'open' ? row.endsMs : nowMs + this.limits.retellMs
    this.keep(challengeId, row, dueMs)
    return phase === 'open' ? [] : [{ challengeId, accountId: account, phase, wrongCodes, toldAt }]
  }

  /** Times and locks that are over, a step's worth of them; whether there were any. */
  private forgetDue(nowMs: number): boolean {
    const due = this.dueBy(nowMs).filter(([, kind]) => kind !== 'challenge')
    for (const one of due) this.drop(one)
    return due.length > 0
  }

  private drop(due: Scheduled): void {
    ;(due[1] === 'times' ? this.times : this.locks).removeSync(due[2])
    this.schedule.removeSync([...due])
  }

  private dueBy(nowMs: number): Scheduled[] {
    const range = this.schedule.getKeys({ end: [nowMs + 1, '', ''], limit: FORGET_MAX })
    return [...range].map((key) => [...key] as unknown as Scheduled)
  }

  private heldOf({ accountId, client }: ChallengeKey): Held {
    const timesOf = (name: string) => this.times.get(name)?.times ?? []
    return {
      lockedUntilMs: this.locks.get(accountId) ?? 0,
      accountCodes: timesOf(`codes/account/${accountId}`),
      clientCodes: timesOf(`codes/client/${client}`),
      accountWrong: timesOf(`wrong/account/${accountId}`),
      clientTries: timesOf(`tries/client/${client}`),
    }
  }

  private addTime(name: string, nowMs: number, limit: RateLimit): void {
    const stored = this.times.get(name)
    if (stored !== undefined) this.schedule.removeSync([stored.dueMs, 'times', name])
    const dueMs = nowMs + limit.withinMs
    this.times.putSync(name, { times: withEvent(stored?.times ?? [], nowMs, limit), dueMs })
    this.schedule.putSync([dueMs, 'times', name], true)
  }

  private lock(accountId: string, untilMs: number): void {
    const before = this.locks.get(accountId)
    if (before !== undefined) this.schedule.removeSync([before, 'lock', accountId])
    this.locks.putSync(accountId, untilMs)
    this.schedule.putSync([untilMs, 'lock', accountId], true)
  }

  private count(): number {
    return (this.challenges.getStats() as { readonly entryCount: number }).entryCount
  }
}
