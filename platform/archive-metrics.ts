import { collectDefaultMetrics, Registry } from 'prom-client'
import { counter, gauge } from './metric-kinds.ts'

/** What the metrics read of an archiver, which counts it itself. */
export interface MeasuredArchiver {
  readonly state: string
  /** Null while it cannot be told. */
  lagOffsets(): Promise<number | null>
  readonly counters: {
    readonly rows: ReadonlyMap<string, number>
    readonly refused: number
    readonly failures: ReadonlyMap<string, number>
  }
}

/** The metrics of a process that archives and does nothing else. Nothing is counted twice: a scrape reads the archiver's own counters. */
export function createArchiveMetrics(archiver: () => MeasuredArchiver | null, states: readonly string[]): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  counter(registry, 'sluice_archive_rows_total', 'Rows handed to the archive, by table.', ['table'], (set) => {
    for (const [table, count] of archiver()?.counters.rows ?? []) set({ table }, count)
  })
  counter(registry, 'sluice_archive_refused_total', 'Rows that were dead-lettered.', [], (set) => {
    set({}, archiver()?.counters.refused ?? 0)
  })
  counter(registry, 'sluice_archive_failures_total', 'Sessions that ended with an error, by code.', ['code'], (set) => {
    for (const [code, count] of archiver()?.counters.failures ?? []) set({ code }, count)
  })
  gauge(registry, 'sluice_archive_state', '1 for the state that the archiver is in.', ['state'], (set) => {
    for (const state of states) set({ state }, archiver()?.state === state ? 1 : 0)
  })
  gauge(registry, 'sluice_archive_lag_offsets', 'Committed offsets that the archive has not yet.', [], async (set) => {
    const lag = await archiver()?.lagOffsets()
    if (lag !== null && lag !== undefined) set({}, lag)
  })
  return registry
}
