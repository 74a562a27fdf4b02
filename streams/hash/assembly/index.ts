export { arena, configure, inbox, lanes, SCRATCH_BYTES } from './layout'
export { composeBegin, composeFinish, composeRange, sipHash, sipLoadKey, sipResult } from './siphash'
export {
  hmacComputed,
  hmacFlush,
  hmacLoadKey,
  hmacLong,
  hmacOnce,
  hmacRequest,
  hmacReset,
  hmacUseKey,
} from './hmac'
