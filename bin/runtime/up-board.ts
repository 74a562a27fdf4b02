import { BOARD_PATH } from '../../dashboards/board/board-routes.ts'
import type { AlertFeed } from '../../dashboards/board/sources.ts'
import { variableOf } from '../../platform/config.ts'
import type { Logger } from '../../platform/logger.ts'
import type { EmbeddedAlertStore } from '../../redis-alerts/embedded-store.ts'
import { Board, type TaskStates } from './board/board.ts'
import { partitionOfAccount } from './control-records.ts'
import type { Pipeline } from './pipeline.ts'
import type { Session } from './session.ts'
import { standingIn } from './standing.ts'
import { serveWeb } from './web-server.ts'

/** The board beside the tasks of the embedded profile: it reads their memory, and alerts from the store of this process. */
export interface UpBoard {
  readonly url: string
  /** Follows the log until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * Listens before there is any task; `pipelineNow` gives them once they are there.
 * @throws PortTakenError, ConfigError
 */
export async function serveUpBoard(
  session: Session,
  store: EmbeddedAlertStore,
  pipelineNow: () => Pipeline | null,
  logger: Pick<Logger, 'error' | 'warn'>,
): Promise<UpBoard> {
  const { boardHost: host, boardPort: port } = session.config
  const openFeed = async (): Promise<AlertFeed> => store
  const board = await Board.open({ session, states: statesOf(session, pipelineNow), openFeed, logger })
  const routes = [board.routes]
  const server = await serveWeb({ host, port, setting: variableOf('boardPort'), routes, home: BOARD_PATH })
  return {
    url: `http://${host}:${server.port}${BOARD_PATH}`,
    run: (signal) => {
      // Decisions do not need the board: what ends it is logged, and the process goes on.
      return board.run(signal).catch((error: Error) => logger.error({ error: error.message }, 'the board ended'))
    },
    close: server.close,
  }
}

function statesOf({ folder }: Session, pipelineNow: () => Pipeline | null): TaskStates {
  const task = (partition: number) => pipelineNow()?.tasks[partition] ?? null
  return {
    standing: async (accountId) => {
      const stores = task(partitionOfAccount(accountId))?.stores ?? null
      return stores === null ? null : standingIn(stores, accountId)
    },
    rules: async () => task(0)?.stores?.rules.rules ?? folder.initialRules,
    checkpointAgeMs: (partition) => task(partition)?.checkpointAgeMs ?? null,
    restarts: (partition) => restartsOf(task(partition)),
  }
}

/** Sessions that were given up for a new one, and the start itself where the partition had a past. */
function restartsOf(task: Pipeline['tasks'][number] | null): number {
  if (task === null || task.lifeState !== 'RUNNING') return 0
  const { aborts, fenced } = task.counters
  return aborts + fenced + (task.counters.processed < task.committedOffset ? 1 : 0)
}
