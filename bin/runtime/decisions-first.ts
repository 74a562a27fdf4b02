import { getPriority, setPriority } from 'node:os'

/**
 * How far a process stands behind the decisions: the lowest priority for what can wait in the log, less for what must not fall behind for
 * good where the decisions take all that there is.
 */
const NICE = { alerts: 19, archive: 10 } as const

/**
 * Decisions go first: this process takes what they leave of the processor. It matters where both share a machine that is fully busy;
 * a process that was started with a lower priority keeps it.
 */
export function putDecisionsFirst(before: keyof typeof NICE): void {
  if (getPriority() < NICE[before]) setPriority(NICE[before])
}
