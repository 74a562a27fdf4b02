import type { Config } from '../../../platform/config.ts'
import { createLogger } from '../../../platform/logger.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Asker } from '../../../streams/kafka/group-offsets.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { type ClusterSession, openWorkerSession } from '../cluster-session.ts'

/** Before the cluster is asked again. */
const ASKED_AGAIN_MS = 1_000

/**
 * Opens a worker's session; a cluster that does not answer yet is asked again until it does, since workers and brokers may start
 * in any order. @throws what `openWorkerSession` does, and that too once `signal` has aborted.
 */
export async function awaitWorkerSession(config: Config, member: Asker, signal: AbortSignal): Promise<ClusterSession> {
  const logger = createLogger(config.logLevel)
  for (;;) {
    try {
      return await openWorkerSession(config, member)
    } catch (error) {
      // Nothing has been written that an unknown outcome could be of.
      const passes = error instanceof StreamsError && (error.next === 'retry' || error.next === 'abort')
      if (!passes || signal.aborted) throw error
      logger.warn({ error: error.message }, 'asks again')
      await machineTime.sleep(ASKED_AGAIN_MS, signal)
    }
  }
}
