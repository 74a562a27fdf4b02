import { Registry } from 'prom-client'
import { ConfirmApi } from '../bin/runtime/api/confirm-api.ts'
import { Pipeline } from '../bin/runtime/pipeline.ts'
import { openWritingSession } from '../bin/runtime/session.ts'
import { serveWeb } from '../bin/runtime/web-server.ts'
import { measureApi } from '../platform/api-metrics.ts'
import { readConfig } from '../platform/config.ts'
import { createLogger } from '../platform/logger.ts'

/**
 * Tasks and confirm API in one process, as `sluice up` composes them, on a port of its own; no code is sent, since a challenge is an
 * answer. Says the port. Argument: the data folder.
 */
async function main(data: string): Promise<void> {
  const session = await openWritingSession(readConfig({}, { SLUICE_DATA: data }))
  const logger = createLogger('error')
  const metrics = measureApi(new Registry(), () => api)
  const options = { name: 'bench', isDemo: true, logger, metrics, challenges: null, sharedLimiter: null }
  const api: ConfirmApi = await ConfirmApi.open(session, options)
  const server = await serveWeb({ host: '127.0.0.1', port: 0, setting: 'none', routes: [api.routes], home: '/docs' })
  const fail = (_partition: number, error: Error) => process.stderr.write(`${error.message}\n`)
  const pipeline = new Pipeline(session, { onSurvived: fail, onFailed: fail })
  while (!pipeline.running || !api.caughtUp) await new Promise((resolve) => setTimeout(resolve, 5))
  process.once('disconnect', async () => {
    await server.close()
    await api.close()
    pipeline.stop()
    await pipeline.ended
    await session.log.close()
  })
  process.send?.({ port: server.port })
}

const [data = ''] = process.argv.slice(2)
if (import.meta.main) await main(data)
