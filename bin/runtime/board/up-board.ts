import type { AlertFeed } from '../../../dashboards/board/sources.ts'
import type { Logger } from '../../../platform/logger.ts'
import type { EmbeddedAlertStore } from '../../../redis-alerts/embedded-store.ts'
import { partitionOfAccount } from '../control/control-records.ts'
import { standingIn } from '../control/standing.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Session } from '../session.ts'
import { Board, type TaskStates } from './board.ts'

/**
 * The board beside the tasks of the embedded profile: it reads their memory, and alerts from the store of this process. `pipelineNow` gives
 * the tasks once they are there.
 * @throws ConfigError
 */
export function openUpBoard(
  session: Session,
  store: EmbeddedAlertStore,
  pipelineNow: () => Pipeline | null,
  logger: Pick<Logger, 'error' | 'warn'>,
): Promise<Board> {
  const openFeed = async (): Promise<AlertFeed> => store
  return Board.open({ session, states: statesOf(session, pipelineNow), openFeed, logger })
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
