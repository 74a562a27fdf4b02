import type { Decision } from '../../../schemas/generated/decision.ts'
import type { Resolution } from '../../../schemas/generated/resolution.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { scanPartition } from '../partition-scan.ts'
import { OutputValues } from '../record-values.ts'
import type { Session } from '../session.ts'

const { name: TOPIC, partitions: DECIDED_PARTITIONS } = TOPICS.paymentsDecided

/** Every retained decision that waits for a reviewer, oldest first by append time: neither reviewed nor expired. */
export async function openReviews({ log, ids }: Pick<Session<Log>, 'log' | 'ids'>): Promise<Decision[]> {
  const open = new Map<string, Decision>()
  for (let partition = 0; partition < DECIDED_PARTITIONS; partition++) {
    const values = new OutputValues(ids)
    const at = { topic: TOPIC, partition }
    const { startOffset, endOffset } = await log.bounds(at)
    await scanPartition(log, at, startOffset, endOffset, (record, view) => {
      const decision = values.decisionOf(record, view)
      if (decision !== null) {
        if (decision.outcomeSymbol === 'review') open.set(decision.decisionId, decision.toObject())
        return
      }
      const resolution = values.resolutionOf(record, view)
      if (resolution !== null) open.delete(resolution.decisionId)
    })
  }
  return [...open.values()].sort((a, b) => a.appendTime - b.appendTime)
}

/** The end of a decision's challenge or review, or null while it has none. */
export async function resolutionOf(
  { log, ids }: Pick<Session<Log>, 'log' | 'ids'>,
  partition: number,
  decisionId: string,
): Promise<Resolution | null> {
  const at = { topic: TOPIC, partition }
  const values = new OutputValues(ids)
  let found: Resolution | null = null
  const { startOffset, endOffset } = await log.bounds(at)
  await scanPartition(log, at, startOffset, endOffset, (record, view) => {
    const resolution = values.resolutionOf(record, view)
    if (resolution?.decisionId === decisionId) found = resolution.toObject()
  })
  return found
}
