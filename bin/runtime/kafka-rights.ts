import { ARCHIVED_TOPICS } from '../../bigquery/rows/record-rows.ts'
import { OTP_GROUP } from '../../otp/delivery-sink.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Right } from '../../streams/kafka/acls.ts'
import { KEYS_GROUP } from './agreed-keys.ts'
import { APPLICATION_ID, INPUT_TOPIC, RULES_APPLICATION_ID } from './session.ts'
import { OUTPUT_TOPICS } from './topic-settings.ts'

/** Who archives: begins the transactional ids of its partitions, and the group. */
export const ARCHIVE_APPLICATION_PREFIX = `${APPLICATION_ID}-archive`
/** Groups and transactional ids of ours begin so; the tasks' group has the bare name. */
const PREFIX = `${APPLICATION_ID}-`

/** Who masks or reads with keys of its own holds them against the workers'. */
const ASKS_FOR_KEYS = { resource: 'GROUP', name: KEYS_GROUP, prefixed: false, operation: 'DESCRIBE' } as const

/** The least that each kind of process needs (docs/kafka.md has the table). READ and WRITE include DESCRIBE. */
export const RIGHTS = {
  producer: [...topics([INPUT_TOPIC], 'WRITE', 'DESCRIBE_CONFIGS'), ASKS_FOR_KEYS],
  worker: [
    ...topics([INPUT_TOPIC], 'READ', 'DESCRIBE_CONFIGS'),
    ...topics(OUTPUT_TOPICS, 'WRITE', 'DESCRIBE_CONFIGS'),
    { resource: 'GROUP', name: APPLICATION_ID, prefixed: false, operation: 'READ' },
    { resource: 'GROUP', name: KEYS_GROUP, prefixed: false, operation: 'READ' },
    { resource: 'TRANSACTIONAL_ID', name: PREFIX, prefixed: true, operation: 'WRITE' },
  ],
  reader: [...topics(OUTPUT_TOPICS, 'READ'), { resource: 'GROUP', name: PREFIX, prefixed: true, operation: 'READ' }],
  alerter: [
    ...topics([TOPICS.fraudAlerts.name, TOPICS.fraudActions.name], 'READ'),
    ...topics([TOPICS.paymentsDlq.name], 'WRITE'),
    { resource: 'GROUP', name: PREFIX, prefixed: true, operation: 'READ' },
  ],
  archiver: [
    ...topics(
      ARCHIVED_TOPICS.map(({ name }) => name),
      'READ',
    ),
    ...topics([INPUT_TOPIC], 'DESCRIBE'),
    ...topics([TOPICS.paymentsDlq.name], 'WRITE'),
    { resource: 'GROUP', name: PREFIX, prefixed: true, operation: 'READ' },
    { resource: 'TRANSACTIONAL_ID', name: `${ARCHIVE_APPLICATION_PREFIX}-`, prefixed: true, operation: 'WRITE' },
  ],
  api: [
    ...topics([INPUT_TOPIC, TOPICS.auditEvents.name], 'WRITE'),
    ...topics([TOPICS.apiClaims.name, TOPICS.otpDeliveries.name], 'READ', 'WRITE'),
    ...topics([TOPICS.paymentsDecided.name, TOPICS.paymentsDuplicates.name, TOPICS.paymentsDlq.name], 'READ'),
    // How far the tasks are tells whether a challenge's end has been seen.
    { resource: 'GROUP', name: APPLICATION_ID, prefixed: false, operation: 'DESCRIBE' },
    ASKS_FOR_KEYS,
    { resource: 'GROUP', name: OTP_GROUP, prefixed: false, operation: 'READ' },
  ],
  hooks: [
    ...topics([TOPICS.fraudActions.name], 'READ'),
    ...topics([TOPICS.hooksDeliveries.name], 'READ', 'WRITE'),
    { resource: 'GROUP', name: PREFIX, prefixed: true, operation: 'READ' },
  ],
  admin: [
    ...topics(
      Object.values(TOPICS).map(({ name }) => name),
      'CREATE',
      'READ',
      'DESCRIBE_CONFIGS',
    ),
    ...topics([INPUT_TOPIC, TOPICS.rulesChanges.name, TOPICS.auditEvents.name], 'WRITE'),
    { resource: 'GROUP', name: APPLICATION_ID, prefixed: true, operation: 'DESCRIBE' },
    // Gives the tasks' group offsets back that the brokers have forgotten.
    { resource: 'GROUP', name: APPLICATION_ID, prefixed: false, operation: 'READ' },
    { resource: 'TRANSACTIONAL_ID', name: `${RULES_APPLICATION_ID}-`, prefixed: true, operation: 'WRITE' },
    // Puts the mask key down that it activates.
    { resource: 'GROUP', name: KEYS_GROUP, prefixed: false, operation: 'READ' },
    { resource: 'TRANSACTIONAL_ID', name: `${KEYS_GROUP}-`, prefixed: true, operation: 'WRITE' },
  ],
} as const satisfies Record<string, readonly Right[]>

export type Role = keyof typeof RIGHTS

function topics(names: readonly string[], ...operations: Right['operation'][]): Right[] {
  return names.flatMap((name) =>
    operations.map((operation) => ({ resource: 'TOPIC', name, prefixed: false, operation }) as const),
  )
}
