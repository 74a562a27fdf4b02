import { BOARD_PATH } from '../../../dashboards/board/board-routes.ts'
import { type Config, variableOf } from '../../../platform/config.ts'
import { createLogger } from '../../../platform/logger.ts'
import { listenForShutdown } from '../../../platform/shutdown.ts'
import { RedisAlertStore } from '../../../redis-alerts/redis-store.ts'
import type { RuleSet } from '../../../schemas/rule-set.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { print } from '../../view/text.ts'
import { rulesInForce } from '../control/rules-change.ts'
import { standingOf } from '../control/standing.ts'
import { redisTarget } from '../redis-target.ts'
import type { Session } from '../session.ts'
import { serveWeb } from '../web-server.ts'
import { Board, type TaskStates } from './board.ts'

/** Rules are read from a checkpoint and the log behind it, so not for every question. */
const RULES_MS = 10_000

/** Serves the board over a session's log and Redis until it was asked to end. @throws what only a person can set right. */
export async function runBoard(config: Config, openLog: () => Promise<Session<Log>>): Promise<void> {
  const target = redisTarget(config)
  const session = await openLog()
  const shutdown = listenForShutdown()
  const logger = createLogger(config.logLevel)
  try {
    const openFeed = () => RedisAlertStore.open(target)
    const board = await Board.open({ session, states: statesOf(session), openFeed, logger })
    const { boardHost: host, boardPort: port } = config
    const routes = [board.routes]
    const server = await serveWeb({ host, port, setting: variableOf('boardPort'), routes, home: BOARD_PATH })
    print(`sluice board: http://${host}:${server.port}${BOARD_PATH}, alerts from ${config.redisUrl}; Ctrl-C ends`)
    await board.run(shutdown.signal)
    await server.close()
  } finally {
    shutdown.release()
    await session.log.close()
  }
}

function statesOf(session: Session<Log>): TaskStates {
  let known: { readonly rules: Promise<RuleSet>; readonly atMs: number } | null = null
  return {
    standing: (accountId) => standingOf(session, accountId),
    rules: () => {
      const nowMs = machineTime.nowMs()
      if (known === null || nowMs - known.atMs > RULES_MS) known = { rules: rulesInForce(session), atMs: nowMs }
      return known.rules
    },
    checkpointAgeMs: () => null,
    restarts: () => 0,
  }
}
