import type { PaymentSubmitted } from '../../schemas/generated/payment-submitted.ts'
import { type Merchant, merchant, TRADES } from './merchant.ts'
import type { Random } from './random.ts'
import { testCard } from './test-cards.ts'

/** A country people live in, its currency, and the scale of its prices against the medians of `TRADES`. */
const COUNTRIES = [
  { region: 'US', currency: 'USD', priceScale: 1 },
  { region: 'DE', currency: 'EUR', priceScale: 0.9 },
  { region: 'FR', currency: 'EUR', priceScale: 0.95 },
  { region: 'GB', currency: 'GBP', priceScale: 0.8 },
  // The yen has no minor unit.
  { region: 'JP', currency: 'JPY', priceScale: 1.5 },
] as const

const FIRST_NAMES = [
  'Ada',
  'Ben',
  'Chloe',
  'Dai',
  'Elif',
  'Femi',
  'Grace',
  'Hugo',
  'Ines',
  'Jun',
  'Kofi',
  'Lena',
  'Mia',
] as const
const LAST_NAMES = [
  'Abe',
  'Brandt',
  'Costa',
  'Diaz',
  'Evans',
  'Fischer',
  'Garcia',
  'Haas',
  'Ito',
  'Jones',
  'Keller',
] as const
/** Address blocks set aside for documentation (RFC 5737). */
const DOCUMENTATION_NETWORKS = ['192.0.2', '198.51.100', '203.0.113'] as const
const MERCHANTS_IN_TOWN = 40
/** The shops, made once: people who go to the same one share its strings. By trade, then number. */
const TOWN = TRADES.map((trade) => Array.from({ length: MERCHANTS_IN_TOWN }, (_, number) => merchant(number, trade)))

/** Somebody who pays, with the habits that a baseline learns (SPEC S2). Everything personal is made up. */
export interface Person {
  readonly account: string
  readonly name: string
  readonly email: string
  readonly pan: string
  readonly expiry: string
  readonly cvv: string
  readonly ip: string
  readonly region: string
  readonly currency: string
  /** Own devices, the favourite first. */
  readonly devices: readonly string[]
  /** Merchants that this person goes to, the favourite first. */
  readonly merchants: readonly Merchant[]
  /** How much this person spends, against the median buyer's 1. */
  readonly spendScale: number
  /** The hour (UTC) around which this person pays. */
  readonly homeHour: number
}

/** Makes the person who owns `account`; the same random stream makes the same person. */
export function makePerson(account: string, random: Random, region?: string): Person {
  const country = COUNTRIES.find((known) => known.region === region) ?? random.pick(COUNTRIES)
  const first = random.pick(FIRST_NAMES)
  const last = random.pick(LAST_NAMES)
  const deviceNumber = random.next().toString(36)
  const devices = [`phone-${deviceNumber}`, `laptop-${deviceNumber}`].slice(0, random.between(1, 2))
  return {
    account,
    name: `${first} ${last}`,
    email: `${first}.${last}.${random.below(10_000)}@example.com`.toLowerCase(),
    pan: testCard(random),
    expiry: `${String(random.between(1, 12)).padStart(2, '0')}/${random.between(27, 31)}`,
    cvv: String(random.between(100, 999)),
    ip: `${random.pick(DOCUMENTATION_NETWORKS)}.${random.between(1, 254)}`,
    region: country.region,
    currency: country.currency,
    devices,
    merchants: favouriteMerchants(random),
    spendScale: country.priceScale * Math.exp(0.35 * random.normal()),
    homeHour: random.between(8, 20),
  }
}

/** At most eight, each of another trade: what fits in a baseline. */
function favouriteMerchants(random: Random): Merchant[] {
  const first = random.below(TOWN.length)
  return Array.from({ length: random.between(4, 8) }, (_, i) => random.pick(TOWN[(first + i) % TOWN.length] ?? []))
}

/** What a payment is about, beyond who pays. */
export interface Purchase {
  readonly transactionId: string
  readonly eventTimeMs: number
  readonly amountMinor: number
  readonly merchant: Merchant
  readonly deviceId: string | null
  readonly memo?: string | null
}

/** A card payment of `person` in raw form (SPEC R1), as it reaches a payment producer. */
export function cardPayment(person: Person, purchase: Purchase): PaymentSubmitted {
  const { merchant: shop } = purchase
  // Every field by name: a literal of one shape costs a tenth of a spread.
  return {
    transactionId: purchase.transactionId,
    idempotencyKey: null,
    eventTime: purchase.eventTimeMs,
    senderAccountId: person.account,
    receiverAccountId: shop.account,
    amountMinor: purchase.amountMinor,
    currency: person.currency,
    kind: 'card',
    channel: shop.trade.channel,
    merchantId: shop.id,
    merchantCategory: shop.trade.category,
    terminalId: shop.terminalId,
    region: person.region,
    latitude: null,
    longitude: null,
    deviceId: purchase.deviceId,
    pan: person.pan,
    expiry: person.expiry,
    cvv: person.cvv,
    cardholderName: person.name,
    email: person.email,
    ip: person.ip,
    maskKeyId: null,
    cardMasked: null,
    cardToken: null,
    expiryMasked: null,
    cvvMasked: null,
    cardholderNameMasked: null,
    cardholderNameToken: null,
    emailMasked: null,
    emailToken: null,
    ipMasked: null,
    ipToken: null,
    memo: purchase.memo ?? null,
  }
}

/** The person's favourite device. */
export function favouriteDevice(person: Person): string {
  const device = person.devices[0]
  if (device === undefined) throw new RangeError(`${person.account} has no device`)
  return device
}
