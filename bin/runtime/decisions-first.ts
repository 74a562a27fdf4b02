import { getPriority, setPriority } from 'node:os'

const NICE = 10

/**
 * Decisions go first: this process takes what they leave of the processor. It matters where both share a machine that is fully busy;
 * a process that was started with a lower priority keeps it.
 */
export function putDecisionsFirst(): void {
  if (getPriority() < NICE) setPriority(NICE)
}
