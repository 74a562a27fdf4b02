import { createHmac } from 'node:crypto'
import { Random } from '../../../producers/simulator/random.ts'
import { type PaymentSubmitted, paymentSubmittedDefaults } from '../../../schemas/generated/payment-submitted.ts'
import type { RuleSet } from '../../../schemas/rule-set.ts'
import { canonicalRules } from '../../../schemas/rule-set.ts'
import { paymentValue } from '../../support/offline-chain.ts'
import { type ControlFields, signedControl, TEST_MASK_KEYS, type TestSigner } from '../../support/test-keys.ts'

/** One record of the stream; `verdict` is whether a control record's signature is its signer's, null for what is none. */
export interface StreamRecord {
  readonly partition: number
  readonly key: string | null
  readonly value: Uint8Array | null
  readonly appendTimeMs: number
  readonly verdict: boolean | null
}

/** Decisions that a stream may name: what the chain has decided so far, by partition. */
export type KnownDecisions = (partition: number) => readonly string[]

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 2, 1, 22)
const CARDS = ['4111111111111111', '5555555555554444', '378282246310005'] as const
const DEVICES = ['d1', 'd2', 'd3', 'd4', 'd5', 'phone 4111111111111111', 'line\nbreak'] as const
const REGIONS = ['DE', 'FR', 'US', 'JP'] as const
const PLACES = [
  [52.5, 13.4],
  [52.51, 13.41],
  [40.7, -74],
] as const
const ENDS = [
  'CHALLENGE_PASSED',
  'CHALLENGE_FAILED',
  'CHALLENGE_EXPIRED',
  'REVIEW_APPROVED',
  'REVIEW_DECLINED',
] as const

/** A token as the mask stage makes it. */
export function tokenOf(key: { readonly id: string; readonly secret: Uint8Array }, value: string): string {
  return `v1:${key.id}:${createHmac('sha256', key.secret).update(value).digest('hex')}`
}

/**
 * Payments of few senders with everything that the rules look at, disorder, retries, conflicts and jumps in time; and control records
 * of every kind, right and wrong in every way, that concern the same senders, devices and decisions.
 */
export class RandomStream {
  readonly #random: Random
  readonly #rules: RuleSet
  readonly #partitionOf: (key: string) => number
  readonly #known: KnownDecisions
  readonly #serials = new Map<string, number>()
  readonly #sent: PaymentSubmitted[] = []
  readonly #signed: StreamRecord[] = []
  #nowMs = START_MS
  #next = 0

  constructor(seed: string, rules: RuleSet, partitionOf: (key: string) => number, known: KnownDecisions) {
    this.#random = new Random(seed)
    this.#rules = rules
    this.#partitionOf = partitionOf
    this.#known = known
  }

  record(): StreamRecord {
    this.#advance()
    return this.#random.chance(0.15) ? this.#control() : this.#payment()
  }

