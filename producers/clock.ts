import { setImmediate, setTimeout } from 'node:timers/promises'

/** Time as an argument: the machine's in production, moved by hand in tests. Epoch ms. */
export interface Clock {
  now(): number
  /** Resolves when `now()` has reached `untilMs`, or soon after `signal` aborts. */
  sleepUntil(untilMs: number, signal?: AbortSignal): Promise<void>
  /** Lets waiting input and output run once. */
  turn(): Promise<void>
}

/** The machine's own clock. A sleep never ends early by this clock, and late by about a millisecond. */
export const machineClock: Clock = {
  now: () => Date.now(),
  async sleepUntil(untilMs, signal) {
    for (let waitMs = untilMs - Date.now(); waitMs > 0 && !signal?.aborted; waitMs = untilMs - Date.now()) {
      // An aborted wait rejects; the caller looks at its signal.
      await setTimeout(waitMs, undefined, { signal }).catch(() => undefined)
    }
  },
  async turn() {
    await setImmediate()
  },
}
