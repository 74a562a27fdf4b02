import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { gauge } from './metric-kinds.ts'

/** What metrics read of an API at each scrape. */
export interface MeasuredApi {
  readonly inFlight: number
  readonly claims: number
  readonly caughtUp: boolean
}

/** What an API tells as it happens. */
export interface ApiMetrics {
  answered(method: string, route: string, status: number, seconds: number): void
  confirmed(status: string, risk: string): void
  /** The shared rate was not to be had; the stricter local one counted. */
  limitedLocally(): void
  /** A call was not written down. */
  auditDropped(): void
}

/** Seconds: from a replay out of memory to the time-out of a call. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** The registry of a process that serves the API and does nothing else. */
export function createApiRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

/** Adds an API to a process's metrics; `api` is null before there is one. */
export function measureApi(registry: Registry, api: () => MeasuredApi | null): ApiMetrics {
  const registers = [registry]
  const confirms = new Counter({
    name: 'payment_confirm_total',
    help: 'Answered calls of POST /payment/confirm, by what was answered and by the risk of the decision.',
    labelNames: ['status', 'risk'],
    registers,
  })
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests, from their head to the end of the answer.',
    labelNames: ['method', 'route', 'status_code'],
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const local = new Counter({
    name: 'sluice_api_rate_local_total',
    help: 'Calls that were counted here alone, since Redis did not answer.',
    registers,
  })
  const unwritten = new Counter({
    name: 'sluice_api_audit_events_dropped_total',
    help: 'Calls that were not written down: as many events as may already waited for the log, or it takes none any more.',
    registers,
  })
  gauge(registry, 'sluice_api_calls_in_flight', 'Calls whose end the log still owes.', [], (set) => {
    set({}, api()?.inFlight ?? 0)
  })
  gauge(registry, 'sluice_api_claims', 'Idempotency keys and decisions in the view.', [], (set) => {
    set({}, api()?.claims ?? 0)
  })
  gauge(registry, 'sluice_api_view_caught_up', '1 once everything is applied that stood in the log.', [], (set) => {
    set({}, api()?.caughtUp === true ? 1 : 0)
  })
  return {
    answered: (method, route, status, seconds) =>
      requests.observe({ method, route, status_code: String(status) }, seconds),
    confirmed: (status, risk) => confirms.inc({ status, risk }),
    limitedLocally: () => local.inc(),
    auditDropped: () => unwritten.inc(),
  }
}
