import type { ControlRecordReader } from '../../schemas/generated/control-record.ts'
import { DeadLetterReasonOrdinal as Reason } from '../../schemas/generated/enums.ts'
import { isUtf8 } from '../admit/byte-classes.ts'
import type { ControlDraft } from './control-draft.ts'

type Place = (record: ControlRecordReader) => number

/** The texts in the schema's order: name, where the text starts, where it ends. A null one is empty. */
const TEXTS: readonly (readonly [name: string, start: Place, end: Place])[] = [
  ['account_id', (record) => record.accountIdAt, (record) => record.accountIdEnd],
  ['decision_id', (record) => record.decisionIdAt, (record) => record.decisionIdEnd],
  ['subject', (record) => record.subjectAt, (record) => record.subjectEnd],
  ['rules', (record) => record.rulesAt, (record) => record.rulesEnd],
  ['actor', (record) => record.actorAt, (record) => record.actorEnd],
  ['reason', (record) => record.reasonAt, (record) => record.reasonEnd],
  ['signer_key_id', (record) => record.signerKeyIdAt, (record) => record.signerKeyIdEnd],
]

/**
 * Refuses a control record with a text that is not UTF-8, before anybody looks at its signature: what it says could not be passed on
 * unchanged, and two readers could take it for two things.
 */
export function admitControl(record: ControlRecordReader, draft: ControlDraft): void {
  for (const [name, start, end] of TEXTS) {
    if (isUtf8(record.buffer, start(record), end(record))) continue
    draft.refuse(Reason.BAD_TEXT, `${name} is not UTF-8`)
    return
  }
}
