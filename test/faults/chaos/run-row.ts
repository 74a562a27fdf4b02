import { setTimeout as pause } from 'node:timers/promises'
import type { Row } from './row.ts'
import { Stand } from './stand.ts'
import { Tally } from './tally.ts'

/** No row takes so long; one that does hangs. */
const ROW_MS = 900_000

/** How one run of a row went. */
export interface Outcome {
  readonly seed: number
  readonly tally: Tally
  readonly tookMs: number
  /** What did not hold, or null. */
  readonly failure: Error | null
}

export interface RunOptions {
  readonly short: boolean
  readonly tell: (progress: string) => void
  /** Ends the run and everything that it has started. */
  readonly signal: AbortSignal
}

/** Runs a row once. What it has started is gone when this resolves. */
export async function runRow(row: Row, seed: number, { short, tell, signal }: RunOptions): Promise<Outcome> {
  const stands: Promise<Stand>[] = []
  const tally = new Tally()
  const startedMs = performance.now()
  const over = new AbortController()
  let failure: Error | null = null
  try {
    const open: Parameters<Row['run']>[0]['open'] = (options) => {
      const stand = Stand.open(tally, seed, options)
      stands.push(stand)
      return stand
    }
    const hangs = pause(ROW_MS, undefined, { signal: AbortSignal.any([signal, over.signal]) }).then(
      () => Promise.reject(new Error(`it did not end within ${ROW_MS / 60_000} minutes`)),
      (cause) => (signal.aborted ? Promise.reject(new Error('interrupted', { cause })) : undefined),
    )
    await Promise.race([row.run({ short, tally, open, tell }, seed), hangs])
    tally.requireProof()
  } catch (error) {
    failure = error as Error
  } finally {
    over.abort()
    for (const stand of await Promise.allSettled(stands)) if (stand.status === 'fulfilled') await stand.value.close()
  }
  return { seed, tally, tookMs: performance.now() - startedMs, failure }
}
