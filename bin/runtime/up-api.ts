import type { Challenges } from '../../api/challenge.ts'
import { measureApi } from '../../platform/api-metrics.ts'
import { variableOf } from '../../platform/config.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { ConfirmApi } from './confirm-api.ts'
import { openSharedLimiter } from './rate-limits.ts'
import type { Session } from './session.ts'
import { serveWeb } from './web-server.ts'

/** The confirm API beside the tasks of the embedded profile. */
export interface UpApi {
  readonly url: string
  /** Resolves when what was taken is answered; the tasks must still run. */
  close(): Promise<void>
}

/** @throws KeysError, PortTakenError */
export async function serveUpApi(
  session: Session,
  logger: Logger,
  { registry }: Pick<Metrics, 'registry'>,
  challenges: Challenges | null,
): Promise<UpApi> {
  const { config } = session
  const { httpHost: host, httpPort: port } = config
  let running: ConfirmApi | null = null
  const metrics = measureApi(registry, () => running)
  const limiter = await openSharedLimiter(config, logger, metrics)
  const api = await ConfirmApi.open(session, {
    name: 'up',
    isDemo: config.profile === 'demo',
    logger,
    metrics,
    challenges,
    sharedLimiter: limiter?.limiter ?? null,
  })
  running = api
  const end = async () => {
    await api.close()
    limiter?.close()
  }
  try {
    const server = await serveWeb({ host, port, setting: variableOf('httpPort'), routes: [api.routes] })
    const close = async () => {
      await server.close()
      await end()
    }
    return { url: `http://${host}:${server.port}`, close }
  } catch (error) {
    await end()
    throw error
  }
}
