import { setTimeout } from 'node:timers/promises'

/** The machine's clock as tasks, the log and the loops around them take it. */
export const machineTime = {
  nowMs: (): number => Date.now(),
  wait: (delayMs: number): Promise<void> => setTimeout(delayMs),
  /** Resolves after the delay, or at once when `signal` aborts. */
  sleep: (delayMs: number, signal: AbortSignal): Promise<void> =>
    setTimeout(delayMs, undefined, { signal }).catch(() => undefined),
}
