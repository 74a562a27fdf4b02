import type { Random } from '../../producers/simulator/random.ts'
import { type Ask, Caller, type ClientGround, type Reply } from './caller.ts'

/** How often each kind of payment comes among the others. */
const SCENARIOS = {
  plain: 8,
  /** Another content comes with the same key at the same time. */
  rival: 3,
  /** Another key comes for the same payment. */
  renamed: 2,
  challenged: 3,
  reviewed: 2,
} as const

type Scenario = keyof typeof SCENARIOS
const DRAWN = Object.entries(SCENARIOS).flatMap(([name, times]) =>
  Array.from({ length: times }, () => name as Scenario),
)

const SMALL_MINOR = 5_200
/** Over the rule file's high amount, to somebody new: worth a code. */
const HIGH_MINOR = 520_000
const REVIEWED_MINOR = 900_000
const TRIES_MAX = 3
/** So often a client looks for its code; one that was lost with its sender takes 15 s. */
const LOOKS_MAX = 30

/** A client: pays, again and again, and repeats its calls. Keys are the same words for all clients: a key is its caller's own. */
export class Client {
  readonly asks: Ask[] = []
  readonly counts: Record<Scenario | 'accepted' | 'ended', number> = {
    plain: 0,
    rival: 0,
    renamed: 0,
    challenged: 0,
    reviewed: 0,
    accepted: 0,
    ended: 0,
  }
  private readonly caller: Caller
  private readonly stranger: Caller
  private readonly ground: ClientGround
  private payments = 0

  constructor(subject: string, random: Random, ground: ClientGround) {
    this.caller = new Caller(subject, random, ground)
    this.stranger = new Caller(`stranger-to-${subject}`, random, ground, 'acc-stranger')
    this.ground = ground
  }

  /** Until `signal` says so; what was begun is finished. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const scenario = DRAWN[this.caller.random.below(DRAWN.length)] as Scenario
      this.counts[scenario]++
      await this[scenario]()
      await this.caller.rest()
    }
  }

  /** After all faults: every key once more, at every instance. */
  async askAgain(): Promise<void> {
    for (const ask of this.asks) {
      for (const instance of this.ground.instances) {
        for (;;) {
          const reply = await this.caller.confirm(ask, null, instance)
          if (reply !== null && reply.status !== 503 && reply.status !== 409) break
          await this.caller.rest()
        }
        await this.caller.read(ask.body, instance)
      }
    }
  }

  private async plain(): Promise<void> {
    await this.repeated(this.ask(SMALL_MINOR))
  }

  private async rival(): Promise<void> {
    const ask = this.ask(SMALL_MINOR)
    const rival = { ...ask, body: { ...ask.body, amountMinor: SMALL_MINOR + 100 } }
    this.asks.push(rival)
    await Promise.all([this.repeated(ask), this.repeated(rival)])
  }

  private async renamed(): Promise<void> {
    const ask = this.ask(SMALL_MINOR)
    const renamed = { ...ask, key: `${ask.key}-renamed` }
    this.asks.push(renamed)
    await Promise.all([this.repeated(ask), this.repeated(renamed)])
  }

  private async challenged(): Promise<void> {
    const { caller, ground, counts } = this
    const ask = this.ask(HIGH_MINOR)
    let reply = await this.repeated(ask)
    if (caller.random.chance(0.3)) await caller.confirm(ask, '000000')
    for (let looks = 0; reply.status !== 200 && looks < LOOKS_MAX; looks++) {
      const code = ground.codes.get(ask.body.fromAccount)
      if (code !== undefined) reply = await caller.answered(ask, code)
      else await caller.rest()
    }
    if (reply.status !== 200) return
    counts.accepted++
    await this.repeated(ask)
  }

  private async reviewed(): Promise<void> {
    const { caller, ground, counts } = this
    const near = { latitude: 40.7, longitude: -74, device_id: 'd1' }
    const far = { latitude: 35.7, longitude: 139.7, device_id: 'd2', merchant_category: '7995' }
    const first = this.ask(SMALL_MINOR, near)
    await caller.answered(first)
    // To somebody new: enough for a review at any time of day.
    const ask = this.ask(REVIEWED_MINOR, far, { fromAccount: first.body.fromAccount, toAccount: 'payee-new' })
    const waiting = await caller.answered(ask)
    if (waiting.status !== 202) return
    const shown = await this.shown(ask)
    await ground.review(String(shown.json['decision_id']), ask.body.fromAccount, caller.random.chance(0.7))
    for (let reply = waiting; reply.status === 202; reply = await caller.answered(ask)) await caller.rest()
    counts.ended++
    await this.repeated(ask)
  }

  /** Several tries at once, then one after the other at each instance, as the first answer comes: the answer that all had. */
  private async repeated(ask: Ask): Promise<Reply> {
    const { caller } = this
    const tries = Array.from({ length: caller.random.below(TRIES_MAX) }, () => caller.confirm(ask))
    const reply = await caller.answered(ask)
    for (const instance of this.ground.instances) await caller.confirm(ask, null, instance)
    await Promise.all(tries)
    for (let reads = 0; reads < 2; reads++) await caller.read(ask.body)
    await this.stranger.read(ask.body)
    return reply
  }

  /** Its decision's id as soon as an instance shows it. */
  private async shown(ask: Ask): Promise<Reply> {
    for (;;) {
      const reply = await this.caller.read(ask.body)
      if (reply?.json['decision_id'] !== undefined) return reply
      await this.caller.rest()
    }
  }

  /** A payment from an account that pays for the first time, unless `from` is another's. */
  private ask(amountMinor: number, more = {}, parties: { fromAccount?: string; toAccount?: string } = {}): Ask {
    const n = this.payments++
    const { fromAccount = `acc-${this.caller.subject}-${n}`, toAccount = 'payee-xyz' } = parties
    const body = { transactionId: `tx-${this.caller.subject}-${n}`, fromAccount, amountMinor }
    const ask = { key: `key-${n}`, body, toAccount, more }
    this.asks.push(ask)
    return ask
  }
}
