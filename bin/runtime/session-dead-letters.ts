import { SEMANTICS_VERSION } from '../../processors/sinks/semantics-version.ts'
import { type DeadLetterOptions, DeadLetters } from '../../redis-alerts/dead-letters.ts'
import { createHashKernel, KeyedHash } from '../../streams/hash/index.ts'
import type { Log } from '../../streams/log/log.ts'
import type { Session } from './session.ts'

/** What sinks could not read, written to `payments.dlq` as the chain writes its own. */
export function createDeadLetters(session: Session<Log>): DeadLetters {
  return new DeadLetters(session.log, letterOptions(session))
}

/** What every dead letter of a session has in common. */
export function letterOptions({ config, folder, ids }: Session<Log>): DeadLetterOptions {
  const hashOf = keyedHash(folder.keys.stateKey, config.fetchArenaBytes)
  return { schemaId: ids.deadLetter, semanticsVersion: SEMANTICS_VERSION, hashOf }
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
