import { setImmediate } from 'node:timers/promises'
import { StreamsError } from '../errors.ts'

/** The clock that the runtime is given. */
export interface Clock {
  nowMs(): number
  wait(delayMs: number): Promise<void>
}

interface Alarm {
  readonly atMs: number
  /** Order of asking: two alarms of one time go off in it. */
  readonly turn: number
  readonly ring: () => void
}

/** Turns without any alarm after which a run is held to be stuck. */
const IDLE_TURNS_MAX = 10_000

/**
 * Time that passes only when nobody has anything else to do: `run` lets the event loop empty itself, then jumps to the
 * next alarm. Hours pass in no time, and the same program sees the same times in every run.
 */
export class VirtualClock implements Clock {
  private now: number
  private turns = 0
  private readonly alarms: Alarm[] = []

  constructor(nowMs = 0) {
    this.now = nowMs
  }

  nowMs(): number {
    return this.now
  }

  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.alarms.push({ atMs: this.now + Math.max(delayMs, 0), turn: this.turns++, ring: resolve })
    })
  }

  /**
   * Drives time until `work` has settled, and gives its outcome.
   * @throws StreamsError STUCK (stop) when it waits for something that no alarm will bring.
   */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false
    const outcome = work.finally(() => {
      settled = true
    })
    // A rejection is the caller's to see, at the end; until then it must not count as unhandled.
    outcome.catch(() => {})
    for (let idle = 0; !settled; ) {
      await setImmediate()
      if (settled) break
      if (this.ringNext()) idle = 0
      else if (++idle > IDLE_TURNS_MAX)
        throw new StreamsError('STUCK', 'stop', 'the run waits for nothing that can come')
    }
    return outcome
  }

  private ringNext(): boolean {
    if (this.alarms.length === 0) return false
    let first = 0
    for (let i = 1; i < this.alarms.length; i++) {
      if (isBefore(this.alarms[i] as Alarm, this.alarms[first] as Alarm)) first = i
    }
    const [alarm] = this.alarms.splice(first, 1) as [Alarm]
    this.now = Math.max(this.now, alarm.atMs)
    alarm.ring()
    return true
  }
}

function isBefore(a: Alarm, b: Alarm): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn)
}
