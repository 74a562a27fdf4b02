import { scanPartition } from '../../bin/runtime/partition-scan.ts'
import type { Session } from '../../bin/runtime/session.ts'
import { ApiClaimReader } from '../../schemas/generated/api-claim.ts'
import { DecisionReader } from '../../schemas/generated/decision.ts'
import { ResolutionReader } from '../../schemas/generated/resolution.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { subjectOf, TOPICS, type Topic } from '../../schemas/topics.ts'
import type { Log } from '../../streams/log/log.ts'
import type { VisitRecord } from '../../streams/record/visit-batches.ts'
import type { ClaimRow, DecisionRow, LogRows, ResolutionRow } from './checker/history.ts'

const FRAME_BYTES = 5

/** Claims, decisions and resolutions as they are committed now. */
export async function readLogRows(session: Session<Log>): Promise<LogRows> {
  const claims: ClaimRow[] = []
  const decisions: DecisionRow[] = []
  const resolutions: ResolutionRow[] = []
  const claim = new ApiClaimReader()
  const { apiClaims } = TOPICS
  const refusals = subjectOf(apiClaims.name, 'sluice.ClaimRefusal')
  const refusalId = await session.registry.idOf(refusals, JSON.parse(SCHEMAS.ClaimRefusal))
  await scanTopic(session.log, apiClaims, (record, view, partition) => {
    if (view.getInt32(record.valueAt + 1) === refusalId) return
    if (claim.wrap(record.bytes, view, record.valueAt + FRAME_BYTES, record.valueAt + record.valueLength) !== 0) {
      throw new Error(`no claim stands at ${partition}-${record.offset}`)
    }
    const { claimId, caller, idempotencyKey: key, decisionId } = claim.toObject()
    const { offset, timestampMs: appendTimeMs } = record
    claims.push({ claimId, caller, key, partition, offset, appendTimeMs, decisionId })
  })
  const decision = new DecisionReader()
  const resolution = new ResolutionReader()
  await scanTopic(session.log, TOPICS.paymentsDecided, (record, view) => {
    const [from, to] = [record.valueAt + FRAME_BYTES, record.valueAt + record.valueLength]
    const schemaId = view.getInt32(record.valueAt + 1)
    if (schemaId === session.ids.decision && decision.wrap(record.bytes, view, from, to) === 0) {
      decisions.push(decisionRow(decision))
    } else if (schemaId === session.ids.resolution && resolution.wrap(record.bytes, view, from, to) === 0) {
      resolutions.push({ decisionId: resolution.decisionId, outcome: resolution.outcomeSymbol })
    }
  })
  return { claims, decisions, resolutions }
}

function decisionRow(reader: DecisionReader): DecisionRow {
  const { decisionId, transactionId, senderAccountId: account, amountMinor, outcome, ...rest } = reader.toObject()
  return {
    decisionId,
    transactionId,
    account,
    amountMinor,
    outcome,
    claimId: rest.idempotencyKey,
    appendTimeMs: rest.appendTime,
  }
}

async function scanTopic(
  log: Log,
  { name: topic, partitions }: Topic,
  visit: (record: Parameters<VisitRecord>[0], view: DataView, partition: number) => void,
): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const at = { topic, partition }
    const { startOffset, endOffset } = await log.bounds(at)
    await scanPartition(log, at, startOffset, endOffset, (record, view) => visit(record, view, partition))
  }
}
