import { FRAME_BYTES, readFrame } from '../schemas/avro/framing.ts'
import { OK } from '../schemas/avro/scan.ts'
import { AlertReader } from '../schemas/generated/alert.ts'
import { AlertKindOrdinal } from '../schemas/generated/enums.ts'
import { TOPICS } from '../schemas/topics.ts'
import { firstAppendedSince } from '../streams/log/first-appended.ts'
import { readLag } from '../streams/log/lag.ts'
import type { Log } from '../streams/log/log.ts'
import { visitBatches } from '../streams/record/visit-batches.ts'

const FETCH_BYTES = 1 << 20
const FETCH_WAIT_MS = 1_000
/** Two topics may have been stamped by the clocks of two brokers. */
const CLOCKS_MS = 60_000

/** The input offset of the last erasure of each account. */
export type ErasedAccounts = ReadonlyMap<string, number>

export const NOBODY_ERASED: ErasedAccounts = new Map()

/** A partition of both topics: from where each of them is read. */
export interface ReadFrom {
  readonly partition: number
  readonly actions: number
  readonly alerts: number
}

/**
 * Who was erased since the oldest action that is read, and before the alerts that are. A store that was emptied gets a day of actions again
 * but an hour of alerts, among which erasures stand: this looks up those in between, so that nothing comes back of what
 * they took (SPEC B4). Whoever came back after it is known by the offset.
 */
export async function erasedBetween(
  log: Log,
  { partition, actions, alerts }: ReadFrom,
  alertSchemaId: number,
  signal: AbortSignal,
): Promise<ErasedAccounts> {
  const { records, oldestAppendMs } = await readLag(log, { topic: TOPICS.fraudActions.name, partition }, actions)
  if (records === 0) return NOBODY_ERASED
  const at = { topic: TOPICS.fraudAlerts.name, partition }
  const from = await firstAppendedSince(log, at, (oldestAppendMs ?? 0) - CLOCKS_MS)
  const erased = new Map<string, number>()
  const alert = new AlertReader()
  const reader = log.openReader(at, from)
  try {
    for (let offset = from; offset < alerts && !signal.aborted; ) {
      const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
      visitBatches(bytes, at, offset, alerts, ({ valueAt, valueLength }, view) => {
        const end = valueAt + valueLength
        // What cannot be read was dead-lettered in its time.
        if (valueLength < 0 || readFrame(view, valueAt, end) !== alertSchemaId) return
        if (alert.wrap(bytes, view, valueAt + FRAME_BYTES, end) !== OK) return
        const { senderAccountId: account } = alert
        if (alert.kind !== AlertKindOrdinal.ERASURE || account === null) return
        erased.set(account, alert.inputOffset)
      })
      offset = nextOffset
    }
  } finally {
    reader.close()
  }
  return erased
}
