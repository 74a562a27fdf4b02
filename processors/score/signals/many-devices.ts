import { HIT, MISS, MISSING, type SignalRule } from './signal.ts'

/** MANY_DEVICES: more devices in the last hour than one person uses. */
export const manyDevicesSignal: SignalRule = (_payment, draft) => {
  if (draft.deviceHash === 0) return MISSING
  return draft.devices1h > draft.rules.rules.signals.MANY_DEVICES.over ? HIT : MISS
}
