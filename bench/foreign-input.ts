import { readFileSync, writeFileSync } from 'node:fs'
import { framed } from '../schemas/avro/framing.ts'
import {
  encodePaymentSubmitted,
  type PaymentSubmitted,
  paymentSubmittedDefaults,
} from '../schemas/generated/payment-submitted.ts'
import { sealBatch } from '../streams/record/batch-seal.ts'
import { RecordBatchWriter } from '../streams/record/record-batch-writer.ts'

/** What the input is made of; the bench prints it beside its figures. */
export interface ForeignInputOptions {
  readonly payments: number
  readonly senders: number
  readonly spanMs: number
  readonly seed: number
  /** Raw personal data: all that a payment can hold, or card number and e-mail alone, which ask for two tokens. */
  readonly personal: 'all' | 'card-and-email'
}

/** Whole sealed batches in offset order, as fetches of about 1 MiB would bring them. */
export interface ForeignInput {
  readonly fetches: readonly Uint8Array[]
  readonly records: number
  readonly bytes: number
}

const START_MS = Date.UTC(2026, 0, 5, 6)
const FETCH_BYTES = 1_000_000
const REPEAT_SHARE = 0.01
/** Of payments, in the committed registry. */
const PAYMENT_SCHEMA = 1
const POISON_SHARE = 0.001
const MEMO_SHARE = 0.2
/** Share of payments that begin a burst of four more by the same sender: each burst flags two of them. */
const BURST_SHARE = 0.01
const BURST_PAYMENTS = 4
const BURST_STEP_MS = 8_000
/** Repeats are of one of the last this many payments. */
const REPEAT_REACH = 50_000

/**
 * Payments as a foreign producer writes them: raw card number, e-mail, name and address, a card a sender, a memo now and
 * then, some repeats, some poison. Seeded: the same options give the same bytes. One partition, so that one core sees
 * all senders.
 */
export function foreignInput(options: ForeignInputOptions): ForeignInput {
  const random = mulberry32(options.seed)
  const writer = new RecordBatchWriter(4 << 20, { bytesMax: 200_000 })
  const fetches: Uint8Array[] = []
  const recent: { readonly key: Uint8Array; readonly value: Uint8Array }[] = []
  const bursts: { sender: number; left: number; atMs: number }[] = []
  let written = 0
  let bytes = 0
  const stepMs = options.spanMs / options.payments
  const flush = () => {
    const batches = writer.finish()
    let offset = written - batches.reduce((sum, { recordCount }) => sum + recordCount, 0)
    for (const { bytes: batch, recordCount } of batches) {
      sealBatch(batch, {
        baseOffset: offset,
        appendTimeMs: START_MS + options.spanMs + 60_000,
        producerId: 1,
        producerEpoch: 0,
        baseSequence: 0,
        transactional: false,
      })
      offset += recordCount
    }
    const fetch = concat(batches.map((batch) => batch.bytes))
    bytes += fetch.length
    fetches.push(fetch)
    writer.open()
  }
  const put = (key: Uint8Array, value: Uint8Array) => {
    writer.begin(START_MS, key, 0, key.length)
    writer.reserve(value.length)
    writer.bytes.set(value, writer.at)
    writer.at += value.length
    writer.end()
    written++
    if (writer.at > FETCH_BYTES) flush()
  }
  writer.open()
  for (let i = 0; i < options.payments; i++) {
    const nowMs = START_MS + Math.floor(i * stepMs)
    const chance = random()
    if (chance < POISON_SHARE) {
      put(encoder.encode('poison'), Uint8Array.of(1, 2, 3, 4, 5, 6, 7))
      continue
    }
    if (chance < POISON_SHARE + REPEAT_SHARE && recent.length > 0) {
      const repeat = recent[Math.floor(random() * recent.length)]!
      put(repeat.key, repeat.value)
      continue
    }
    const due = bursts[0] !== undefined && bursts[0].atMs <= nowMs ? bursts.shift() : undefined
    const sender = due?.sender ?? Math.floor(random() * options.senders)
    if (due !== undefined && due.left > 1) bursts.push({ sender, left: due.left - 1, atMs: nowMs + BURST_STEP_MS })
    else if (due === undefined && random() < BURST_SHARE) {
      bursts.push({ sender, left: BURST_PAYMENTS, atMs: nowMs + BURST_STEP_MS })
    }
    const value = framed(
      PAYMENT_SCHEMA,
      encodePaymentSubmitted(personalData(foreignPayment(i, sender, nowMs, random), options.personal)),
    )
    const key = encoder.encode(accountOf(sender))
    put(key, value)
    if (recent.length < REPEAT_REACH) recent.push({ key, value })
    else recent[i % REPEAT_REACH] = { key, value }
  }
  if (!writer.empty) flush()
  return { fetches, records: written, bytes }
}

