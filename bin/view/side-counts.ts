import { TOPICS } from '../../schemas/topics.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import type { Session } from '../runtime/session.ts'

const INTERVAL_MS = 1_000

/** Counts what leaves on alerts and actions from now on, by the log's own ends; and the log's size. */
export class SideCounts {
  counted = { alerts: 0, actions: 0, logBytes: 0 }
  private readonly session: Session
  private readonly before: { readonly alerts: number; readonly actions: number }

  constructor(session: Session) {
    this.session = session
    this.before = this.ends().ends
  }

  async keepUp(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await machineTime.sleep(INTERVAL_MS, signal)
      const { ends, logBytes } = this.ends()
      this.counted = {
        alerts: ends.alerts - this.before.alerts,
        actions: ends.actions - this.before.actions,
        logBytes,
      }
    }
  }

  private ends() {
    const { partitions, environments } = this.session.log.stat()
    const endsOf = (name: string) =>
      partitions.filter(({ topic }) => topic === name).reduce((sum, { endOffset }) => sum + endOffset, 0)
    const ends = { alerts: endsOf(TOPICS.fraudAlerts.name), actions: endsOf(TOPICS.fraudActions.name) }
    return { ends, logBytes: environments.reduce((sum, { bytesOnDisk }) => sum + bytesOnDisk, 0) }
  }
}
