import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Lag } from '../streams/log/lag.ts'
import { counter, gauge } from './metric-kinds.ts'

/** What the metrics read of an alerter, which counts it itself. */
export interface MeasuredAlerter {
  readonly state: string
  readonly buffered: number
  readonly counters: {
    readonly written: ReadonlyMap<string, number>
    readonly malformed: number
    readonly failures: ReadonlyMap<string, number>
  }
}

export interface AlerterMetricsOptions {
  /** Null before there is one. */
  readonly alerter: () => MeasuredAlerter | null
  readonly states: readonly string[]
  /** By topic: entries that the group has not committed, and the age of the oldest. */
  readonly lags: () => Promise<readonly (Lag & { readonly topic: string })[]>
  readonly nowMs: () => number
}

export interface AlerterMetrics {
  readonly registry: Registry
  /** One group of entries: ms until the store had it. */
  observeWrite(latencyMs: number): void
}

/** Seconds: from a store on the same machine to the time-out of a command. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** The metrics of a process that carries alerts to a store and does nothing else. */
export function createAlerterMetrics(options: AlerterMetricsOptions): AlerterMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return measureAlerter(registry, options)
}

/** Adds an alerter to a process's metrics. Nothing is counted twice: a scrape reads the alerter's own counters. */
export function measureAlerter(registry: Registry, options: AlerterMetricsOptions): AlerterMetrics {
  const { alerter, states, lags, nowMs } = options
  counter(registry, 'sluice_alert_entries_written_total', 'Entries that the store has, by topic.', ['topic'], (set) => {
    for (const [topic, count] of alerter()?.counters.written ?? []) set({ topic }, count)
  })
  counter(registry, 'sluice_alert_entries_malformed_total', 'Entries that were dead-lettered.', [], (set) => {
    set({}, alerter()?.counters.malformed ?? 0)
  })
  counter(
    registry,
    'sluice_alert_store_failures_total',
    'Sessions that ended with an error, by code.',
    ['code'],
    (set) => {
      for (const [code, count] of alerter()?.counters.failures ?? []) set({ code }, count)
    },
  )
  gauge(registry, 'sluice_alert_store_state', '1 for the state that the alerter is in.', ['state'], (set) => {
    for (const state of states) set({ state }, alerter()?.state === state ? 1 : 0)
  })
  gauge(registry, 'sluice_alert_entries_buffered', 'Entries between log and store.', [], (set) => {
    set({}, alerter()?.buffered ?? 0)
  })
  gauge(registry, 'sluice_alert_lag_records', 'Entries that the group has not committed.', ['topic'], async (set) => {
    for (const { topic, records } of await lags()) set({ topic }, records)
  })
  gauge(registry, 'sluice_alert_lag_seconds', 'Age of the oldest of them.', ['topic'], async (set) => {
    for (const { topic, oldestAppendMs } of await lags()) {
      set({ topic }, oldestAppendMs === null ? 0 : Math.max(0, nowMs() - oldestAppendMs) / 1_000)
    }
  })
  const writes = new Histogram({
    name: 'sluice_alert_write_seconds',
    help: 'One group of entries, until the store had it.',
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  })
  return { registry, observeWrite: (latencyMs) => writes.observe(latencyMs / 1_000) }
}
