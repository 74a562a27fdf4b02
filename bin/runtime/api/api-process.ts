import { rmSync } from 'node:fs'
import { createApiRegistry, measureApi } from '../../../platform/api-metrics.ts'
import { type Config, variableOf } from '../../../platform/config.ts'
import { serveHealth } from '../../../platform/health-server.ts'
import { createLogger } from '../../../platform/logger.ts'
import { portTaken } from '../../../platform/port-owner.ts'
import { listenForShutdown, type Shutdown } from '../../../platform/shutdown.ts'
import { StreamsError } from '../../../streams/errors.ts'
import type { Log } from '../../../streams/log/log.ts'
import { complain, print } from '../../view/text.ts'
import { openOtp } from '../otp/otp.ts'
import type { Session } from '../session.ts'
import { serveWeb } from '../web-server.ts'
import { ConfirmApi } from './confirm-api.ts'
import { openSharedLimiter } from './rate-limits.ts'

/** Serves the confirm API over a session until it was asked to end. @throws what only a person can set right. */
export async function runApi(config: Config, isEmbedded: boolean, openLog: () => Promise<Session<Log>>): Promise<void> {
  const session = await openLog()
  const shutdown = listenForShutdown((signal) => {
    if (signal !== null) complain('\nending: answering what was taken; Ctrl-C again ends at once')
  })
  const logger = createLogger(config.logLevel)
  let running: ConfirmApi | null = null
  const registry = createApiRegistry()
  const metrics = measureApi(registry, () => running)
  const limiter = await openSharedLimiter(config, logger, metrics)
  // Instances on one folder have different ports; without one of its own it reads the log anew each time.
  const isNamed = config.apiPort !== 0
  const otp = await openOtp(session, logger, { registry }, print)
  const beside = new AbortController()
  const codes = otp?.keepUp(beside.signal)
  try {
    const api = await ConfirmApi.open(session, {
      name: isNamed ? `port-${config.apiPort}` : `process-${process.pid}`,
      isEmbedded,
      isDemo: isEmbedded && config.profile === 'demo',
      logger,
      metrics,
      challenges: otp?.challenges ?? null,
      sharedLimiter: limiter?.limiter ?? null,
    }).catch((error: unknown) => {
      // Its name is its port's, so whoever has the view has the port.
      const isOwned = error instanceof StreamsError && error.code === 'VIEW_OWNED'
      throw isOwned ? portTaken(config.apiPort, variableOf('apiPort')) : error
    })
    running = api
    try {
      const { apiHost: host, apiPort: port } = config
      const server = await serveWeb({
        host,
        port,
        setting: variableOf('apiPort'),
        routes: [api.routes],
        shed: api.shed,
        home: '/docs',
      })
      const health = await serveHealth({
        host: config.metricsHost,
        port: config.metricsPort,
        setting: variableOf('metricsPort'),
        metrics: registry,
        health: () => ({
          ready: api.caughtUp && !shutdown.signal.aborted,
          details: { ending: shutdown.signal.aborted, caught_up: api.caughtUp, in_flight: api.inFlight },
        }),
      })
      print(
        `sluice api: http://${host}:${server.port}/payment/confirm, documents at /docs; ` +
          `metrics and health on http://${config.metricsHost}:${health.port}; Ctrl-C ends`,
      )
      await Promise.race([asked(shutdown), api.following])
      await server.close()
      await health.close()
    } finally {
      const { viewFolder } = api
      await api.close()
      if (!isNamed) rmSync(viewFolder, { recursive: true, force: true })
    }
    await running.following
    print('ended: every call that was taken is answered')
  } finally {
    beside.abort()
    await codes
    await otp?.close()
    limiter?.close()
    shutdown.release()
    await session.log.close()
  }
}

function asked({ signal }: Shutdown): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
