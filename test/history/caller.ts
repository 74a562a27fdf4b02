import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../producers/simulator/random.ts'
import type { Body } from './checker/history.ts'
import type { Instance } from './instance.ts'
import type { Recorder } from './recorder.ts'

/** What all clients of a run have. */
export interface ClientGround {
  readonly instances: readonly Instance[]
  readonly recorder: Recorder
  readonly tokenOf: (subject: string, accounts: readonly string[]) => Promise<string>
  /** The newest code that an account was sent. */
  readonly codes: ReadonlyMap<string, string>
  /** Ends a review as a person does. */
  readonly review: (decisionId: string, accountId: string, isApproved: boolean) => Promise<void>
  /** After it nobody waits for anything any more. */
  readonly overdue: AbortSignal
}

/** One content under one key. */
export interface Ask {
  readonly key: string
  readonly body: Body
  readonly toAccount: string
  /** Fields of the payment that no law looks at. */
  readonly more?: Readonly<Record<string, unknown>>
}

export interface Reply {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

/** A call that is not answered by then is given up, and made again. */
const CALL_MS = 4_000
const PAUSE_MS = { least: 10, most: 150 } as const

/** A holder of accounts: each call goes to any instance, is written down, and may be cut off. */
export class Caller {
  readonly subject: string
  readonly random: Random
  private readonly ground: ClientGround
  private readonly account: string | null

  /** With an account of its own it is a stranger to every payment. */
  constructor(subject: string, random: Random, ground: ClientGround, account: string | null = null) {
    this.subject = subject
    this.random = random
    this.ground = ground
    this.account = account
  }

  /** Null when it was cut off. */
  confirm(
    { key, body, toAccount, more }: Ask,
    code: string | null = null,
    at = this.instance(),
  ): Promise<Reply | null> {
    const { transactionId, fromAccount, amountMinor } = body
    const fields = {
      transaction_id: transactionId,
      idempotency_key: key,
      amount: (amountMinor / 100).toFixed(2),
      from_account: fromAccount,
      to_account: toAccount,
      ...more,
      ...(code !== null && { otp_code: code }),
    }
    return this.call(at, { kind: 'confirm', key, body }, '/payment/confirm', JSON.stringify(fields))
  }

  read(body: Body, at = this.instance()): Promise<Reply | null> {
    return this.call(at, { kind: 'read', key: '', body }, `/payments/${body.transactionId}`, null)
  }

  /** The first answer that is no `not now`. */
  async answered(ask: Ask, code: string | null = null): Promise<Reply> {
    for (;;) {
      const reply = await this.confirm(ask, code)
      if (reply !== null && reply.status !== 409 && reply.status !== 429 && reply.status !== 503) return reply
      await this.rest()
    }
  }

  async rest(): Promise<void> {
    this.ground.overdue.throwIfAborted()
    await pause(this.random.between(PAUSE_MS.least, PAUSE_MS.most))
  }

  instance(): Instance {
    const { instances } = this.ground
    return instances[this.random.below(instances.length)] as Instance
  }

  private async call(
    { url, life }: Instance,
    what: { readonly kind: 'confirm' | 'read'; readonly key: string; readonly body: Body },
    path: string,
    text: string | null,
  ): Promise<Reply | null> {
    const { recorder, tokenOf } = this.ground
    const token = await tokenOf(this.subject, [this.account ?? what.body.fromAccount])
    const n = recorder.begin({ ...what, caller: this.subject, life })
    try {
      const response = await fetch(`${url}${path}`, {
        method: text === null ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: text,
        signal: AbortSignal.timeout(CALL_MS),
      })
      const answer = { status: response.status, text: await response.text() }
      recorder.end(n, answer)
      return { status: answer.status, json: JSON.parse(answer.text) }
    } catch {
      recorder.cut(n)
      return null
    }
  }
}
