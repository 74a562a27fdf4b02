import type { Random } from './random.ts'

/** Where people pay: category code (ISO 18245), what a visit costs there (median, in the buyer's minor units), and how. */
export interface Trade {
  readonly name: string
  readonly category: string
  readonly medianMinor: number
  readonly channel: 'pos' | 'ecommerce'
}

export const TRADES: readonly Trade[] = [
  { name: 'cafe', category: '5814', medianMinor: 480, channel: 'pos' },
  { name: 'restaurant', category: '5812', medianMinor: 2_600, channel: 'pos' },
  { name: 'grocer', category: '5411', medianMinor: 3_900, channel: 'pos' },
  { name: 'fuel', category: '5541', medianMinor: 4_700, channel: 'pos' },
  { name: 'pharmacy', category: '5912', medianMinor: 1_800, channel: 'pos' },
  { name: 'clothes', category: '5651', medianMinor: 6_200, channel: 'pos' },
  { name: 'books', category: '5942', medianMinor: 1_700, channel: 'ecommerce' },
  { name: 'electronics', category: '5732', medianMinor: 14_000, channel: 'ecommerce' },
  { name: 'streaming', category: '4899', medianMinor: 1_299, channel: 'ecommerce' },
  { name: 'transit', category: '4111', medianMinor: 350, channel: 'pos' },
]

/** The trade of that name; throws when there is none. */
export function tradeNamed(name: string): Trade {
  const trade = TRADES.find((known) => known.name === name)
  if (trade === undefined) throw new RangeError(`no trade is named ${name}`)
  return trade
}

/** One shop. Its account receives what is paid there. */
export interface Merchant {
  readonly id: string
  readonly account: string
  readonly terminalId: string | null
  readonly trade: Trade
}

/** Merchant number `number` of the world: the same number is the same shop in every run. */
export function merchant(number: number, trade: Trade): Merchant {
  return {
    id: `m-${trade.name}-${number}`,
    account: `acct-m-${trade.name}-${number}`,
    terminalId: trade.channel === 'pos' ? `t-${trade.name}-${number}` : null,
    trade,
  }
}

/** What one visit costs: log-normal around the trade's median times the buyer's own scale, at least one minor unit. */
export function visitAmountMinor(random: Random, trade: Trade, scale: number): number {
  return Math.max(1, Math.round(trade.medianMinor * scale * Math.exp(0.45 * random.normal())))
}
