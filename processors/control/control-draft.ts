import { RecordDraft } from '../../streams/record-draft.ts'

/** What the chain says about one control record. */
export class ControlDraft extends RecordDraft {
  /** Range of the run's ended challenges and reviews that this record ended: an erasure all of its account, others none or one. */
  endedFrom = 0
  endedTo = 0
}
