import type { Admission, AdmissionOptions } from '../../api/admission.ts'

/**
 * What one process does under load, in virtual time: an event loop whose turns take as long as the work that waits for them. A call takes part in
 * several turns, a group of calls in a turn shares a fixed cost (a flush, a commit, a read), and a refusal costs too.
 */
export interface Costs {
  /** Of a call, over all its turns, ms. */
  readonly callMs: number
  /** Of each group of calls that goes one stage further in the same turn, however many they are, ms. */
  readonly groupMs: number
  readonly refusalMs: number
  /** How long the log takes for each stage, ms; nobody's work here. */
  readonly logMs: number
}

export interface Phase {
  readonly ratePerSecond: number
  readonly seconds: number
  /** The process does nothing for so long when the phase begins. */
  readonly pauseMs?: number
}

export interface Served {
  readonly decidedPerSecond: number
  readonly refused: number
  readonly p99Ms: number
  /** After the begin of the phase, when the last call was refused; 0 for none. */
  readonly lastRefusalMs: number
  readonly longestMs: number
}

const STAGES = 4
const TICK_MS = 20
const TICKS = 5

interface Call {
  readonly atMs: number
  takenMs: number
  readonly phase: number
}

/** Plays the phases one after the other; what is told of a phase is of the calls that came in it. */
export function serve(
  costs: Costs,
  admissionOf: (options: Pick<AdmissionOptions, 'loopDelay' | 'nowMs'>) => Admission,
  phases: readonly Phase[],
): readonly Served[] {
  let nowMs = 0
  const late: number[] = new Array(TICKS).fill(0)
  const loopDelay = { ms: 0, usualMs: 0 }
  const admission = admissionOf({ loopDelay, nowMs: () => nowMs })
  const arrivals = [...arrivalsOf(phases)]
  const tallies = phases.map(() => ({ waits: [] as number[], refused: 0, lastRefusalMs: 0 }))
  const stages: { dueMs: number; readonly calls: Call[] }[][] = Array.from({ length: STAGES }, () => [])
  const begins = phases.map((_, i) => phases.slice(0, i).reduce((sum, { seconds }) => sum + seconds * 1_000, 0))
  let paused = 0
  let tickDueMs = TICK_MS
  let next = 0
  let inFlight = 0
  while (next < arrivals.length || inFlight > 0) {
    if (nowMs >= tickDueMs) {
      late.shift()
      late.push(nowMs - tickDueMs)
      loopDelay.ms = (loopDelay.ms + nowMs - tickDueMs) / 2
      loopDelay.usualMs = late.toSorted((a, b) => a - b)[Math.floor(late.length / 2)] as number
      tickDueMs = nowMs + TICK_MS
    }
    const polledMs = nowMs
    for (; paused < phases.length && (begins[paused] as number) <= polledMs; paused++)
      nowMs += phases[paused]?.pauseMs ?? 0
    // Last stage first, so that nothing goes two stages in one turn.
    for (let stage = STAGES - 1; stage >= 0; stage--) {
      const groups = stages[stage] ?? []
      const moved: Call[] = []
      while ((groups[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= polledMs) moved.push(...(groups.shift()?.calls ?? []))
      if (moved.length === 0) continue
      nowMs += costs.groupMs + (moved.length * costs.callMs) / (STAGES + 1)
      if (stage < STAGES - 1) stages[stage + 1]?.push({ dueMs: nowMs + costs.logMs, calls: moved })
      else
        for (const { atMs, takenMs, phase } of moved) {
          inFlight--
          admission.answered(takenMs)
          tallies[phase]?.waits.push(nowMs - atMs)
        }
    }
    const taken: Call[] = []
    for (; next < arrivals.length && (arrivals[next] as Call).atMs <= polledMs; next++) {
      const call = arrivals[next] as Call
      const tally = tallies[call.phase]
      if (!admission.hasRoom(inFlight)) {
        nowMs += costs.refusalMs
        if (tally === undefined) continue
        tally.refused++
        tally.lastRefusalMs = nowMs - (begins[call.phase] as number)
        continue
      }
      inFlight++
      call.takenMs = admission.taken()
      nowMs += costs.callMs / (STAGES + 1)
      taken.push(call)
    }
    if (taken.length > 0) stages[0]?.push({ dueMs: nowMs + costs.logMs, calls: taken })
    if (nowMs > polledMs) continue
    const dues = stages.map((groups) => groups[0]?.dueMs ?? Number.POSITIVE_INFINITY)
    nowMs = Math.max(nowMs, Math.min(tickDueMs, arrivals[next]?.atMs ?? Number.POSITIVE_INFINITY, ...dues))
  }
  return tallies.map(({ waits, refused, lastRefusalMs }, i) => ({
    decidedPerSecond: waits.length / (phases[i]?.seconds ?? 0),
    refused,
    p99Ms: waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? 0,
    lastRefusalMs,
    longestMs: waits.at(-1) ?? 0,
  }))
}

function* arrivalsOf(phases: readonly Phase[]): Generator<Call> {
  let beginMs = 0
  for (const [phase, { ratePerSecond, seconds }] of phases.entries()) {
    for (let i = 0; i < ratePerSecond * seconds; i++)
      yield { atMs: beginMs + (i * 1_000) / ratePerSecond, takenMs: 0, phase }
    beginMs += seconds * 1_000
  }
}
