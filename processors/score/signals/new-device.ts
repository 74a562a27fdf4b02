import { DEVICES_KNOWN } from '../../stores/senders.ts'
import { hasAny, isKnown } from '../baseline.ts'
import { HIT, MISS, MISSING, type SignalRule } from './signal.ts'

/** NEW_DEVICE: a device that is not in a baseline that holds one. */
export const newDeviceSignal: SignalRule = (_payment, draft, { senders }) => {
  if (draft.deviceHash === 0) return MISSING
  if (!draft.known || !hasAny(senders, DEVICES_KNOWN)) return MISS
  return isKnown(senders, DEVICES_KNOWN, draft.deviceHash) ? MISS : HIT
}
