import { Histogram, type Registry } from 'prom-client'
import { counter, gauge } from './metric-kinds.ts'

/** What the metrics read of one-time codes; each part counts its own. */
export interface OtpMetricsOptions {
  readonly service: () => {
    readonly validations: Readonly<Record<string, number>>
    readonly issued: Readonly<Record<string, number>>
    readonly ends: Readonly<Record<string, number>>
  }
  readonly delivery: () => {
    readonly sent: number
    readonly retried: number
    readonly givenUp: ReadonlyMap<string, number>
  }
  readonly channel: string
  readonly challenges: () => Promise<number>
}

/** Results as the field knows them, `valid` and `invalid`, and what else can come of a code. */
const RESULTS: Readonly<Record<string, string>> = { right: 'valid', wrong: 'invalid' }

/** Seconds: from a console to the time-out of a gateway. */
const LATENCY_BUCKETS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Adds one-time codes to a process's metrics. */
export function measureOtp(registry: Registry, options: OtpMetricsOptions): { observeTry(latencyMs: number): void } {
  const { service, delivery, channel, challenges } = options
  counter(registry, 'otp_validation_total', 'Codes that were given, by what came of it.', ['result'], (set) => {
    for (const [kind, count] of Object.entries(service().validations)) set({ result: RESULTS[kind] ?? kind }, count)
  })
  counter(
    registry,
    'sluice_otp_codes_issued_total',
    'Codes that were made: the first, or another.',
    ['kind'],
    (set) => {
      for (const [kind, count] of Object.entries(service().issued)) set({ kind }, count)
    },
  )
  counter(registry, 'sluice_otp_challenges_ended_total', 'Ends that the chain was told of.', ['end'], (set) => {
    for (const [end, count] of Object.entries(service().ends)) set({ end }, count)
  })
  counter(
    registry,
    'sluice_otp_deliveries_total',
    'Codes that were sent (result sent) or reached nobody, by why.',
    ['channel', 'result'],
    (set) => {
      set({ channel, result: 'sent' }, delivery().sent)
      for (const [result, count] of delivery().givenUp) set({ channel, result }, count)
    },
  )
  counter(registry, 'sluice_otp_delivery_retries_total', 'Tries after a failed one.', ['channel'], (set) => {
    set({ channel }, delivery().retried)
  })
  gauge(registry, 'sluice_otp_challenges', 'Challenges that the store holds.', [], async (set) => {
    set({}, await challenges())
  })
  const tries = new Histogram({
    name: 'sluice_otp_delivery_seconds',
    help: 'One try to send a code.',
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  })
  return { observeTry: (latencyMs) => tries.observe(latencyMs / 1_000) }
}
