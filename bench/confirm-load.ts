import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { signToken } from '../bin/runtime/api/token-keys.ts'
import { readConfig } from '../platform/config.ts'
import { monotonicMs } from './load-feeder.ts'

/**
 * Callers of the confirm API in a process of their own, open loop: each call is sent when it is due, whatever became of those before it, and
 * measured from then to the end of its answer. Each has a new key and payment, and the token of one of `users` users in turn.
 * Says `ready` once the tokens are signed; then runs each plan that it is sent.
 */
export interface ConfirmPlan {
  readonly ratePerSecond: number
  readonly seconds: number
}

export interface ConfirmDone {
  /** Answers by status; 0 are those that never came. */
  readonly statuses: Readonly<Record<string, number>>
  /** Of the answers that are no refusal, ms. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

const TICK_MS = 1
const SOCKETS_MAX = 512
const TOKEN_LIFE_S = 3_600

async function main(port: number, keysFolder: string, users: number): Promise<void> {
  const config = readConfig({}, {})
  const tokens: string[] = []
  for (let user = 0; user < users; user++) {
    const claims = { subject: `usr-${user}`, accounts: [`acc-${user}`], scope: 'payment.confirm', lifeS: TOKEN_LIFE_S }
    tokens.push(await signToken(keysFolder, config, claims))
  }
  process.on('message', async (plan: ConfirmPlan) => process.send?.(await run(port, tokens, plan)))
  process.once('disconnect', () => process.exit())
  process.send?.('ready')
}

async function run(
  port: number,
  tokens: readonly string[],
  { ratePerSecond, seconds }: ConfirmPlan,
): Promise<ConfirmDone> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX })
  const statuses: Record<string, number> = {}
  const taken: number[] = []
  const count = Math.round(ratePerSecond * seconds)
  const startMs = monotonicMs() + 10
  const calls: Promise<void>[] = []
  const dueMs = (i: number) => startMs + (i * 1_000) / ratePerSecond
  const send = async (i: number) => {
    const user = i % tokens.length
    const status = await confirm(agent, port, tokens[user] as string, user)
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status === 200 || status === 202 || status === 403) taken.push(monotonicMs() - dueMs(i))
  }
  for (let sent = 0; sent < count; ) {
    while (sent < count && dueMs(sent) <= monotonicMs()) calls.push(send(sent++))
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await Promise.all(calls)
  agent.destroy()
  taken.sort((a, b) => a - b)
  const at = (share: number) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? Number.NaN
  return { statuses, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) }
}

/** The status of one call's answer; 0 when none came. */
function confirm(agent: Agent, port: number, token: string, user: number): Promise<number> {
  const id = randomUUID()
  const body = JSON.stringify({
    transaction_id: id,
    idempotency_key: id,
    amount: 52,
    from_account: `acc-${user}`,
    to_account: `payee-${user % 100}`,
  })
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve) => {
    const sent = request(
      { port, host: '127.0.0.1', method: 'POST', path: '/payment/confirm', agent, headers },
      (answer) => {
        answer.resume()
        answer.once('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    sent.once('error', () => resolve(0))
    sent.end(body)
  })
}

const [port, keysFolder = '', users] = process.argv.slice(2)
if (import.meta.main) await main(Number(port), keysFolder, Number(users))