/** Writes an input beside its lengths, so that several processes can read the same. */
export function saveInput(file: string, { fetches }: ForeignInput): void {
  writeFileSync(file, concat(fetches))
  writeFileSync(`${file}.json`, JSON.stringify(fetches.map(({ length }) => length)))
}

/** The fetches of a saved input. */
export function loadFetches(file: string): Uint8Array[] {
  const whole = readFileSync(file)
  const lengths = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as number[]
  let at = 0
  return lengths.map((length) => {
    at += length
    return whole.subarray(at - length, at)
  })
}

const encoder = new TextEncoder()
const MERCHANTS = ['5411', '5812', '5912', '5999', '4111', '5732']
const REGIONS = ['DE', 'FR', 'NL', 'ES', 'IT']

function personalData(made: PaymentSubmitted, personal: ForeignInputOptions['personal']): PaymentSubmitted {
  return personal === 'all' ? made : { ...made, cardholderName: null, ip: null }
}

/** One payment of a sender, with every field that a foreign producer fills. */
export function foreignPayment(i: number, sender: number, nowMs: number, random: () => number): PaymentSubmitted {
  const jitterMs = Math.floor(random() * 4_000) - 2_000
  return {
    ...paymentSubmittedDefaults,
    transactionId: uuid(i),
    idempotencyKey: null,
    eventTime: nowMs + jitterMs,
    senderAccountId: accountOf(sender),
    receiverAccountId: `MERCHANT_${sender % 977}`,
    amountMinor: Math.floor(Math.exp(8.5 + 0.8 * (random() + random() + random() - 1.5) * 2)),
    currency: 'EUR',
    kind: 'card' as const,
    channel: 'ecommerce' as const,
    merchantId: `m-${sender % 977}`,
    merchantCategory: MERCHANTS[sender % MERCHANTS.length]!,
    region: REGIONS[sender % REGIONS.length]!,
    deviceId: `dev-${(sender * 7919).toString(36)}`,
    pan: panOf(sender),
    expiry: '09/29',
    cvv: '123',
    cardholderName: `Holder ${sender.toString(36)}`,
    email: `holder.${sender.toString(36)}@example.com`,
    ip: `203.0.${(sender >> 8) & 255}.${sender & 255}`,
    memo: random() < MEMO_SHARE ? `invoice ${i} of ${sender}, thank you for your order` : null,
  }
}

function accountOf(sender: number): string {
  return `ACC_${String(sender).padStart(7, '0')}`
}

/** A version 4 UUID, as good as random: 30 of its digits are hexadecimal, so letters are never rare. */
export function uuid(i: number): string {
  const hex = [0, 1, 2, 3]
    .map((word) =>
      mixed(Math.imul(i, 4) + word)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** MurmurHash3's finisher: a bijection, so that no two ids are equal. */
function mixed(word: number): number {
  let x = Math.imul(word, 0x9e3779b1)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** A test card number: Visa's range, Luhn-valid. */
function panOf(sender: number): string {
  const body = `400000${String(sender).padStart(9, '0')}`
  let sum = 0
  for (let i = 0; i < body.length; i++) {
    const digit = Number(body[body.length - 1 - i]) * (i % 2 === 0 ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
  }
  return body + String((10 - (sum % 10)) % 10)
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Mulberry32: 32 bits of state, enough to vary a bench. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
