import { SignalOrdinal } from '../../../schemas/generated/enums.ts'
import type { PaymentSubmittedReader } from '../../../schemas/generated/payment-submitted.ts'
import type { PaymentDraft } from '../../payment-draft.ts'
import type { PaymentStores } from '../../stores/payment-stores.ts'
import { firstReceiverSignal } from './first-receiver.ts'
import { highAmountSignal } from './high-amount.ts'
import { impossibleTravelSignal } from './impossible-travel.ts'
import { listedSignal } from './listed.ts'
import { manyDevicesSignal } from './many-devices.ts'
import { newDeviceSignal } from './new-device.ts'
import { nightSignal } from './night.ts'
import { otpFailedSignal } from './otp-failed.ts'
import { riskyCategorySignal } from './risky-category.ts'
import { tinyEqualSignal } from './tiny-equal.ts'
import { velocitySignal } from './velocity.ts'
import { velocity5mSignal } from './velocity-5m.ts'

/**
 * What every signal that a payment can give says of it, each verdict shifted by its signal's ordinal (SCORING_ERROR is given by the stage
 * itself). Each is called by its name, since V8 does not inline what is called through a list.
 */
export function askSignals(payment: PaymentSubmittedReader, draft: PaymentDraft, stores: PaymentStores): number {
  return (
    (velocitySignal(payment, draft, stores) << SignalOrdinal.VELOCITY) |
    (tinyEqualSignal(payment, draft, stores) << SignalOrdinal.TINY_EQUAL) |
    (highAmountSignal(payment, draft, stores) << SignalOrdinal.HIGH_AMOUNT) |
    (firstReceiverSignal(payment, draft, stores) << SignalOrdinal.FIRST_RECEIVER) |
    (velocity5mSignal(payment, draft, stores) << SignalOrdinal.VELOCITY_5M) |
    (impossibleTravelSignal(payment, draft, stores) << SignalOrdinal.IMPOSSIBLE_TRAVEL) |
    (newDeviceSignal(payment, draft, stores) << SignalOrdinal.NEW_DEVICE) |
    (manyDevicesSignal(payment, draft, stores) << SignalOrdinal.MANY_DEVICES) |
    (otpFailedSignal(payment, draft, stores) << SignalOrdinal.OTP_FAILED) |
    (riskyCategorySignal(payment, draft, stores) << SignalOrdinal.RISKY_CATEGORY) |
    (nightSignal(payment, draft, stores) << SignalOrdinal.NIGHT) |
    (listedSignal(payment, draft, stores) << SignalOrdinal.LISTED)
  )
}
