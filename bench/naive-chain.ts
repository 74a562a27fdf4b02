import { createHmac, createSecretKey } from 'node:crypto'
import avsc from 'avsc'
import { SCHEMAS } from '../schemas/generated/schemas.ts'
import { decodeBatches } from '../test/support/offline-chain.ts'
import type { ChainRun } from './chain-run.ts'
import { loadFetches } from './foreign-input.ts'

/**
 * The chain as one would write it first: avsc objects, state in Maps, createHmac, JSON out. It masks, counts the last
 * minute, drops repeats of the last hour and adds up three signals; it keeps no baseline, checks no text, and cannot
 * take anything back. So the ratio to the chain, which does all that, is too kind to it.
 */
interface RawPayment {
  readonly transaction_id: string
  readonly event_time: number
  readonly sender_account_id: string
  readonly amount_minor: number
  readonly pan: string | null
  readonly email: string | null
  readonly cardholder_name: string | null
  readonly ip: string | null
}

const WINDOW_MS = 60_000
const HORIZON_MS = 3_600_000
const THRESHOLD = 3
const FRAME_BYTES = 5

const type = avsc.Type.forSchema(JSON.parse(SCHEMAS.PaymentSubmitted))
const key = createSecretKey(new Uint8Array(32).fill(7))
const seen = new Map<string, number>()
const windows = new Map<string, { readonly id: string; readonly timeMs: number }[]>()
let streamTimeMs = 0

function token(text: string | null): string | null {
  return text === null ? null : createHmac('sha256', key).update(text).digest('hex')
}

/** Peers of the last minute, the payment itself left aside. */
function velocity({ transaction_id: id, sender_account_id: sender, event_time: timeMs }: RawPayment): string[] {
  const entries = (windows.get(sender) ?? []).filter((entry) => entry.timeMs >= streamTimeMs - WINDOW_MS)
  const peers = entries.filter((entry) => entry.timeMs <= timeMs && entry.timeMs >= timeMs - WINDOW_MS)
  windows.set(sender, [...entries, { id, timeMs }])
  return peers.map((entry) => entry.id)
}

function isRepeat(id: string): boolean {
  const at = seen.get(id)
  return at !== undefined && streamTimeMs - at <= HORIZON_MS
}

function expire(): void {
  for (const [id, at] of seen) {
    if (streamTimeMs - at <= HORIZON_MS) return
    seen.delete(id)
  }
}

function decide(payment: RawPayment): string {
  const peers = velocity(payment)
  const signals = [peers.length >= THRESHOLD ? 60 : 0, payment.amount_minor > 500_000 ? 20 : 0, payment.pan ? 0 : 5]
  const score = signals.reduce((sum, points) => sum + points, 0)
  return JSON.stringify({
    ...payment,
    pan: undefined,
    email: undefined,
    ip: undefined,
    cardholder_name: undefined,
    card_masked: payment.pan === null ? null : `XXXX-XXXX-XXXX-${payment.pan.slice(-4)}`,
    card_token: token(payment.pan),
    email_token: token(payment.email),
    ip_token: token(payment.ip),
    cardholder_name_token: token(payment.cardholder_name),
    velocity_count: peers.length + 1,
    is_velocity_fraud: peers.length >= THRESHOLD,
    velocity_fraud_peers: peers,
    fraud_score: score,
    outcome: score >= 60 ? 'review' : 'approve',
  })
}

function run(fetches: readonly Uint8Array[]): ChainRun {
  const dispositions = { decided: 0, duplicate: 0, 'dead-letter': 0 }
  let records = 0
  let outputBytes = 0
  const cpuBefore = process.cpuUsage()
  const begun = performance.now()
  for (const fetch of fetches) {
    for (const { value } of decodeBatches(fetch)) {
      records++
      if (value === null || value[0] !== 0) {
        dispositions['dead-letter']++
        continue
      }
      const payment = type.fromBuffer(Buffer.from(value).subarray(FRAME_BYTES)) as RawPayment
      if (isRepeat(payment.transaction_id)) {
        dispositions.duplicate++
        continue
      }
      streamTimeMs = Math.max(streamTimeMs, payment.event_time)
      seen.set(payment.transaction_id, streamTimeMs)
      const decision = decide(payment)
      outputBytes += Buffer.from(decision).length
      dispositions.decided++
    }
    expire()
  }
  const wallMs = performance.now() - begun
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuMs = (user + system) / 1_000
  return { records, wallMs, cpuMs, rssMb: process.memoryUsage.rss() / 1e6, outputBytes, dispositions, flagged: 0 }
}

const [file = ''] = process.argv.slice(2)
process.send?.(run(loadFetches(file)), () => process.disconnect())
