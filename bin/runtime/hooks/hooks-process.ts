import { type Config, ConfigError, variableOf } from '../../../platform/config.ts'
import { type Health, serveHealth } from '../../../platform/health-server.ts'
import { createHookMetrics } from '../../../platform/hook-metrics.ts'
import { createLogger } from '../../../platform/logger.ts'
import { listenForShutdown } from '../../../platform/shutdown.ts'
import type { Hook } from '../../../redis-alerts/hooks/hook.ts'
import { HOOK_OUTCOME_SYMBOLS } from '../../../schemas/generated/enums.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { complain, print } from '../../view/text.ts'
import type { Session } from '../session.ts'
import { createHooks, hookLags, readyHooks } from './session-hooks.ts'

/** Brings a session's actions to hooks until it was asked to end. @throws what only a person can set right. */
export async function runHooks(config: Config, openLog: () => Promise<Session<Log>>): Promise<void> {
  const ready = readyHooks(config)
  if (ready.length === 0) throw new ConfigError(`${variableOf('hooksFile')} names no hooks; see docs/hooks.md`)
  const session = await openLog()
  const shutdown = listenForShutdown((signal) => {
    if (signal !== null) complain('\nending: tries under way come to their end; Ctrl-C again ends at once')
  })
  let running: readonly Hook[] = []
  const names = ready.map(({ config: { name } }) => name)
  const metrics = createHookMetrics({
    hooks: () => running,
    outcomes: HOOK_OUTCOME_SYMBOLS,
    lags: () => hookLags(session.log, names),
  })
  try {
    const server = await serveHealth({
      host: config.metricsHost,
      port: config.metricsPort,
      setting: variableOf('metricsPort'),
      metrics: metrics.registry,
      health: () => hooksHealth(running, shutdown.signal.aborted),
    })
    const hooks = await createHooks(session, ready, createLogger(config.logLevel), metrics)
    running = hooks
    print(
      `sluice hooks: ${TOPICS.fraudActions.name} to ${names.join(', ')}; ` +
        `metrics and health on http://${config.metricsHost}:${server.port}; Ctrl-C ends`,
    )
    const ends = hooks.map((hook) =>
      hook.run(shutdown.signal).catch((error: unknown) => {
        // What stops one hook ends the process, so that somebody looks.
        shutdown.request()
        throw error
      }),
    )
    const failure = (await Promise.allSettled(ends)).find(({ status }) => status === 'rejected')
    await server.close()
    if (failure?.status === 'rejected') throw failure.reason
    print('ended: every try is on record')
  } finally {
    shutdown.release()
    await session.log.close()
  }
}

/** Ready while every hook reads actions. A receiver that is down is no reason to start this process again. */
function hooksHealth(hooks: readonly Hook[], ending: boolean): Health {
  const isLive = hooks.length > 0 && hooks.every(({ state }) => state === 'LIVE')
  return { ready: isLive && !ending, details: { ending, hooks: hookDetails(hooks) } }
}

/** By name: its state, its circuit, and how many actions wait. */
export function hookDetails(hooks: readonly Hook[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    hooks.map(({ name, state, circuitState, waiting }) => [name, { state, circuit: circuitState, waiting }]),
  )
}
