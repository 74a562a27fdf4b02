import { type Answer, bodyId, type Call, callsOf, type KeyHistory, keysOf, STAGES } from './calls.ts'
import type { DecisionRow, Evidence } from './history.ts'

/** What is held against the evidence. A key is a register that is written once; an answer is a read of it. */
export const LAWS = {
  H1: 'a key has one effect: one decision, where any answer tells of one, and no decision is on what nobody asked for',
  H2: 'a key has one reference: that of its decision, and no other payment has it',
  H3: 'the last answers of a key are the same, byte for byte',
  H4: 'no answer goes back behind one that was given before the call, on whichever instance',
  H5: 'what is answered is committed: it follows from decision and resolution in the log',
  H6: 'of the claims of a key the lowest offset wins, and it stood in the log before its payment did',
  H7: 'who was refused was refused with reason, and for good',
  H8: 'what an instance shows of a payment never goes back while it lives, and is its caller’s alone',
} as const

export type Law = keyof typeof LAWS

export interface Verdict {
  compared: number
  failed: number
  /** The first faults, in words. */
  readonly shown: string[]
}

const SHOWN_MAX = 5
const PARTITIONS_MAX = 1_024
const REFERENCE_DIGITS = 6
/** Answers that a call may have at all; 429 where codes are limited. */
const STATUSES = new Set([200, 202, 401, 403, 409, 422, 429, 503])

/** Judges the evidence; it imports nothing of what it judges. */
export function judge(evidence: Evidence): Readonly<Record<Law, Verdict>> {
  const calls = callsOf(evidence)
  const keys = keysOf(calls, evidence)
  const verdicts = Object.fromEntries(
    Object.keys(LAWS).map((law) => [law, { compared: 0, failed: 0, shown: [] }]),
  ) as unknown as Record<Law, Verdict>
  const compare: Compare = (law, holds, fault) => {
    const verdict = verdicts[law]
    verdict.compared++
    if (holds) return
    verdict.failed++
    if (verdict.shown.length < SHOWN_MAX) verdict.shown.push(fault())
  }
  oneEffect(keys, evidence, compare)
  const ends = new Map(evidence.log.resolutions.map(({ decisionId, outcome }) => [decisionId, outcome]))
  const claims = Object.groupBy(evidence.log.claims, ({ caller, key }) => `${caller} ${key}`)
  for (const one of keys) {
    references(one, compare)
    sameBytes(one, compare)
    for (const body of one.bodies.keys()) {
      inRealTime(
        one.calls.filter((call) => bodyId(call.body) === body),
        'H4',
        compare,
      )
    }
    committed(one, ends, compare)
    lowestClaim(one, claims[`${one.caller} ${one.key}`] ?? [], evidence, compare)
    refusals(one, compare)
  }
  distinctReferences(keys, compare)
  reads(calls, compare)
  return verdicts
}

type Compare = (law: Law, holds: boolean, fault: () => string) => void

function oneEffect(keys: readonly KeyHistory[], { log }: Evidence, compare: Compare): void {
  const asked = new Set(keys.flatMap(({ bodies }) => [...bodies.keys()]))
  for (const one of keys) {
    const { effects } = one
    const isTold = answersOf(one).some(({ says }) => says !== null && says.stage !== 'begun')
    compare('H1', effects.length <= 1 && (!isTold || effects.length === 1), () => {
      return `${nameOf(one)} has ${effects.length} effects: ${effects.map(({ decisionId }) => decisionId).join(', ')}`
    })
  }
  for (const { decisionId, transactionId, account, amountMinor } of log.decisions) {
    const isAsked = asked.has(bodyId({ transactionId, fromAccount: account, amountMinor }))
    compare('H1', isAsked, () => `decision ${decisionId} is on what nobody asked for`)
  }
}

function references(one: KeyHistory, compare: Compare): void {
  const [effect] = one.effects
  for (const { status, json } of answersOf(one)) {
    if (status !== 200) continue
    const expected = effect === undefined ? 'none' : referenceOf(effect)
    compare('H2', json['reference'] === expected, () => {
      return `${nameOf(one)} was answered ${json['reference']}, and its decision's reference is ${expected}`
    })
  }
}

function distinctReferences(keys: readonly KeyHistory[], compare: Compare): void {
  const owners = new Map<unknown, string>()
  for (const one of keys) {
    for (const { status, json } of answersOf(one)) {
      if (status !== 200) continue
      const owner = owners.get(json['reference']) ?? String(json['transaction_id'])
      owners.set(json['reference'], owner)
      compare('H2', owner === json['transaction_id'], () => `${json['reference']} is of ${owner} and of ${nameOf(one)}`)
    }
  }
}

function sameBytes(one: KeyHistory, compare: Compare): void {
  const last = answersOf(one).filter(({ says, status }) => says?.stage === 'over' && status !== 401)
  const [first] = last
  for (const { status, text } of last.slice(1)) {
    compare('H3', status === first?.status && text === first.text, () => {
      return `${nameOf(one)} has ${first?.status} ${first?.text} and ${status} ${text}`
    })
  }
}

