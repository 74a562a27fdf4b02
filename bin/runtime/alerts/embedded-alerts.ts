import { measureAlerter } from '../../../platform/alerter-metrics.ts'
import type { Logger } from '../../../platform/logger.ts'
import type { Metrics } from '../../../platform/metrics.ts'
import { ALERTER_STATES, type Alerter } from '../../../redis-alerts/alerter.ts'
import { EmbeddedAlertStore } from '../../../redis-alerts/embedded-store.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { Session } from '../session.ts'
import { alertLags } from './alert-lags.ts'
import { createAlerter } from './session-alerter.ts'

/** Its offsets are its own: an alerter to Redis may run beside it. */
const GROUP = 'sluice-alerts-embedded'

/** Live alerts in the memory of the process that decides: what `sluice alerter` and Redis are on a cluster. */
export class EmbeddedAlerts {
  readonly store: EmbeddedAlertStore = new EmbeddedAlertStore(machineTime)
  private readonly alerter: Alerter
  private readonly logger: Pick<Logger, 'error' | 'warn'>

  constructor(session: Session, logger: Pick<Logger, 'error' | 'warn'>, { registry }: Pick<Metrics, 'registry'>) {
    const group = session.log.group(GROUP)
    const metrics = measureAlerter(registry, {
      alerter: () => this.alerter,
      states: ALERTER_STATES,
      lags: () => alertLags(session.log, group),
      nowMs: machineTime.nowMs,
    })
    this.logger = logger
    this.alerter = createAlerter(session, GROUP, async () => this.store, {
      onWaiting: (error) => logger.warn({ code: error.code, error: error.message }, 'alerts wait in the log'),
      onLive: () => {},
      onLost: (at, offsets) => logger.warn({ ...at, offsets }, 'retention took alerts before they were read'),
      onWritten: metrics.observeWrite,
    })
  }

  get state(): Alerter['state'] {
    return this.alerter.state
  }

  /** Resolves after a drain. Decisions do not need alerts: what ends them is logged, and the process goes on. */
  async keepUp(signal: AbortSignal): Promise<void> {
    try {
      await this.alerter.run(signal)
    } catch (error) {
      this.logger.error({ error: (error as Error).message }, 'live alerts ended, decisions go on')
    }
  }
}
