import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { Session } from '../session.ts'
import { embeddedErasable } from './erasable-log.ts'
import { continueErasure, isDone } from './erase.ts'
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
    const nowMs = machineTime.nowMs()
    try {
      for (const erasure of readErasures(session.folder.path)) {
        if (isDone(erasure) || erasure.requestedMs + INTERVAL_MS >= nowMs) continue
        // One that fails holds up no other.
        await continueErasure(embeddedErasable(session), erasure, nowMs).catch(onError)
      }
    } catch (error) {
      onError(error as Error)
    }
  }
}
