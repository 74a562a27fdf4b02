import { BOARD_PATH } from '../../dashboards/board/board-routes.ts'
import { variableOf } from '../../platform/config.ts'
import type { EmbeddedAlertStore } from '../../redis-alerts/embedded-store.ts'
import { openUpApi, type UpApiParts } from './api/up-api.ts'
import { openUpBoard } from './board/up-board.ts'
import type { Pipeline } from './pipeline.ts'
import type { Session } from './session.ts'
import { serveWeb } from './web-server.ts'

/** What `up` serves on one port: the board for people, and the confirm API for programs. */
export interface UpWeb {
  readonly boardUrl: string
  /** What is served, for people. */
  readonly lines: readonly string[]
  /** Follows the log until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
  /** Resolves when what was taken is answered; the tasks must still run. */
  close(): Promise<void>
}

export interface UpWebParts extends UpApiParts {
  readonly store: EmbeddedAlertStore
  readonly pipelineNow: () => Pipeline | null
}

/**
 * Listens before there is any task.
 * @throws PortTakenError, ConfigError, KeysError
 */
export async function serveUpWeb(session: Session, parts: UpWebParts): Promise<UpWeb> {
  const { apiServed, boardHost: host, boardPort: port } = session.config
  const board = await openUpBoard(session, parts.store, parts.pipelineNow, parts.logger)
  const api = apiServed ? await openUpApi(session, parts) : null
  const routes = [board.routes, ...(api === null ? [] : [api.routes])]
  const server = await serveWeb({
    host,
    port,
    setting: variableOf('boardPort'),
    routes,
    home: BOARD_PATH,
    ...(api !== null && { shed: api.shed }),
  }).catch(async (error: unknown) => {
    await api?.close()
    throw error
  })
  const origin = `http://${host}:${server.port}`
  const apiLine = `confirm API: ${origin}/payment/confirm, documents at ${origin}/docs`
  return {
    boardUrl: `${origin}${BOARD_PATH}`,
    lines: [`fraud board: ${origin}${BOARD_PATH}`, ...(api === null ? [] : [apiLine])],
    run: (signal) => {
      // Decisions do not need the board: what ends it is logged, and the process goes on.
      return board.run(signal).catch((error: Error) => parts.logger.error({ error: error.message }, 'the board ended'))
    },
    close: async () => {
      await server.close()
      await api?.close()
    },
  }
}
