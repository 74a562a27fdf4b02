import { type Encoded, encoded, encodeString, putLong } from '../../schemas/avro/bytes.ts'
import { CURRENCIES, CURRENCY_EXPONENTS } from '../../schemas/currencies.ts'
import { SIGNAL_SYMBOLS, SignalOrdinal } from '../../schemas/generated/enums.ts'
import { type RuleSet, shadowSignals } from '../../schemas/rule-set.ts'

const DAY_MS = 86_400_000
const SCORE_MAX = 100
/** Bit beside the signals' bits: VELOCITY counts for nothing (SPEC S2). */
const EXCUSED_BIT = SIGNAL_SYMBOLS.length

/** The Avro array of the reasons of one combination of signals, and the score that they sum to. */
export interface ScoredReasons {
  readonly score: number
  readonly encoded: Encoded
}

/**
 * A rule set made ready for the hot path: amounts as minor units by currency ordinal, and each combination of signals encoded
 * the first time it occurs. Immutable apart from that memory.
 */
export class CompiledRules {
  readonly rules: RuleSet
  /** First 16 hexadecimal digits of the SHA-256 of the canonical text. */
  readonly hash: string
  /** Both as Avro strings. */
  readonly encodedVersion: Encoded
  readonly encodedHash: Encoded
  /** By currency ordinal; not-a-number where the set has no rate. */
  readonly highAmountMinor: Float64Array
  readonly tinyMaxMinor: Float64Array
  /** Minor units of the rule currency per minor unit; not-a-number where the set has no rate. */
  readonly toReference: Float64Array
  readonly excuseSpanMs: number
  readonly nightUntilMs: number
  /** The signals in shadow (bit = ordinal). */
  readonly shadow: number
  private readonly risky = new Uint8Array(10_000)
  private readonly reasonsBySignals: (ScoredReasons | undefined)[] = new Array(2 ** (EXCUSED_BIT + 1))
  private readonly signalArrays: (Encoded | undefined)[] = new Array(2 ** SIGNAL_SYMBOLS.length)
  private readonly pointsBySignal: readonly number[]

  constructor(rules: RuleSet, hash: string) {
    this.rules = rules
    this.hash = hash
    this.encodedVersion = encoded(encodeString(rules.version))
    this.encodedHash = encoded(encodeString(hash))
    const perMajor = (major: number) => (ordinal: number, rate: number) =>
      Math.floor((major * 10 ** exponentOf(ordinal)) / rate)
    this.highAmountMinor = byCurrency(rules, perMajor(rules.signals.HIGH_AMOUNT.over_major))
    this.tinyMaxMinor = byCurrency(rules, perMajor(rules.signals.TINY_EQUAL.max_major))
    const reference = exponentOf(CURRENCIES.codes.indexOf(rules.currency))
    this.toReference = byCurrency(rules, (ordinal, rate) => rate * 10 ** (reference - exponentOf(ordinal)))
    for (const category of rules.signals.RISKY_CATEGORY.categories) this.risky[Number(category)] = 1
    this.excuseSpanMs = rules.excuse.min_span_days * DAY_MS
    this.nightUntilMs = rules.signals.NIGHT.until_hour_utc * 3_600_000
    this.shadow = shadowSignals(rules).reduce((bits, signal) => bits | (1 << SignalOrdinal[signal]), 0)
    this.pointsBySignal = SIGNAL_SYMBOLS.map((signal) =>
      signal === 'SCORING_ERROR' ? 0 : rules.signals[signal].points,
    )
  }

  /** The reasons of the signals in `hits` (bit = ordinal); points are cut where the sum would pass 100. */
  reasons(hits: number, excused: boolean): ScoredReasons {
    const key = excused ? hits | (1 << EXCUSED_BIT) : hits
    const known = this.reasonsBySignals[key]
    if (known !== undefined) return known
    const made = this.encodeReasons(hits, excused)
    this.reasonsBySignals[key] = made
    return made
  }

  /** Whether the four bytes at `at` are a merchant category that the set lists. */
  isRisky(bytes: Uint8Array, at: number): boolean {
    const thousands = bytes[at]! - 48
    const hundreds = bytes[at + 1]! - 48
    const tens = bytes[at + 2]! - 48
    const ones = bytes[at + 3]! - 48
    if (Math.min(thousands, hundreds, tens, ones) < 0 || Math.max(thousands, hundreds, tens, ones) > 9) return false
    return this.risky[thousands * 1000 + hundreds * 100 + tens * 10 + ones] === 1
  }

  /** The Avro array of the signals in `signals` (bit = ordinal). */
  signalArray(signals: number): Encoded {
    const known = this.signalArrays[signals]
    if (known !== undefined) return known
    const made = encoded(encodeOrdinals(signals, SIGNAL_SYMBOLS.length))
    this.signalArrays[signals] = made
    return made
  }

  /** The signals of `hits` in their order, each with its points: cut where the sum would pass 100. */
  pointsOf(hits: number, excused: boolean): (readonly [ordinal: number, points: number])[] {
    let left = SCORE_MAX
    return SIGNAL_SYMBOLS.flatMap((_, ordinal) => {
      if ((hits & (1 << ordinal)) === 0) return []
      const full = excused && ordinal === SignalOrdinal.VELOCITY ? 0 : (this.pointsBySignal[ordinal] as number)
      const points = Math.min(full, left)
      left -= points
      return [[ordinal, points] as const]
    })
  }

  private encodeReasons(hits: number, excused: boolean): ScoredReasons {
    const reasons = this.pointsOf(hits, excused)
    const out = new Uint8Array(64)
    let score = 0
    let at = reasons.length === 0 ? 0 : putLong(out, 0, reasons.length)
    for (const [ordinal, points] of reasons) {
      score += points
      at = putLong(out, putLong(out, at, ordinal), points)
    }
    out[at++] = 0
    return { score, encoded: encoded(out.subarray(0, at)) }
  }
}

/** The Avro array of the enum ordinals whose bits are set. */
export function encodeOrdinals(bits: number, symbols: number): Uint8Array {
  const out = new Uint8Array(symbols + 16)
  let at = bits === 0 ? 0 : putLong(out, 0, bitCount(bits))
  for (let ordinal = 0; ordinal < symbols; ordinal++) if ((bits & (1 << ordinal)) !== 0) at = putLong(out, at, ordinal)
  out[at++] = 0
  return out.slice(0, at)
}

function exponentOf(ordinal: number): number {
  return CURRENCY_EXPONENTS[ordinal] as number
}

function byCurrency(rules: RuleSet, value: (ordinal: number, rate: number) => number): Float64Array {
  const values = new Float64Array(CURRENCIES.codes.length).fill(Number.NaN)
  for (const [code, rate] of Object.entries(rules.rates)) {
    const ordinal = CURRENCIES.codes.indexOf(code)
    values[ordinal] = value(ordinal, rate)
  }
  return values
}

function bitCount(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}
