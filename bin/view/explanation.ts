import type { Decision } from '../../schemas/generated/decision.ts'
import type { Signal } from '../../schemas/generated/enums.ts'
import type { RuleSet } from '../../schemas/rule-set.ts'
import { amountText, grouped } from './text.ts'

/** What the task knew of the sender just before the payment; null where it knew nothing. */
export interface SenderBefore {
  readonly payments: number
  readonly lastRegion: string | null
  readonly lastRegionMs: number
  readonly position: { readonly latitude: number; readonly longitude: number; readonly timeMs: number } | null
  readonly distanceKm: number | null
}

/** The numbers behind one signal that hit, in a sentence. */
export function signalText(signal: Signal, decision: Decision, rules: RuleSet, before: SenderBefore | null): string {
  return TEXTS[signal](decision, rules, before)
}

type Text = (decision: Decision, rules: RuleSet, before: SenderBefore | null) => string

const TEXTS: Readonly<Record<Signal, Text>> = {
  VELOCITY: ({ velocityCount, excused, saturated }, { signals }) =>
    `${velocityCount} payments of the sender in the 60 s that end with this one, more than ${signals.VELOCITY.threshold}` +
    (saturated ? '; the sender is over the bound of its window, so the count is a lower limit' : '') +
    (excused ? '; excused by the sender’s habits, so it counts for nothing' : ''),
  TINY_EQUAL: ({ velocityCount, amountMinor, currency }, { signals, currency: reference }) =>
    `all ${velocityCount} payments of the window are ${amountText(amountMinor, currency)}, at most ` +
    `${signals.TINY_EQUAL.max_major} ${reference}`,
  HIGH_AMOUNT: ({ amountMinor, currency }, { signals, currency: reference, rates }) =>
    `${amountText(amountMinor, currency)} is over ${grouped(signals.HIGH_AMOUNT.over_major)} ${reference}` +
    (currency === reference ? '' : ` (1 ${currency} = ${rates[currency]} ${reference})`),
  FIRST_RECEIVER: ({ receiverAccountId, baselinePayments }) =>
    `${receiverAccountId} is not among the sender’s last 16 receivers of ${grouped(baselinePayments)} payments`,
  VELOCITY_5M: ({ velocity5mCount }, { signals }) =>
    `${velocity5mCount} payments in 5 min, more than ${signals.VELOCITY_5M.over}`,
  IMPOSSIBLE_TRAVEL: ({ eventTime, region }, { signals }, before) => travelText(eventTime, region, before, signals),
  NEW_DEVICE: ({ deviceId, baselinePayments }) =>
    `${deviceId} is none of the devices that the sender used in ${grouped(baselinePayments)} payments`,
  MANY_DEVICES: ({ devices1h }, { signals }) =>
    `${devices1h} devices in an hour, more than ${signals.MANY_DEVICES.over}`,
  OTP_FAILED: (_decision, { signals }) => `at least ${signals.OTP_FAILED.at_least} failed codes in the last hour`,
  RISKY_CATEGORY: ({ merchantCategory }) => `merchant category ${merchantCategory} is on the list of risky ones`,
  NIGHT: ({ eventTime }, { signals }) =>
    `${new Date(eventTime).toISOString().slice(11, 19)} UTC lies before ${signals.NIGHT.until_hour_utc}:00`,
  LISTED: () => 'a value of the payment stands on a block list',
  SCORING_ERROR: () => 'the signals could not be judged; such a payment is reviewed, never approved',
}

function travelText(
  eventTime: number,
  region: string | null,
  before: SenderBefore | null,
  signals: RuleSet['signals'],
): string {
  const { max_kmh, region_window_ms } = signals.IMPOSSIBLE_TRAVEL
  const minutes = (fromMs: number) => `${(Math.abs(eventTime - fromMs) / 60_000).toFixed(1)} min`
  if (before?.position != null && before.distanceKm !== null) {
    return `${before.distanceKm.toFixed(0)} km in ${minutes(before.position.timeMs)}, faster than ${max_kmh} km/h`
  }
  const last = before?.lastRegion ?? 'another region'
  return `${region} ${minutes(before?.lastRegionMs ?? eventTime)} after ${last}, within ${region_window_ms / 60_000} min`
}

/** Why the outcome is what it is, given the score and the counts. */
export function outcomeText(decision: Decision, { actions }: RuleSet): string {
  const { decidedBy, fraudCount, fraudScore } = decision
  const { BLOCK_CARD, REQUIRE_3DS, MANUAL_REVIEW } = actions
  const texts: Readonly<Record<Decision['decidedBy'], string>> = {
    DEFAULT: 'no rule asks for more',
    STEP_UP:
      fraudCount >= REQUIRE_3DS.fraud_count_at_least
        ? `fraud count ${fraudCount} reaches ${REQUIRE_3DS.fraud_count_at_least}`
        : `score ${fraudScore} reaches ${REQUIRE_3DS.score_at_least}`,
    REVIEW: `score ${fraudScore} is over ${MANUAL_REVIEW.score_over}, or the signals could not be judged`,
    AUTOMATIC_BLOCK:
      fraudCount >= BLOCK_CARD.fraud_count_at_least
        ? `fraud count ${fraudCount} reaches ${BLOCK_CARD.fraud_count_at_least}`
        : 'the sender is under an automatic block',
    ALLOW_OVERRIDE: 'an operator allows this sender for a time',
    HARD_BLOCK: 'an operator blocks this sender, or a value stands on a block list',
  }
  return texts[decidedBy]
}
