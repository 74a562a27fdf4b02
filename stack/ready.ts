import { setTimeout as pause } from 'node:timers/promises'
import { PartError } from './part-error.ts'
import type { PartProcess } from './part-process.ts'

const ASK_EVERY_MS = 100

/**
 * Waits until every `ask`, a real request to the part, is answered.
 * @throws PartError when one of its processes ends first or the time is over; the message has the end of the log.
 */
export async function untilReady(
  name: string,
  processes: readonly PartProcess[],
  ask: () => Promise<void>,
  withinMs: number,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const dead = processes.find(({ end }) => end !== null)
    if (dead !== undefined) throw new PartError(`${name} ended before it was ready (${dead.end}); ${dead.lastWords()}`)
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > deadlineMs) {
        const why = (error as Error).message
        throw new PartError(
          `${name} answers no request after ${withinMs / 1_000} s (${why}); ${processes[0]?.lastWords()}`,
        )
      }
      await pause(ASK_EVERY_MS)
    }
  }
}
