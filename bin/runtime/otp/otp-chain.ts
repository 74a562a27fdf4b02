import type { ChallengeChain, ChallengeEnd } from '../../../otp/otp-service.ts'
import type { RecordAppender } from '../../../otp/record-appender.ts'
import type { ControlKind } from '../../../schemas/generated/enums.ts'
import type { Log } from '../../../streams/log/log.ts'
import { sendControl } from '../control/control-records.ts'
import { INPUT_TOPIC, type Session } from '../session.ts'

const KINDS: Readonly<Record<ChallengeEnd['end'], ControlKind>> = {
  passed: 'CHALLENGE_PASSED',
  failed: 'CHALLENGE_FAILED',
  expired: 'CHALLENGE_EXPIRED',
}
const ACTOR = 'api'

/**
 * The chain behind a session's log. An end is one record in one partition, so a plain producer appends it: the transaction for what
 * goes to several partitions has one id, by which instances would fence each other.
 */
export function sessionChain(
  session: Session<Log>,
  appender: RecordAppender,
  { nowMs }: { nowMs(): number },
): ChallengeChain {
  const appending = {
    ...session,
    appendTogether: async (batches: Parameters<typeof session.appendTogether>[0]) => {
      for (const batch of batches) await appender.append(batch)
    },
  }
  return {
    tell: async ({ challengeId, accountId, end, failedCodes }) => {
      const change = { kind: KINDS[end], actor: ACTOR, reason: null, accountId, decisionId: challengeId, failedCodes }
      const [place] = await sendControl(appending, 'api', change, [partitionOfDecision(challengeId)], nowMs())
      return place?.offset ?? 0
    },
    hasPassed: async (challengeId, offset) => {
      const committed = await session.committed({ topic: INPUT_TOPIC, partition: partitionOfDecision(challengeId) })
      return committed !== null && committed.offset > offset
    },
  }
}

/** A decision id is `<input partition>-<input offset>`. */
function partitionOfDecision(decisionId: string): number {
  return Number(decisionId.slice(0, decisionId.indexOf('-')))
}
