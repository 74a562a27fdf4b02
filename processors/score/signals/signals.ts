import { SIGNAL_SYMBOLS, type Signal } from '../../../schemas/generated/enums.ts'
import { firstReceiverSignal } from './first-receiver.ts'
import { highAmountSignal } from './high-amount.ts'
import { impossibleTravelSignal } from './impossible-travel.ts'
import { listedSignal } from './listed.ts'
import { manyDevicesSignal } from './many-devices.ts'
import { newDeviceSignal } from './new-device.ts'
import { nightSignal } from './night.ts'
import { otpFailedSignal } from './otp-failed.ts'
import { riskyCategorySignal } from './risky-category.ts'
import type { SignalRule } from './signal.ts'
import { tinyEqualSignal } from './tiny-equal.ts'
import { velocitySignal } from './velocity.ts'
import { velocity5mSignal } from './velocity-5m.ts'

/** Every signal that a payment can give; SCORING_ERROR is given by the stage itself. */
const RULES: Readonly<Record<Exclude<Signal, 'SCORING_ERROR'>, SignalRule>> = {
  VELOCITY: velocitySignal,
  TINY_EQUAL: tinyEqualSignal,
  HIGH_AMOUNT: highAmountSignal,
  FIRST_RECEIVER: firstReceiverSignal,
  VELOCITY_5M: velocity5mSignal,
  IMPOSSIBLE_TRAVEL: impossibleTravelSignal,
  NEW_DEVICE: newDeviceSignal,
  MANY_DEVICES: manyDevicesSignal,
  OTP_FAILED: otpFailedSignal,
  RISKY_CATEGORY: riskyCategorySignal,
  NIGHT: nightSignal,
  LISTED: listedSignal,
}

/** The same by ordinal: the order in which points are added. */
export const SIGNAL_RULES: readonly SignalRule[] = SIGNAL_SYMBOLS.filter((signal) => signal !== 'SCORING_ERROR').map(
  (signal) => RULES[signal],
)
