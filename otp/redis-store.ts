import { Redis } from 'ioredis'
import { type RedisTarget, redisOptions } from '../platform/redis-options.ts'
import { StreamsError } from '../streams/errors.ts'
import type { OtpLimits } from './limits.ts'
import type {
  EndedChallenge,
  HeldChallenge,
  IssueReply,
  IssueRequest,
  OtpStore,
  Phase,
  SealedCode,
  Standing,
  TryReply,
  TryRequest,
} from './otp-store.ts'
import { redisError } from './redis-errors.ts'
import { scriptsOf } from './scripts.ts'

type Script = keyof ReturnType<typeof scriptsOf>
type Reply = string | number | null | readonly Reply[]

/** Challenges that are looked at in one round trip. */
const LOOKED_AT_ONCE = 1_000
const RECONNECT_MAX_MS = 2_000
const CHALLENGE_PREFIX = 'otp:challenge:'
/** Challenge to the ms at which somebody must look at it. */
const DUE = 'otp:due'

const challengeKey = (challengeId: string) => `${CHALLENGE_PREFIX}${challengeId}`
const lockKey = (accountId: string) => `otp:lock:${accountId}`
const accountCodesKey = (accountId: string) => `otp:codes:account:${accountId}`
const accountWrongKey = (accountId: string) => `otp:wrong:account:${accountId}`
const clientCodesKey = (client: string) => `otp:codes:client:${client}`
const clientTriesKey = (client: string) => `otp:tries:client:${client}`

/**
 * The store of many machines, in one Redis. While it cannot be reached every call is refused at once, so nothing is accepted; the
 * connection is opened again behind the callers' backs, and no command is ever sent twice.
 */
export class RedisOtpStore implements OtpStore {
  private readonly redis: Redis
  private readonly scripts: Readonly<Record<Script, string>>
  private readonly digests = new Map<Script, string>()

  private constructor(redis: Redis, limits: OtpLimits) {
    this.redis = redis
    this.scripts = scriptsOf(limits)
  }

  /**
   * Connects, if Redis is there yet. @throws StreamsError (stop) for what a person must set right: a refused log-in, or a server
   * that may evict keys, by which an attacker's tries would be forgotten.
   */
  static async open(target: RedisTarget, limits: OtpLimits): Promise<RedisOtpStore> {
    const redis = new Redis({ ...redisOptions(target), retryStrategy: reconnectMs })
    redis.on('error', () => {}) // Shows in the commands.
    try {
      await redis.connect()
      await requireNoEviction(redis)
    } catch (error) {
      const known = redisError(error)
      if (known.next === 'stop') {
        redis.disconnect()
        throw known
      }
    }
    return new RedisOtpStore(redis, limits)
  }

  async issue({ challengeId, accountId, client, binding, mac, sealed, again }: IssueRequest): Promise<IssueReply> {
    const limited = [lockKey(accountId), accountCodesKey(accountId), clientCodesKey(client)]
    const keys = [challengeKey(challengeId), DUE, ...limited]
    const [isMade, mustQueue, waitMs, standing] = listOf(
      await this.run('issue', keys, [challengeId, accountId, binding, mac, sealed, again ? '1' : '0']),
    )
    const made = { isMade: isMade === 1, mustQueue: mustQueue === 1, waitMs: Number(waitMs) }
    return { ...made, standing: standingOf(standing) }
  }

  async tryCode({ challengeId, accountId, client, binding, mac }: TryRequest): Promise<TryReply | null> {
    const limited = [lockKey(accountId), accountWrongKey(accountId), clientTriesKey(client)]
    const reply = await this.run('tryCode', [challengeKey(challengeId), DUE, ...limited], [challengeId, binding, mac])
    if (reply === null) return null
    const [kind, waitMs, standing] = listOf(reply)
    return { kind: kind as TryReply['kind'], waitMs: Number(waitMs), standing: standingOf(standing) }
  }

  async queued(challengeId: string): Promise<void> {
    await this.run('queued', [challengeKey(challengeId)], [])
  }

  async sealedCode(challengeId: string, sender: string): Promise<SealedCode | 'busy' | null> {
    const reply = await this.run('sealedCode', [challengeKey(challengeId)], [sender])
    if (reply === null || reply === 'busy') return reply
    const [accountId, sealed, endsInMs] = listOf(reply)
    return { accountId: String(accountId), sealed: String(sealed), endsInMs: Number(endsInMs) }
  }

  async delivered(challengeId: string, sealed: string, hasReached: boolean): Promise<void> {
    await this.run('delivered', [challengeKey(challengeId)], [sealed, hasReached ? '1' : '0'])
  }