  #advance(): void {
    const random = this.#random
    this.#nowMs += random.below(3_000)
    if (random.chance(0.002)) this.#nowMs += random.below(9 * HOUR_MS)
    if (random.chance(0.0004)) this.#nowMs += 24 * 91 * HOUR_MS
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#random.below(values.length)] as T
  }

  #maybe<T>(values: readonly T[]): T | null {
    return this.#random.chance(0.25) ? null : this.#pick(values)
  }

  #payment(): StreamRecord {
    const random = this.#random
    const payment = random.chance(0.08) && this.#sent.length > 0 ? this.#again() : this.#fresh()
    this.#sent.push(payment)
    if (this.#sent.length > 300) this.#sent.shift()
    const key = payment.senderAccountId
    return {
      partition: this.#partitionOf(key),
      key,
      value: paymentValue(payment),
      appendTimeMs: this.#nowMs,
      verdict: null,
    }
  }

  /** An earlier payment once more, restamped, sometimes with other content. */
  #again(): PaymentSubmitted {
    const first = this.#pick(this.#sent)
    const retry = { ...first, eventTime: this.#nowMs - this.#random.below(5_000) }
    if (this.#random.chance(0.2)) return { ...retry, amountMinor: first.amountMinor + 1 }
    return this.#random.chance(0.2) ? { ...retry, merchantId: first.merchantId === null ? '' : null } : retry
  }

  #fresh(): PaymentSubmitted {
    const random = this.#random
    const late = random.chance(0.15) ? random.below(70_000) : random.below(3_000)
    // Few senders, so that their windows fill; one of them pays without a pause.
    const sender = random.chance(0.2) ? 'hot' : `acc-${random.below(24)}`
    const place = random.chance(0.3) ? this.#pick(PLACES) : null
    return {
      ...paymentSubmittedDefaults,
      transactionId: `tx-${this.#next++}`,
      eventTime: this.#nowMs - (random.chance(0.01) ? random.below(24 * 100 * HOUR_MS) : late),
      senderAccountId: sender,
      receiverAccountId: `to-${random.below(random.chance(0.5) ? 3 : 60)}`,
      amountMinor: this.#pick([100, 100, 100, 199, 1_000, 5_000, 500_001, 700_000]),
      currency: this.#pick(['USD', 'USD', 'eur', 'JPY', 'THB']),
      kind: 'card',
      channel: 'pos',
      merchantId: this.#maybe(['m1', 'm2']),
      merchantCategory: this.#maybe(['5411', '7995', '5812']),
      region: this.#maybe(REGIONS),
      latitude: place?.[0] ?? null,
      longitude: place?.[1] ?? null,
      deviceId: this.#maybe(DEVICES),
      ...this.#personal(),
    }
  }

  /** Raw, masked under either key, or nothing. */
  #personal(): Partial<PaymentSubmitted> {
    const card = this.#pick(CARDS)
    const email = `p${this.#random.below(3)}@example.com`
    const way = this.#random.below(3)
    if (way === 0) return {}
    if (way === 1) return { pan: card, email, ip: '203.0.113.9' }
    const key = this.#pick(TEST_MASK_KEYS)
    return {
      maskKeyId: key.id,
      cardMasked: `XXXX-XXXX-XXXX-${card.slice(-4)}`,
      cardToken: tokenOf(key, card),
      emailMasked: 'p***@example.com',
      emailToken: tokenOf(key, email),
    }
  }

  #control(): StreamRecord {
    const random = this.#random
    if (random.chance(0.08) && this.#signed.length > 0) return this.#replayed()
    const fields = this.#statement()
    const signer: TestSigner = /^(CHALLENGE|REVIEW|ACCOUNT)/.test(fields.kind)
      ? fields.kind.startsWith('CHALLENGE')
        ? 'api'
        : 'board'
      : 'admin'
    const key = fields.accountId ?? null
    const partition = key === null || random.chance(0.02) ? random.below(4) : this.#partitionOf(key)
    const record = random.chance(0.1)
      ? this.#spoilt(fields, signer, partition)
      : this.#signedBy(signer, { ...fields, partition }, partition, key)
    this.#signed.push(record)
    return record
  }

  /** A signed record once more, where it was or elsewhere. */
  #replayed(): StreamRecord {
    const record = this.#pick(this.#signed)
    const partition = this.#random.chance(0.5) ? record.partition : this.#random.below(4)
    return { ...record, partition, appendTimeMs: this.#nowMs }
  }

  #spoilt(fields: ControlFields, signer: TestSigner, partition: number): StreamRecord {
    const right = { ...fields, partition }
    const key = fields.accountId ?? null
    switch (this.#random.below(6)) {
      case 0:
        return this.#signedBy('stranger', right, partition, key)
      case 1:
        return { ...this.#signedBy('stranger', { ...right, signerKeyId: signer }, partition, key), verdict: false }
      case 2:
        return this.#signedBy(signer === 'api' ? 'board' : 'api', right, partition, key)
      case 3:
        return this.#signedBy(signer, { ...right, partition: partition ^ 1 }, partition, key)
      case 4:
        return this.#signedBy(signer, right, partition, 'elsewhere')
      default: {
        const { value, ...record } = this.#signedBy(signer, { ...right, reason: 'e\u00e9' }, partition, key)
        // The second byte of a two-byte character becomes one that stands alone.
        const at = value!.indexOf(0xa9, value!.indexOf(0xc3))
        return { ...record, value: value!.with(at, 0x41), verdict: false }
      }
    }
  }

  #signedBy(signer: TestSigner, fields: ControlFields, partition: number, key: string | null): StreamRecord {
    const value = framedControl(signedControl({ serial: this.#serial(fields, signer, partition), ...fields }, signer))
    return { partition, key, value, appendTimeMs: this.#nowMs, verdict: true }
  }

  #serial({ kind }: ControlFields, signer: string, partition: number): number {
    if (/^(CHALLENGE|REVIEW)_/.test(kind)) return this.#random.chance(0.1) ? this.#random.between(-5, 500) : 0
    const name = `${signer}-${partition}`
    const last = this.#serials.get(name) ?? 0
    const serial = last + this.#random.between(this.#random.chance(0.05) ? -1 : 1, 3)
    this.#serials.set(name, Math.max(last, serial))
    return serial
  }

  #statement(): ControlFields {
    const random = this.#random
    const eventTime = this.#nowMs
    const accountId = random.chance(0.2) ? 'hot' : `acc-${random.below(26)}`
    const until = random.chance(0.3) ? null : eventTime + random.below(2 * HOUR_MS) - HOUR_MS / 2
    const way = random.below(20)
    if (way < 11) return this.#ending()
    if (way === 11) return { kind: 'ACCOUNT_BLOCKED', eventTime, accountId, until: until ?? eventTime + 60_000 }
    if (way === 12) return { kind: 'ACCOUNT_ALLOWED', eventTime, accountId, until }
    if (way < 15) return { kind: 'ACCOUNT_LIFTED', eventTime, accountId }
    if (way === 15) return { kind: 'RULES_SET', eventTime, rules: this.#ruleText() }
    if (way === 16) return { kind: 'MASK_KEY_ACTIVATED', eventTime, subject: this.#pick(['k1', 'k2', 'k 3', null]) }
    if (way === 17) return { kind: 'ERASURE', eventTime, ...(random.chance(0.9) && { accountId }) }
    if (way === 18) return { kind: 'ACCOUNT_BLOCKED', eventTime, until }
    const kind = random.chance(0.5) ? 'LIST_ADDED' : 'LIST_REMOVED'
    return { kind, eventTime, subject: this.#listEntry(), until: until ?? eventTime + 30_000 }
  }

  #ending(): ControlFields {
    const random = this.#random
    const partition = random.below(4)
    const decisionId = random.chance(0.1) ? this.#pick([null, '0-01', '9-1', 'x']) : this.#pick(this.#known(partition))
    return {
      kind: this.#pick(ENDS),
      eventTime: this.#nowMs,
      decisionId: decisionId ?? null,
      failedCodes: random.below(4),
      accountId: null,
    }
  }

  #ruleText(): string {
    const { signals, actions } = this.#rules
    const random = this.#random
    const changed = {
      ...this.#rules,
      version: `v${random.below(100)}`,
      challenge_ms: this.#pick([60_000, 300_000, 900_000]),
      review_ms: this.#pick([120_000, 604_800_000]),
      actions: { ...actions, MANUAL_REVIEW: { score_over: random.between(45, 80) } },
      signals: {
        ...signals,
        VELOCITY: { points: random.between(0, 60), threshold: random.between(2, 5) },
        RISKY_CATEGORY: { ...signals.RISKY_CATEGORY, points: random.between(0, 40) },
      },
    }
    if (random.chance(0.8)) return canonicalRules(changed)
    return this.#pick([
      '',
      '{',
      '{}',
      'null',
      JSON.stringify({ ...changed, more: 1 }),
      JSON.stringify({ ...changed, rates: { USD: 2 } }),
    ])
  }

  #listEntry(): string | null {
    const key = this.#pick(TEST_MASK_KEYS)
    return this.#pick([
      `sender:acc-${this.#random.below(24)}`,
      `receiver:to-${this.#random.below(20)}`,
      'device:d1',
      'device:line\nbreak',
      'device:phone XXXXXXXXXXXX1111',
      `card:${tokenOf(key, this.#pick(CARDS))}`,
      `email:${tokenOf(key, 'p1@example.com')}`,
      `ip:${tokenOf(key, '203.0.113.9')}`,
      'merchant:m1',
      'device:',
      'sender',
      null,
    ])
  }
}

function framedControl(avro: Uint8Array): Uint8Array {
  const value = new Uint8Array(5 + avro.length)
  value[4] = 2
  value.set(avro, 5)
  return value
}
