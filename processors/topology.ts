import { ControlRecordReader } from '../schemas/generated/control-record.ts'
import { DeadLetterReasonOrdinal as Reason } from '../schemas/generated/enums.ts'
import { PaymentSubmittedReader } from '../schemas/generated/payment-submitted.ts'
import { TOPICS } from '../schemas/topics.ts'
import { type Topology, topology } from '../streams/topology.ts'
import { admit } from './admit/admit.ts'
import { admitControl } from './control/admit-control.ts'
import { control } from './control/control.ts'
import { ControlDraft } from './control/control-draft.ts'
import { decide } from './decide/decide.ts'
import { dedup } from './dedup/dedup.ts'
import { identify } from './identify/identify.ts'
import { mask } from './mask/mask.ts'
import { PaymentDraft } from './payment-draft.ts'
import { learn, score } from './score/score.ts'
import { writeActions } from './sinks/actions.ts'
import { writeConflictAlerts, writeErasureAlerts, writeRefusalAlerts, writeVelocityAlerts } from './sinks/alerts.ts'
import { writeDeadLetters } from './sinks/dead-letters.ts'
import { writeDecisions } from './sinks/decisions.ts'
import { writeDuplicates } from './sinks/duplicates.ts'
import { writeExpiries, writeResolutions } from './sinks/resolutions.ts'
import { SEMANTICS_VERSION } from './sinks/semantics-version.ts'
import { writeShadowVerdicts } from './sinks/shadow-verdicts.ts'
import { PaymentStores } from './stores/payment-stores.ts'
import type { PaymentTools } from './stores/payment-tools.ts'
import { touchState } from './stores/touch-state.ts'
import { remember } from './velocity/remember.ts'
import { velocity } from './velocity/velocity.ts'

/** The journey of a payment: what each input record goes through, and where what is said of it leaves. */
export function paymentsTopology(tools: PaymentTools): Topology<PaymentStores> {
  const decided = TOPICS.paymentsDecided.name
  const deadLetters = { topic: TOPICS.paymentsDlq.name, write: writeDeadLetters }
  return topology<PaymentStores>('payments', SEMANTICS_VERSION)
    .source(tools.inputTopic)
    .stores((partition) => new PaymentStores(partition, tools))
    .on({
      name: 'payment',
      schemaId: tools.schemaIds.payment,
      reader: () => new PaymentSubmittedReader(),
      draft: () => new PaymentDraft(),
      prepare: [admit, mask, identify],
      touch: touchState,
      stages: [velocity, dedup, remember, score, decide, learn],
      writing: tools.flushTokens,
      sinks: {
        decided: [
          { topic: decided, write: writeDecisions() },
          { topic: decided, write: writeShadowVerdicts },
          { topic: decided, write: writeExpiries },
          { topic: TOPICS.fraudAlerts.name, write: writeVelocityAlerts },
          { topic: TOPICS.fraudActions.name, write: writeActions },
        ],
        duplicate: [{ topic: TOPICS.paymentsDuplicates.name, write: writeDuplicates }],
        conflict: [deadLetters, { topic: TOPICS.fraudAlerts.name, write: writeConflictAlerts }],
        'dead-letter': [deadLetters],
      },
      written: endRun,
    })
    .on({
      name: 'control record',
      schemaId: tools.schemaIds.control,
      reader: () => new ControlRecordReader(),
      draft: () => new ControlDraft(),
      prepare: [admitControl],
      stages: [control],
      sinks: {
        'dead-letter': [deadLetters],
        'control-applied': [
          { topic: decided, write: writeResolutions },
          { topic: TOPICS.fraudAlerts.name, write: writeErasureAlerts },
        ],
        'control-refused': [deadLetters, { topic: TOPICS.fraudAlerts.name, write: writeRefusalAlerts }],
      },
      written: endRun,
    })
    .deadLetters(deadLetters, POISON, VALUE_BYTES_MAX)
    .build()
}

/** SPEC X5: a longer value is poison. */
const VALUE_BYTES_MAX = 262_144

const POISON = {
  nullValue: Reason.NULL_VALUE,
  tooLarge: Reason.TOO_LARGE,
  badMagic: Reason.BAD_MAGIC,
  unknownSchema: Reason.UNKNOWN_SCHEMA,
  decode: [Reason.UNKNOWN, Reason.DECODE_TRUNCATED, Reason.DECODE_TRAILING, Reason.DECODE_TYPE],
}

function endRun({ tools, ended }: PaymentStores): void {
  tools.resetTokens()
  ended.clear()
}
