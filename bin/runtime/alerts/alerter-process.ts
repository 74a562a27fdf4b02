import { createAlerterMetrics } from '../../../platform/alerter-metrics.ts'
import { type Config, variableOf } from '../../../platform/config.ts'
import { type Health, serveHealth } from '../../../platform/health-server.ts'
import { createLogger } from '../../../platform/logger.ts'
import { listenForShutdown } from '../../../platform/shutdown.ts'
import { ALERTER_STATES, type Alerter } from '../../../redis-alerts/alerter.ts'
import { ALERTS_GROUP } from '../../../redis-alerts/alerts-group.ts'
import { RedisAlertStore } from '../../../redis-alerts/redis-store.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { complain, print } from '../../view/text.ts'
import { putDecisionsFirst } from '../decisions-first.ts'
import { redisTarget } from '../redis-target.ts'
import type { Session } from '../session.ts'
import { alertLags } from './alert-lags.ts'
import { createAlerter } from './session-alerter.ts'

/** Carries a session's alerts to Redis until it was asked to end. @throws what only a person can set right. */
export async function runAlerter(config: Config, openLog: () => Promise<Session<Log>>): Promise<void> {
  putDecisionsFirst('alerts')
  const target = redisTarget(config)
  const session = await openLog()
  const shutdown = listenForShutdown((signal) => {
    if (signal !== null) complain('\nending: writing what was read, committing; Ctrl-C again ends at once')
  })
  let running: Alerter | null = null
  const group = session.log.group(ALERTS_GROUP)
  const metrics = createAlerterMetrics({
    alerter: () => running,
    states: ALERTER_STATES,
    lags: () => alertLags(session.log, group),
    nowMs: machineTime.nowMs,
  })
  try {
    const server = await serveHealth({
      host: config.metricsHost,
      port: config.metricsPort,
      setting: variableOf('metricsPort'),
      metrics: metrics.registry,
      health: () => alerterHealth(running, shutdown.signal.aborted),
    })
    const logger = createLogger(config.logLevel)
    const alerter = createAlerter(session, ALERTS_GROUP, () => RedisAlertStore.open(target), {
      onWaiting: (error) => logger.warn({ code: error.code, error: error.message }, 'alerts wait in the log'),
      onLive: () => logger.warn('alerts are written again'),
      onLost: (at, offsets) => logger.error({ ...at, offsets }, 'retention took alerts that Redis never had'),
      onWritten: metrics.observeWrite,
    })
    running = alerter
    print(
      `sluice alerter: ${TOPICS.fraudAlerts.name} and ${TOPICS.fraudActions.name} to ${config.redisUrl}; ` +
        `metrics and health on http://${config.metricsHost}:${server.port}; Ctrl-C ends`,
    )
    await alerter.run(shutdown.signal)
    await server.close()
    print('ended: what Redis has is committed')
  } finally {
    shutdown.release()
    await session.log.close()
  }
}

/** Ready while alerts reach Redis; not while they wait. */
function alerterHealth(alerter: Alerter | null, ending: boolean): Health {
  const state = alerter?.state ?? 'CONNECTING'
  const waitsFor = alerter?.waitsFor ?? null
  return {
    ready: state === 'LIVE' && !ending,
    details: {
      ending,
      state,
      buffered: alerter?.buffered ?? 0,
      ...(waitsFor && { waits_for: waitsFor.code, why: waitsFor.message }),
    },
  }
}
