import type { RecordLifetime } from '../../../streams/log/lifetime.ts'
import type { Log } from '../../../streams/log/log.ts'
import type { ClusterSession } from '../cluster-session.ts'
import { dropOldRecords } from '../retention-loop.ts'
import type { Session } from '../session.ts'

/** What an erasure asks of a log beside what everybody asks. */
export interface ErasableLog {
  readonly session: Session<Log>
  /** How long records of these topics may stay. */
  lifetimes(topics: readonly string[]): Promise<readonly RecordLifetime[]>
  /** Takes out of the files what records left there whose time is over. */
  wipe(nowMs: number): Promise<void>
}

/** The log of a data folder: LMDB leaves the bytes of what was removed, so its free pages are overwritten. */
export function embeddedErasable(session: Session): ErasableLog {
  return {
    session,
    lifetimes: async (topics) => {
      const all = await session.log.topics()
      return all.flatMap(({ topic, retentionMs = -1 }) => {
        return topics.includes(topic) ? [{ topic, keptMs: retentionMs < 0 ? null : retentionMs }] : []
      })
    },
    wipe: async (nowMs) => {
      await dropOldRecords(session, nowMs)
      // Pages that were freed by the last drop are free to be filled from the next transaction on.
      await session.log.overwriteFreePages()
      await session.log.overwriteFreePages()
    },
  }
}

/** A cluster: its brokers remove whole files, by themselves. */
export function clusterErasable(session: ClusterSession): ErasableLog {
  return { session, lifetimes: (topics) => session.log.lifetimes(topics), wipe: async () => {} }
}
