import { RECEIVERS_KNOWN } from '../../stores/senders.ts'
import { isKnown } from '../baseline.ts'
import { HIT, MISS, type SignalRule } from './signal.ts'

/** FIRST_RECEIVER: the sender's first payment to this receiver, as far as its baseline remembers. */
export const firstReceiverSignal: SignalRule = (_payment, draft, { senders }) =>
  draft.known && isKnown(senders, RECEIVERS_KNOWN, draft.receiverHash) ? MISS : HIT
