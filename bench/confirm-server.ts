import { Registry } from 'prom-client'
import { ConfirmApi } from '../bin/runtime/api/confirm-api.ts'
import { openClusterSession } from '../bin/runtime/cluster-session.ts'
import { Pipeline } from '../bin/runtime/pipeline.ts'
import { openWritingSession, type Session } from '../bin/runtime/session.ts'
import { serveWeb } from '../bin/runtime/web-server.ts'
import { measureApi } from '../platform/api-metrics.ts'
import { type Config, readConfig } from '../platform/config.ts'
import { createLogger } from '../platform/logger.ts'
import type { Log } from '../streams/log/log.ts'

/**
 * The confirm API on a port of its own: with the tasks in its process, as `sluice up` composes them, or over a cluster, as `sluice api
 * --kafka` does, beside a worker. No code is sent, since a challenge is an answer. Says the port; answers `cpu` with the CPU that the
 * process has taken so far, us. Arguments: the data folder; for a cluster a broker's address,
 * and how long a call waits when it is not the usual time.
 */
async function main(data: string, bootstrap: string | undefined, timeoutMs: string | undefined): Promise<void> {
  const config = readConfig(
    {},
    {
      SLUICE_DATA: data,
      ...(bootstrap !== undefined && { SLUICE_KAFKA_BOOTSTRAP: bootstrap }),
      ...(timeoutMs !== undefined && { SLUICE_API_TIMEOUT_MS: timeoutMs }),
    },
  )
  const isEmbedded = bootstrap === undefined
  const { session, stop } = isEmbedded ? await withTasks(config) : await overCluster(config)
  const logger = createLogger('error')
  const metrics = measureApi(new Registry(), () => api)
  const options = { name: 'bench', isEmbedded, isDemo: true, logger, metrics, challenges: null, sharedLimiter: null }
  const api: ConfirmApi = await ConfirmApi.open(session, options)
  const server = await serveWeb({
    host: '127.0.0.1',
    port: 0,
    setting: 'none',
    routes: [api.routes],
    shed: api.shed,
    home: '/docs',
  })
  while (!api.caughtUp) await new Promise((resolve) => setTimeout(resolve, 5))
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  process.once('disconnect', async () => {
    await server.close()
    await api.close()
    await stop()
    await session.log.close()
  })
  process.send?.({ port: server.port })
}

interface Served {
  readonly session: Session<Log>
  readonly stop: () => Promise<unknown>
}

async function withTasks(config: Config): Promise<Served> {
  const session = await openWritingSession(config)
  const fail = (_partition: number, error: Error) => process.stderr.write(`${error.message}\n`)
  const pipeline = new Pipeline(session, { onSurvived: fail, onFailed: fail })
  while (!pipeline.running) await new Promise((resolve) => setTimeout(resolve, 5))
  const stop = () => {
    pipeline.stop()
    return pipeline.ended
  }
  return { session, stop }
}

async function overCluster(config: Config): Promise<Served> {
  return { session: await openClusterSession(config), stop: async () => {} }
}

const [data = '', bootstrap, timeoutMs] = process.argv.slice(2)
if (import.meta.main) await main(data, bootstrap, timeoutMs)
