import type { Body, CallLine, DecisionRow, Evidence } from './history.ts'

/** How far a payment has come, as an answer says: a call is only begun, a code or a person is awaited, it is over. */
export type Stage = 'begun' | 'waiting' | 'over'

/** A call with its answer; `answer` is null when it was cut off. */
export interface Call extends Omit<CallLine, 'type'> {
  readonly answer: Answer | null
}

export interface Answer {
  readonly atMs: number
  readonly status: number
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  /** What it says of the payment; null for nothing, such as `not now`. */
  readonly says: { readonly stage: Stage; readonly status: string } | null
}

/** Everything that was done with one idempotency key of one caller, in the order of the calls. */
export interface KeyHistory {
  readonly caller: string
  readonly key: string
  readonly calls: readonly Call[]
  readonly bodies: ReadonlyMap<string, Body>
  /** The decisions on any of its bodies: what it was paid by. */
  readonly effects: readonly DecisionRow[]
}

export const STAGES: readonly Stage[] = ['begun', 'waiting', 'over']

export function bodyId({ transactionId, fromAccount, amountMinor }: Body): string {
  return `${transactionId} of ${fromAccount} over ${amountMinor}`
}

export function callsOf({ history }: Evidence): Call[] {
  const ends = new Map(history.flatMap((line) => (line.type === 'end' ? [[line.n, line]] : [])))
  return history.flatMap((line) => {
    if (line.type === 'end') return []
    const { type: _, ...call } = line
    const end = ends.get(line.n)
    return [{ ...call, answer: end === undefined ? null : answerOf(line.kind, end) }]
  })
}

/** The keys with their calls and effects. */
export function keysOf(calls: readonly Call[], { log }: Evidence): KeyHistory[] {
  const confirms = calls.filter(({ kind }) => kind === 'confirm')
  const byKey = Object.groupBy(confirms, ({ caller, key }) => `${caller} ${key}`)
  const decided = Object.groupBy(log.decisions, (decision) => bodyId({ ...decision, fromAccount: decision.account }))
  return Object.values(byKey).flatMap((own = []) => {
    const [first] = own
    if (first === undefined) return []
    const bodies = new Map(own.map(({ body }) => [bodyId(body), body]))
    const effects = [...bodies.keys()].flatMap((id) => decided[id] ?? [])
    return [{ caller: first.caller, key: first.key, calls: own.toSorted((a, b) => a.atMs - b.atMs), bodies, effects }]
  })
}

function answerOf(kind: Call['kind'], { atMs, status, text }: { atMs: number; status: number; text: string }): Answer {
  const json = parsed(text)
  return { atMs, status, text, json, says: kind === 'read' ? saysOfRead(status, json) : saysOfConfirm(status, json) }
}

function saysOfConfirm(status: number, json: Answer['json']): Answer['says'] {
  const said = String(json['status'])
  if (status === 200) return { stage: 'over', status: said }
  if (status === 202) return { stage: 'waiting', status: said }
  if (status === 403 && said === 'OTP_REQUIRED') return { stage: 'waiting', status: said }
  if (status === 403 && json['code'] === undefined) return { stage: 'over', status: said }
  if (status === 401 && json['code'] === 'INVALID_OTP') {
    return json['tries_left'] === 0
      ? { stage: 'over', status: 'DECLINED' }
      : { stage: 'waiting', status: 'OTP_REQUIRED' }
  }
  if (status === 409 && json['code'] === 'IN_PROGRESS') return { stage: 'begun', status: 'PENDING' }
  return null
}

function saysOfRead(status: number, json: Answer['json']): Answer['says'] {
  const said = String(json['status'])
  if (status === 404) return { stage: 'begun', status: 'PENDING' }
  if (status !== 200) return null
  if (said === 'PENDING') return { stage: 'begun', status: said }
  return { stage: json['final'] === true ? 'over' : 'waiting', status: said }
}

function parsed(text: string): Answer['json'] {
  try {
    return JSON.parse(text) as Answer['json']
  } catch {
    return {}
  }
}