  async takeEnded(max: number): Promise<readonly EndedChallenge[]> {
    const ended = listOf(await this.run('takeEnded', [DUE], [max, CHALLENGE_PREFIX]))
    return ended.map((one) => {
      const [challengeId, accountId, phase, wrongCodes, toldAt] = listOf(one)
      return {
        challengeId: String(challengeId),
        accountId: String(accountId),
        phase: phase as EndedChallenge['phase'],
        wrongCodes: Number(wrongCodes),
        toldAt: toldAt === '' ? null : Number(toldAt),
      }
    })
  }

  async told(challengeId: string, offset: number): Promise<void> {
    await this.run('told', [challengeKey(challengeId)], [offset])
  }

  async settled(challengeId: string): Promise<void> {
    await this.run('settled', [challengeKey(challengeId), DUE], [challengeId])
  }

  async lockedForMs(accountId: string): Promise<number> {
    return Math.max(0, await this.ask((redis) => redis.pttl(lockKey(accountId))))
  }

  async unlock(accountId: string): Promise<void> {
    const keys = [lockKey(accountId), accountCodesKey(accountId), accountWrongKey(accountId)]
    await this.ask((redis) => redis.del(...keys))
  }

  async challengesOf(isIt: (accountId: string) => boolean): Promise<readonly HeldChallenge[]> {
    const ids = await this.ask((redis) => redis.zrange(DUE, '0', '-1'))
    const held: HeldChallenge[] = []
    for (let from = 0; from < ids.length; from += LOOKED_AT_ONCE) {
      const some = ids.slice(from, from + LOOKED_AT_ONCE)
      const rows = await this.ask((redis) =>
        Promise.all(some.map((id) => redis.hmget(challengeKey(id), 'account', 'phase', 'codes', 'wrong', 'endsMs'))),
      )
      for (const [i, [accountId, phase, codes, wrong, endsMs]] of rows.entries()) {
        if (accountId == null || !isIt(accountId)) continue
        const counts = { codes: Number(codes), wrongCodes: Number(wrong), endsMs: Number(endsMs) }
        held.push({ challengeId: some[i]!, accountId, phase: phase as Phase, ...counts })
      }
    }
    return held
  }

  async forget(challengeIds: readonly string[]): Promise<void> {
    if (challengeIds.length === 0) return
    await this.ask((redis) =>
      redis
        .multi()
        .del(...challengeIds.map(challengeKey))
        .zrem(DUE, ...challengeIds)
        .exec(),
    )
  }

  size(): Promise<number> {
    return this.ask((redis) => redis.zcard(DUE))
  }

  async close(): Promise<void> {
    this.redis.disconnect()
  }

  /** By digest; a Redis that was restarted is given the script again. */
  private run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply> {
    return this.ask(async (redis) => {
      const digest = this.digests.get(script) ?? (await this.load(redis, script))
      const call = (sha: string) => redis.evalsha(sha, keys.length, ...keys, ...args) as Promise<Reply>
      return call(digest).catch(async (error: Error) => {
        if (!error.message.startsWith('NOSCRIPT')) throw error
        return call(await this.load(redis, script))
      })
    })
  }

  private async load(redis: Redis, script: Script): Promise<string> {
    const digest = String(await redis.script('LOAD', this.scripts[script]))
    this.digests.set(script, digest)
    return digest
  }

  private async ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await command(this.redis)
    } catch (error) {
      throw redisError(error)
    }
  }
}

function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? reply : []
}

function standingOf(reply: Reply | undefined): Standing {
  const [phase, hasCode, wrongCodes, endsInMs, isTold] = listOf(reply)
  return {
    phase: phase as Phase,
    hasCode: hasCode === 1,
    wrongCodes: Number(wrongCodes),
    endsInMs: Number(endsInMs),
    isTold: isTold === 1,
  }
}

/** Who may not ask for the configuration, as with most hosted servers, has to look at it elsewhere. */
async function requireNoEviction(redis: Redis): Promise<void> {
  const [, policy] = await redis.config('GET', 'maxmemory-policy').catch(() => [])
  if (policy === undefined || policy === 'noeviction') return
  const what = `Redis may evict keys (maxmemory-policy ${policy}), and with them what was tried; set it to noeviction`
  throw new StreamsError('OTP_STORE_EVICTS', 'stop', what)
}

function reconnectMs(times: number): number {
  return Math.min(100 * 2 ** Math.min(times, 10), RECONNECT_MAX_MS)
}
