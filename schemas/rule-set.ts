import { z } from 'zod'
import { CURRENCIES } from './currencies.ts'

/** What every signal has. One in shadow is judged and told of (ShadowVerdict), and counts for nothing. */
const SIGNAL = { points: z.int().min(0).max(100), shadow: z.boolean().optional() }
const currency = z.string().refine((code) => CURRENCIES.codes.includes(code), 'not an active ISO 4217 currency')
const settlementMethod = z.string().regex(/^[A-Z0-9_]{1,16}$/, 'a settlement method is capital letters, digits and _')
const category = z.string().regex(/^\d{4}$/, 'a merchant category code has four digits')

/**
 * The rule set (SPEC S1 to S4): every number that scoring and the actions use. Amounts are in major units of `currency`,
 * compared by the set's own `rates` (the value of one major unit in `currency`). Times are ms.
 */
export const RuleSetSchema = z.strictObject({
  version: z.string().min(1).max(32),
  currency,
  rates: z.record(currency, z.number().positive()),
  signals: z.strictObject({
    VELOCITY: z.strictObject({ ...SIGNAL, threshold: z.int().min(1).max(500) }),
    TINY_EQUAL: z.strictObject({ ...SIGNAL, min_payments: z.int().min(2), max_major: z.number().positive() }),
    HIGH_AMOUNT: z.strictObject({ ...SIGNAL, over_major: z.number().positive() }),
    FIRST_RECEIVER: z.strictObject(SIGNAL),
    VELOCITY_5M: z.strictObject({ ...SIGNAL, over: z.int().min(1).max(500) }),
    IMPOSSIBLE_TRAVEL: z.strictObject({
      ...SIGNAL,
      max_kmh: z.number().positive(),
      min_km: z.number().min(0),
      region_window_ms: z.int().min(0),
    }),
    NEW_DEVICE: z.strictObject(SIGNAL),
    MANY_DEVICES: z.strictObject({ ...SIGNAL, over: z.int().min(1).max(7) }),
    OTP_FAILED: z.strictObject({ ...SIGNAL, at_least: z.int().min(1).max(100) }),
    RISKY_CATEGORY: z.strictObject({ ...SIGNAL, categories: z.array(category).max(256) }),
    NIGHT: z.strictObject({ ...SIGNAL, until_hour_utc: z.int().min(0).max(24) }),
    LISTED: z.strictObject(SIGNAL),
  }),
  excuse: z.strictObject({
    min_payments: z.int().min(1),
    min_span_days: z.number().min(0),
    low_percentile: z.int().min(0).max(100),
    high_percentile: z.int().min(0).max(100),
  }),
  actions: z.strictObject({
    BLOCK_CARD: z.strictObject({ fraud_count_at_least: z.int().min(1).max(32), block_ms: z.int().min(1) }),
    REQUIRE_3DS: z.strictObject({
      fraud_count_at_least: z.int().min(1).max(32),
      score_at_least: z.int().min(0).max(101),
    }),
    MANUAL_REVIEW: z.strictObject({ score_over: z.int().min(0).max(100) }),
  }),
  challenge_ms: z.int().min(1),
  review_ms: z.int().min(1),
  /** How a payment of each kind is settled, which the confirm API tells its callers (SPEC C1); the chain does not look at it. */
  settlement: z
    .strictObject({
      card: settlementMethod,
      transfer: settlementMethod,
      withdrawal: settlementMethod,
      refund: settlementMethod,
    })
    .optional(),
})

export type RuleSet = z.infer<typeof RuleSetSchema>

type SignalName = keyof RuleSet['signals']

/** The signals in shadow, in the order in which signals are judged. */
export function shadowSignals({ signals }: RuleSet): SignalName[] {
  return (Object.keys(RuleSetSchema.shape.signals.shape) as SignalName[]).filter(
    (name) => signals[name].shadow === true,
  )
}

/** The one text of a rule set: keys sorted, no white space. Equal rule sets have equal texts. */
export function canonicalRules(rules: RuleSet): string {
  return JSON.stringify(rules, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

/** What is wrong with a rule set, one line a field; null when nothing is. */
export function rulesProblem(rules: unknown): string | null {
  const parsed = RuleSetSchema.safeParse(rules)
  if (parsed.success)
    return parsed.data.rates[parsed.data.currency] === 1 ? null : `rates.${parsed.data.currency}: must be 1`
  return parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'rule set'}: ${message}`).join('\n')
}
