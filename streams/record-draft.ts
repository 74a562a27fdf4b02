import { DEAD_LETTER, PENDING } from './disposition.ts'

/**
 * What the stages say about one record. The task sets where the record stands; stages fill the rest; sinks read it.
 * One instance serves record after record: `locate` begins anew, a stage overwrites its own fields.
 *
 * Times and offsets begin as not-a-number so that V8 keeps these fields as doubles from the start.
 */
export class RecordDraft {
  partition = 0
  offset: number = Number.NaN
  appendTimeMs: number = Number.NaN
  keyAt = 0
  /** -1 for a null key. */
  keyLength = -1
  valueAt = 0
  /** -1 for a null value. */
  valueLength = -1
  schemaId = 0
  /** One of `streams/disposition.ts`; a stage that sets it ends the record's way through the stages. */
  disposition = PENDING
  /** A dead letter's reason: an ordinal of the topology's own list. */
  reason = 0
  /** The field and the rule that the record broke; a constant, never a value. */
  detail = ''

  /** Ends the record as a dead letter. */
  refuse(reason: number, detail: string): void {
    this.disposition = DEAD_LETTER
    this.reason = reason
    this.detail = detail
  }
}
