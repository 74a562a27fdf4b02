import { StreamsError } from '../errors.ts'

/** A sink's work, as far as starting it again goes. */
export interface SinkSessions {
  /**
   * Carries records from where the sink stands until `signal` asks for the end; says `progressed` whenever it gets on, which makes the
   * next pause a short one.
   */
  readonly session: (signal: AbortSignal, progressed: () => void) => Promise<void>
  /** The session has failed; records wait in the log, and another begins after a pause. */
  readonly onWaiting: (error: StreamsError) => void
  readonly clock: { sleep(delayMs: number, signal: AbortSignal): Promise<void> }
  /** Each pause is twice the one before, within these. */
  readonly pause: { readonly firstMs: number; readonly maxMs: number }
}

/**
 * Runs a sink session after session until `signal` asks for the end. It is the circuit of what the sink writes to as well: after an
 * error nothing is asked of that until a pause is over.
 * @throws what no new session mends.
 */
export async function runSessions(
  { session, onWaiting, clock, pause }: SinkSessions,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = pause.firstMs
  const progressed = () => {
    pauseMs = pause.firstMs
  }
  while (!signal.aborted) {
    try {
      await session(signal, progressed)
    } catch (error) {
      if (!(error instanceof StreamsError && isMendedByNext(error))) throw error
      onWaiting(error)
      await clock.sleep(pauseMs, signal)
      pauseMs = Math.min(pauseMs * 2, pause.maxMs)
    }
  }
}

/** A new session begins from what the sink and the log hold, so it also mends a lost producer and a place that retention took. */
function isMendedByNext({ code, next }: StreamsError): boolean {
  return next === 'retry' || next === 'abort' || code === 'OFFSET_OUT_OF_RANGE'
}
