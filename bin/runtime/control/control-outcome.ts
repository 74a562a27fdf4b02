import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { scanPartition } from '../partition-scan.ts'
import { OutputValues } from '../record-values.ts'
import { INPUT_TOPIC, type Session } from '../session.ts'
import type { ControlPlace } from './control-records.ts'

const POLL_MS = 20

/** What became of a control record: it holds, the chain refused it, or no task has come to it yet. */
export type ControlOutcome = 'holds' | 'waiting' | { readonly refused: string }

/**
 * Waits until the task has committed the record at `place`, or nobody runs it, or `untilMs` is past, and says what it made of
 * the record.
 */
export async function controlOutcome(
  session: Pick<Session<Log>, 'log' | 'ids' | 'committed' | 'isOwned'>,
  place: ControlPlace,
  untilMs: number,
): Promise<ControlOutcome> {
  const input = { topic: INPUT_TOPIC, partition: place.partition }
  for (;;) {
    const committed = await session.committed(input)
    if (committed !== null && committed.offset > place.offset) break
    if (!(await session.isOwned(input)) || machineTime.nowMs() >= untilMs) return 'waiting'
    await machineTime.wait(POLL_MS)
  }
  const refused = await refusalAt(session, place)
  return refused === null ? 'holds' : { refused }
}

/** The detail of the dead letter of that input record, or null. */
async function refusalAt({ log, ids }: Pick<Session<Log>, 'log' | 'ids'>, place: ControlPlace): Promise<string | null> {
  const at = { topic: TOPICS.paymentsDlq.name, partition: place.partition }
  const { startOffset, endOffset } = await log.bounds(at)
  const values = new OutputValues(ids)
  let detail: string | null = null
  await scanPartition(log, at, startOffset, endOffset, (record, view) => {
    const letter = values.deadLetterOf(record, view)
    if (letter !== null && letter.inputOffset === place.offset) detail = letter.detail
  })
  return detail
}