/** No call may learn less than what was told before it began. */
function inRealTime(calls: readonly Call[], law: Law, compare: Compare): void {
  const told = calls.flatMap(({ answer }) => (answer === null || answer.says === null ? [] : [answer]))
  told.sort((a, b) => a.atMs - b.atMs)
  let next = 0
  let highest: Answer | null = null
  for (const call of calls.toSorted((a, b) => a.atMs - b.atMs)) {
    for (; (told[next]?.atMs ?? Number.POSITIVE_INFINITY) < call.atMs; next++) {
      const answer = told[next] as Answer
      if (highest === null || rankOf(answer) > rankOf(highest)) highest = answer
    }
    const before = highest
    const { answer } = call
    if (before === null || answer === null || answer.says === null) continue
    compare(law, rankOf(answer) >= rankOf(before), () => {
      return (
        `call ${call.n} of ${call.caller} on ${bodyId(call.body)} at ${call.life} was answered ${answer.says?.status}, ` +
        `after ${before.says?.status} had been`
      )
    })
  }
}

function committed(one: KeyHistory, ends: ReadonlyMap<string, string>, compare: Compare): void {
  const [effect] = one.effects
  for (const { says } of answersOf(one)) {
    if (says === null || says.stage === 'begun') continue
    const possible = effect === undefined ? [] : statusesOf(effect, ends.get(effect.decisionId) ?? null)
    compare('H5', possible.includes(says.status), () => {
      return `${nameOf(one)} was answered ${says.status}; the log has ${possible.join(', then ') || 'no decision'}`
    })
  }
}

/** Every status that a payment goes through, by what is committed. */
function statusesOf({ outcome }: DecisionRow, resolution: string | null): string[] {
  if (outcome === 'approve') return ['SUCCESS']
  if (outcome === 'block') return ['BLOCKED']
  const waiting = outcome === 'challenge' ? 'OTP_REQUIRED' : 'IN_REVIEW'
  if (resolution === null) return [waiting]
  if (resolution === 'passed' || resolution === 'approved') return [waiting, 'SUCCESS']
  return [waiting, resolution === 'expired' ? 'EXPIRED' : 'DECLINED']
}

function lowestClaim(one: KeyHistory, claims: Evidence['log']['claims'], { log }: Evidence, compare: Compare): void {
  const [effect] = one.effects
  if (effect === undefined) return
  const first = claims.filter(({ decisionId }) => decisionId === null).sort((a, b) => a.offset - b.offset)[0]
  const winner = log.claims.find(({ claimId, decisionId }) => claimId === effect.claimId && decisionId === null)
  compare('H6', winner !== undefined && winner.appendTimeMs <= effect.appendTimeMs, () => {
    return `decision ${effect.decisionId} has no claim that stood in the log before its payment did`
  })
  if (winner === undefined || winner.caller !== one.caller || winner.key !== one.key) return
  compare('H6', first?.claimId === winner.claimId, () => {
    return `${nameOf(one)} was paid by the claim at ${winner.offset}, and its lowest is at ${first?.offset}`
  })
}

function refusals(one: KeyHistory, compare: Compare): void {
  const [effect] = one.effects
  const paid = effect === undefined ? null : bodyId({ ...effect, fromAccount: effect.account })
  for (const { n, body, answer } of one.calls) {
    if (answer === null) continue
    const { status, json, says } = answer
    compare('H7', STATUSES.has(status) && (status !== 401 || json['code'] === 'INVALID_OTP'), () => {
      return `call ${n} of ${nameOf(one)} was answered ${status} ${json['code']}`
    })
    if (status === 422) {
      const isRight = json['code'] === 'KEY_REUSED' && one.bodies.size > 1 && bodyId(body) !== paid
      compare('H7', isRight, () => `call ${n} of ${nameOf(one)} was refused ${json['code']} without reason`)
    } else if (says !== null && says.stage !== 'begun' && paid !== null) {
      compare('H7', bodyId(body) === paid, () => `call ${n} of ${nameOf(one)} was answered for other content`)
    }
  }
}

function reads(calls: readonly Call[], compare: Compare): void {
  const own = calls.filter(({ kind }) => kind === 'read')
  const askers = new Map(
    calls.filter(({ kind }) => kind === 'confirm').map(({ body, caller }) => [bodyId(body), caller]),
  )
  for (const { n, body, caller, answer } of own) {
    if (answer === null || askers.get(bodyId(body)) === caller) continue
    compare('H8', answer.status === 404, () => `read ${n}: ${caller} was shown ${bodyId(body)}, which is another's`)
  }
  const byPlace = Object.groupBy(own, ({ caller, body, life }) => `${caller} ${bodyId(body)} ${life}`)
  for (const ofOne of Object.values(byPlace)) inRealTime(ofOne ?? [], 'H8', compare)
}

function answersOf({ calls }: KeyHistory): Answer[] {
  return calls.flatMap(({ answer }) => answer ?? [])
}

function rankOf({ says }: Answer): number {
  return says === null ? -1 : STAGES.indexOf(says.stage)
}

/** The reference that the coordinates of a decision make (docs/SPEC.md, C1), computed a second time. */
function referenceOf({ decisionId }: DecisionRow): string {
  const [partition, offset] = decisionId.split('-').map(BigInt) as [bigint, bigint]
  const number = offset * BigInt(PARTITIONS_MAX) + partition
  return number.toString(36).toUpperCase().padStart(REFERENCE_DIGITS, '0')
}

function nameOf({ caller, key }: KeyHistory): string {
  return `${caller} ${key}`
}
