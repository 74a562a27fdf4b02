import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Lag } from '../streams/log/lag.ts'
import { counter, gauge } from './metric-kinds.ts'

/** What the metrics read of an archiver, which counts it itself. */
export interface MeasuredArchiver {
  readonly state: string
  /** How far the archive is behind each topic. */
  lags(): Promise<readonly (Lag & { readonly topic: string })[]>
  readonly counters: {
    readonly rows: ReadonlyMap<string, number>
    readonly refused: number
    readonly failures: ReadonlyMap<string, number>
  }
}

/** Payments of the last two days in the archive that it has more than once (SPEC D5). */
export interface ArchivedRepeats {
  /** Further payments of an id: by another sender, or after the hour within which the chain catches them. */
  readonly repeatedIds: number
  /** Further rows of one record: never. */
  readonly doubledRows: number
}

/** Adds what the archive has more than once to a process's metrics. */
export function measureArchivedRepeats(registry: Registry, repeats: () => ArchivedRepeats | null): void {
  gauge(registry, 'sluice_archive_repeated_ids', 'Payments whose id another has; 0 until counted.', [], (set) => {
    set({}, repeats()?.repeatedIds ?? 0)
  })
  gauge(registry, 'sluice_archive_doubled_rows', 'Rows that stand twice; 0 until counted.', [], (set) => {
    set({}, repeats()?.doubledRows ?? 0)
  })
}

/** The metrics of a process that archives and does nothing else. Nothing is counted twice: a scrape reads the archiver's own counters. */
export function createArchiveMetrics(
  archiver: () => MeasuredArchiver | null,
  states: readonly string[],
  nowMs: () => number,
): Registry {
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
  const lags = async () => (await archiver()?.lags()) ?? []
  gauge(
    registry,
    'sluice_archive_lag_records',
    'Committed records that the archive does not have.',
    ['topic'],
    async (set) => {
      for (const { topic, records } of await lags()) set({ topic }, records)
    },
  )
  gauge(registry, 'sluice_archive_lag_seconds', 'Age of the oldest of them.', ['topic'], async (set) => {
    for (const { topic, oldestAppendMs } of await lags()) {
      set({ topic }, oldestAppendMs === null ? 0 : Math.max(0, nowMs() - oldestAppendMs) / 1_000)
    }
  })
  return registry
}
