import { setTimeout } from 'node:timers/promises'

/** The machine's clock as tasks and the log take it. */
export const machineTime = {
  nowMs: (): number => Date.now(),
  wait: (delayMs: number): Promise<void> => setTimeout(delayMs),
}
