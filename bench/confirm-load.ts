import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { signToken } from '../bin/runtime/api/token-keys.ts'
import { readConfig } from '../platform/config.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { monotonicMs } from './load-feeder.ts'

/**
 * Callers of the confirm API in a process of their own, open loop: each call is sent when it is due, whatever became of those before it, and
 * measured from then to the end of its answer. Each has a new key and payment, and the token of one of `users` users in turn. They share the
 * cores with what they measure, so they write and read HTTP/1.1 themselves, on connections that are kept, one call at a time on each.
 * Says `ready` once the tokens are signed; then runs each plan that it is sent.
 */
export interface ConfirmPlan {
  readonly ratePerSecond: number
  readonly seconds: number
}

export interface ConfirmDone {
  /** Answers by status, with the code of those that nobody expects; 0 are those that never came. */
  readonly statuses: Readonly<Record<string, number>>
  /** Of the answers that are no refusal, ms. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  readonly min: number
  /** Of the refusals with 503, ms. */
  readonly refusedP99: number
  /** Of the answers that are no refusal: counts by LatencyHistogram's buckets. */
  readonly counts: readonly number[]
  /** The latest that a call was begun after it was due, ms: callers that are late themselves measure nothing. */
  readonly callersLateMs: number
  /** Of this process, for one call, us. */
  readonly cpuUs: number
}

const TICK_MS = 1
/**
 * Open before the first call, as a payment service keeps them, and used in turn, so that none is closed for having been idle. Past so many
 * calls on their way the next ones wait for a connection; their time runs from when they were due. Fewer than the kernel queues for a server
 * that does not accept at once: one more would be dropped and tried again after 1, 3, 7 and 15 s, which is no time of the API's.
 */
const SOCKETS = 400
const TOKEN_LIFE_S = 3_600
const HEAD_END = '\r\n\r\n'

/** What is the same in all calls of one user. */
interface User {
  readonly head: string
  readonly tail: string
}

async function main(port: number, keysFolder: string, users: number): Promise<void> {
  const config = readConfig({}, {})
  const callers: User[] = []
  for (let user = 0; user < users; user++) {
    const claims = { subject: `usr-${user}`, accounts: [`acc-${user}`], scope: 'payment.confirm', lifeS: TOKEN_LIFE_S }
    callers.push(userOf(await signToken(keysFolder, config, claims, Date.now()), user))
  }
  const connections = new Connections(port)
  await connections.open()
  let begin = 0
  process.on('message', async (plan: ConfirmPlan) => {
    const done = await run(connections, callers, begin, plan)
    begin += Math.round(plan.ratePerSecond * plan.seconds)
    process.send?.(done)
  })
  process.once('disconnect', () => process.exit())
  process.send?.('ready')
}

async function run(
  connections: Connections,
  users: readonly User[],
  begin: number,
  { ratePerSecond, seconds }: ConfirmPlan,
): Promise<ConfirmDone> {
  const statuses: Record<string, number> = {}
  const taken: number[] = []
  const refused: number[] = []
  const histogram = new LatencyHistogram()
  const count = Math.round(ratePerSecond * seconds)
  const cpuBefore = process.cpuUsage()
  const startMs = monotonicMs() + 10
  const dueMs = (i: number) => startMs + (i * 1_000) / ratePerSecond
  let callersLateMs = 0
  let open = count
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const answered = (i: number) => (status: number, body: string) => {
    const ms = monotonicMs() - dueMs(i)
    let name = String(status)
    if (status === 200 || status === 202 || status === 403) {
      taken.push(ms)
      histogram.add(ms)
    } else if (status === 503) refused.push(ms)
    else name += ` ${/"code":"(\w+)"/.exec(body)?.[1] ?? ''}`
    statuses[name] = (statuses[name] ?? 0) + 1
    if (--open === 0) end()
  }
  for (let sent = 0; sent < count; ) {
    for (let nowMs = monotonicMs(); sent < count && dueMs(sent) <= nowMs; sent++) {
      callersLateMs = Math.max(callersLateMs, nowMs - dueMs(sent))
      const user = users[(begin + sent) % users.length] as User
      const id = randomUUID()
      connections.call(`${user.head}${id}","idempotency_key":"${id}${user.tail}`, answered(sent))
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await ended
  const { user, system } = process.cpuUsage(cpuBefore)
  taken.sort((a, b) => a - b)
  return {
    statuses,
    p50: at(taken, 0.5),
    p99: at(taken, 0.99),
    p999: at(taken, 0.999),
    max: at(taken, 1),
    min: at(taken, 0),
    refusedP99: at(
      refused.sort((a, b) => a - b),
      0.99,
    ),
    counts: histogram.counts,
    callersLateMs,
    cpuUs: (user + system) / count,
  }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function userOf(token: string, user: number): User {
  const opening = '{"transaction_id":"'
  const tail = `","amount":52,"from_account":"acc-${user}","to_account":"payee-${user % 100}"}`
  const length = opening.length + 2 * randomUUID().length + '","idempotency_key":"'.length + tail.length
  const lines = [
    'POST /payment/confirm HTTP/1.1',
    'host: 127.0.0.1',
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${length}`,
  ]
  return { head: `${lines.join('\r\n')}${HEAD_END}${opening}`, tail }
}

type Answered = (status: number, body: string) => void

/** Connections that are kept; each carries one call at a time. One that the server closes is not opened again. */
class Connections {
  private readonly port: number
  private readonly free: Socket[] = []
  private readonly waiting: { readonly text: string; readonly answered: Answered }[] = []
  private readonly running = new Map<Socket, { answered: Answered; text: string }>()

  constructor(port: number) {
    this.port = port
  }

  async open(): Promise<void> {
    for (let i = 0; i < SOCKETS; i++) {
      const socket = this.opened()
      await once(socket, 'connect')
      this.free.push(socket)
    }
  }

  call(text: string, answered: Answered): void {
    const socket = this.free.shift()
    if (socket === undefined) this.waiting.push({ text, answered })
    else this.send(socket, text, answered)
  }

  private send(socket: Socket, text: string, answered: Answered): void {
    this.running.set(socket, { answered, text: '' })
    socket.write(text, 'latin1')
  }

  private opened(): Socket {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true })
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.read(socket, text))
    socket.on('error', () => {})
    socket.once('close', () => {
      const at = this.free.indexOf(socket)
      if (at >= 0) this.free.splice(at, 1)
      const call = this.running.get(socket)
      this.running.delete(socket)
      call?.answered(0, '')
    })
    return socket
  }

  private read(socket: Socket, text: string): void {
    const call = this.running.get(socket)
    if (call === undefined) return
    call.text += text
    const head = call.text.indexOf(HEAD_END)
    if (head < 0) return
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(call.text) ?? []
    if (call.text.length < head + HEAD_END.length + Number(length)) return
    this.running.delete(socket)
    const next = this.waiting.shift()
    if (next === undefined) this.free.push(socket)
    else this.send(socket, next.text, next.answered)
    call.answered(Number(call.text.slice(9, 12)), call.text.slice(head))
  }
}

const [port, keysFolder = '', users] = process.argv.slice(2)
if (import.meta.main) await main(Number(port), keysFolder, Number(users))
