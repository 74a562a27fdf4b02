import type { ChallengeChain, ChallengeEnd } from '../../../otp/otp-service.ts'
import type { RecordAppender } from '../../../otp/record-appender.ts'
import { controlRecordDefaults } from '../../../schemas/generated/control-record.ts'
import type { ControlKind } from '../../../schemas/generated/enums.ts'
import type { Log } from '../../../streams/log/log.ts'
import { signedControl } from '../control/control-records.ts'
import { INPUT_TOPIC, type Session } from '../session.ts'

const KINDS: Readonly<Record<ChallengeEnd['end'], ControlKind>> = {
  passed: 'CHALLENGE_PASSED',
  failed: 'CHALLENGE_FAILED',
  expired: 'CHALLENGE_EXPIRED',
}
const ACTOR = 'api'

/**
 * The chain behind a session's log. An end is one record in one partition, so a plain producer appends it: the transaction for what
 * goes to several partitions has one id, by which instances would fence each other. Nothing of the input is read: who confirms
 * payments needs no right to.
 */
export function sessionChain(
  session: Session<Log>,
  appender: RecordAppender,
  { nowMs }: { nowMs(): number },
): ChallengeChain {
  return {
    tell: ({ challengeId, accountId, end, failedCodes }) => {
      const change = { kind: KINDS[end], actor: ACTOR, accountId, decisionId: challengeId, failedCodes }
      const place = { partition: partitionOfDecision(challengeId), eventTime: nowMs(), serial: 0 }
      return appender.append(signedControl(session, 'api', { ...controlRecordDefaults, ...change, ...place }))
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
