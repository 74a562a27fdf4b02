import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Lag } from '../streams/log/lag.ts'
import { counter, gauge } from './metric-kinds.ts'

/** What the metrics read of an archiver, which counts it itself. */
export interface MeasuredArchiver {
  readonly state: string
  /** Of an archiver that does not tell its lag by topic; null while it cannot be told. */
  lagOffsets?(): Promise<number | null>
  readonly counters: {
    readonly rows: ReadonlyMap<string, number>
    readonly refused: number
    readonly failures: ReadonlyMap<string, number>
  }
}

/** How far an archive is behind the log, where its process knows. */
export interface ArchiveLag {
  readonly lags: () => Promise<readonly (Lag & { readonly topic: string })[]>
  readonly nowMs: () => number
}

/** The metrics of a process that archives and does nothing else. Nothing is counted twice: a scrape reads the archiver's own counters. */
export function createArchiveMetrics(
  archiver: () => MeasuredArchiver | null,
  states: readonly string[],
  lag: ArchiveLag | null = null,
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
  if (lag !== null) measureLag(registry, lag)
  gauge(registry, 'sluice_archive_lag_offsets', 'Committed offsets that the archive has not yet.', [], async (set) => {
    const lag = await archiver()?.lagOffsets?.()
    if (lag !== null && lag !== undefined) set({}, lag)
  })
  return registry
}

function measureLag(registry: Registry, { lags, nowMs }: ArchiveLag): void {
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
}
