import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { counter, gauge } from './metric-kinds.ts'

/** What the metrics read of a hook, which counts it itself. */
export interface MeasuredHook {
  readonly name: string
  readonly state: string
  readonly circuitState: string
  readonly waiting: number
  readonly counters: { readonly outcomes: ReadonlyMap<string, number>; readonly malformed: number }
}

export interface HookMetricsOptions {
  readonly hooks: () => readonly MeasuredHook[]
  readonly outcomes: readonly string[]
  /** Actions that a hook's group has not committed, by hook. */
  readonly lags: () => Promise<ReadonlyMap<string, number>>
}

export interface HookMetrics {
  readonly registry: Registry
  /** One try: ms until its end. */
  observeTry(hook: string, latencyMs: number): void
}

/** Seconds: from a receiver beside us to the longest time-out. */
const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** The metrics of a process that brings actions to hooks and does nothing else. */
export function createHookMetrics(options: HookMetricsOptions): HookMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return measureHooks(registry, options)
}

/** Adds hooks to a process's metrics. Every outcome is there from the start, so that the first dead delivery is a rise. */
export function measureHooks(registry: Registry, { hooks, outcomes, lags }: HookMetricsOptions): HookMetrics {
  counter(
    registry,
    'sluice_hook_deliveries_total',
    'Tries on record, by what came of them.',
    ['hook', 'outcome'],
    (set) => {
      for (const { name, counters } of hooks()) {
        for (const outcome of outcomes) set({ hook: name, outcome }, counters.outcomes.get(outcome) ?? 0)
      }
    },
  )
  counter(
    registry,
    'sluice_hook_actions_malformed_total',
    'Records that were no action, and passed over.',
    ['hook'],
    (set) => {
      for (const { name, counters } of hooks()) set({ hook: name }, counters.malformed)
    },
  )
  gauge(registry, 'sluice_hook_circuit_open', '1 while the receiver is taken for down.', ['hook'], (set) => {
    for (const { name, circuitState } of hooks()) set({ hook: name }, circuitState === 'OPEN' ? 1 : 0)
  })
  gauge(registry, 'sluice_hook_live', '1 while the hook reads actions.', ['hook'], (set) => {
    for (const { name, state } of hooks()) set({ hook: name }, state === 'LIVE' ? 1 : 0)
  })
  gauge(registry, 'sluice_hook_waiting', 'Actions that wait for their first or next try.', ['hook'], (set) => {
    for (const { name, waiting } of hooks()) set({ hook: name }, waiting)
  })
  gauge(registry, 'sluice_hook_lag_records', 'Actions without a try on record.', ['hook'], async (set) => {
    for (const [hook, records] of await lags()) set({ hook }, records)
  })
  const tries = new Histogram({
    name: 'sluice_hook_try_seconds',
    help: 'One try, until the end of the answer.',
    labelNames: ['hook'],
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  })
  return { registry, observeTry: (hook, latencyMs) => tries.observe({ hook }, latencyMs / 1_000) }
}
