import type { FastifyPluginAsync } from 'fastify'
import type { Challenges } from '../../../api/challenge.ts'
import { measureApi } from '../../../platform/api-metrics.ts'
import type { Logger } from '../../../platform/logger.ts'
import type { Metrics } from '../../../platform/metrics.ts'
import type { Session } from '../session.ts'
import { ConfirmApi } from './confirm-api.ts'
import { openSharedLimiter } from './rate-limits.ts'

/** The confirm API beside the tasks of the embedded profile. */
export interface UpApi {
  readonly routes: FastifyPluginAsync
  readonly shed: ConfirmApi['shed']
  /** After its server has closed. */
  close(): Promise<void>
}

export interface UpApiParts {
  readonly logger: Logger
  readonly metrics: Pick<Metrics, 'registry'>
  readonly challenges: Challenges | null
}

/** @throws KeysError */
export async function openUpApi(session: Session, parts: UpApiParts): Promise<UpApi> {
  const { config } = session
  const { logger, challenges } = parts
  let running: ConfirmApi | null = null
  const metrics = measureApi(parts.metrics.registry, () => running)
  const limiter = await openSharedLimiter(config, logger, metrics)
  const api = await ConfirmApi.open(session, {
    name: 'up',
    isEmbedded: true,
    isDemo: config.profile === 'demo',
    logger,
    metrics,
    challenges,
    sharedLimiter: limiter?.limiter ?? null,
  })
  running = api
  const close = async () => {
    await api.close()
    limiter?.close()
  }
  return { routes: api.routes, shed: api.shed, close }
}
