import { setTimeout as pause } from 'node:timers/promises'
import { PartError } from './part-error.ts'

const ASK_EVERY_MS = 100

/**
 * Waits until `ask`, a real request, is answered.
 * `whyNever` tells when there is nothing to wait for any more: it is asked before each try.
 * @throws PartError when that is so, or when the time is over.
 */
export async function untilAnswered(
  name: string,
  ask: () => Promise<void>,
  withinMs: number,
  whyNever: () => string | null = () => null,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const why = whyNever()
    if (why !== null) throw new PartError(`${name} ${why}`)
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > deadlineMs) {
        throw new PartError(`${name} answers no request after ${withinMs / 1_000} s: ${(error as Error).message}`)
      }
      await pause(ASK_EVERY_MS)
    }
  }
}
