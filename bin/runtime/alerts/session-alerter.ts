import type { AlertStore } from '../../../redis-alerts/alert-store.ts'
import { Alerter, type AlerterOptions } from '../../../redis-alerts/alerter.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { Session } from '../session.ts'
import { createDeadLetters } from '../session-dead-letters.ts'

/** The alerter over a session's log and keys, with offsets of its own in the group `groupId`. */
export function createAlerter(
  session: Session<Log>,
  groupId: string,
  openStore: () => Promise<AlertStore>,
  events: AlerterOptions['events'],
): Alerter {
  const { log, logId, ids } = session
  return new Alerter({
    log,
    logId,
    group: log.group(groupId),
    schemaIds: ids,
    deadLetters: createDeadLetters(session),
    clock: machineTime,
    openStore,
    events,
  })
}
