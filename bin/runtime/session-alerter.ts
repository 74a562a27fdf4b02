import { SEMANTICS_VERSION } from '../../processors/sinks/semantics-version.ts'
import type { AlertStore } from '../../redis-alerts/alert-store.ts'
import { Alerter, type AlerterOptions } from '../../redis-alerts/alerter.ts'
import { DeadLetters } from '../../redis-alerts/dead-letters.ts'
import { createHashKernel, KeyedHash } from '../../streams/hash/index.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import type { Session } from './session.ts'

/** The alerter over a session's log and keys, with offsets of its own in the group `groupId`. */
export function createAlerter(
  { config, folder, log, logId, ids }: Session<Log>,
  groupId: string,
  openStore: () => Promise<AlertStore>,
  events: AlerterOptions['events'],
): Alerter {
  const hashOf = keyedHash(folder.keys.stateKey, config.fetchArenaBytes)
  const deadLetters = new DeadLetters(log, { schemaId: ids.deadLetter, semanticsVersion: SEMANTICS_VERSION, hashOf })
  return new Alerter({
    log,
    logId,
    group: log.group(groupId),
    schemaIds: ids,
    deadLetters,
    clock: machineTime,
    openStore,
    events,
  })
}

/** As the chain hashes the values of its dead letters. The kernel is made for the first of them: hardly anybody sees one. */
function keyedHash(key: Uint8Array, arenaBytes: number): (value: Uint8Array) => string {
  let hash: ReturnType<typeof open> | null = null
  const open = () => {
    const kernel = createHashKernel({ arenaBytes })
    return { kernel, keyed: new KeyedHash(kernel, key.slice()) }
  }
  return (value) => {
    hash ??= open()
    const { kernel, keyed } = hash
    kernel.arena.set(value)
    keyed.hash(0, value.length)
    return Array.from(keyed.words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
