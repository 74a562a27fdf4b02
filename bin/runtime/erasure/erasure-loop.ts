import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { Session } from '../session.ts'
import { type ErasableLog, embeddedErasable } from './erasable-log.ts'
import { continueErasure, type ErasureClock, isDone } from './erase.ts'
import { readErasures } from './erasure-file.ts'

const INTERVAL_MS = 60_000

/** Goes on with erasures that wait for a day to come, until `signal` aborts; what has just been asked for is its command's. */
export async function keepErasing(
  session: Session,
  signal: AbortSignal,
  onError: (error: Error) => void,
): Promise<void> {
  while (!signal.aborted) {
    await machineTime.sleep(INTERVAL_MS, signal)
    if (signal.aborted) return
    await continueErasures(embeddedErasable(session), machineTime, onError).catch(onError)
  }
}

/** One round. An erasure that fails holds up no other, keeps why, and is tried again in the next. */
export async function continueErasures(
  log: ErasableLog,
  clock: ErasureClock,
  onError: (error: Error) => void,
): Promise<void> {
  for (const erasure of readErasures(log.session.folder.path)) {
    if (isDone(erasure) || erasure.requestedMs + INTERVAL_MS >= clock.nowMs()) continue
    await continueErasure(log, erasure, clock).catch(onError)
  }
}
