import { setTimeout as pause } from 'node:timers/promises'
import { AggregatorRegistry, collectDefaultMetrics, Histogram, type MetricObject, Registry } from 'prom-client'
import type { KafkaCounters } from '../streams/kafka/kafka-counters.ts'
import type { Lag } from '../streams/log/lag.ts'
import type { TaskCounters } from '../streams/task/task-counters.ts'
import { clientMetrics } from './client-metrics.ts'
import { counter, gauge } from './metric-kinds.ts'

/** What the log tells of one task's input. */
export interface MeasuredLag extends Lag {
  /** For how long an open transaction of a producer has held readers back at one offset, ms; 0 when none does. */
  readonly heldBackMs: number
  /** Stored records that no reader sees yet, since that transaction began before them and has not ended. */
  readonly heldBackRecords: number
}

/** What the metrics read of one task; plain numbers that the task counts a batch at a time. */
export interface MeasuredTask {
  /** As Kafka Streams writes it: `<subtopology>_<partition>`. */
  readonly taskId: string
  readonly counters: TaskCounters
  readonly running: boolean
  /** How full each bounded store is, 0 to 1; empty until the task is restored. */
  readonly fills: readonly { readonly store: string; readonly filled: number; readonly setting: string }[]
  /** How far records were behind stream time, ms; null until the task is restored. */
  readonly lateness: { readonly msTotal: number; readonly msMax: number } | null
  /** For how long the newest checkpoint has lacked something that is committed, ms; null unless the task runs. */
  readonly checkpointAgeMs: number | null
  readonly alerts: readonly { readonly kind: string; readonly count: number }[]
  readonly lag: () => Promise<MeasuredLag>
}

export interface MetricsOptions {
  /** Gone over anew at each scrape. */
  readonly tasks: Iterable<MeasuredTask>
  /** Names of the dispositions and of the dead letters' reasons, by their numbers in the counters. */
  readonly dispositions: readonly string[]
  readonly reasons: readonly string[]
  /** Bytes in use and at most, by part of the log. */
  readonly logBytes: () => readonly { readonly part: string; readonly used: number; readonly max: number }[]
  /** What the client of a cluster has counted; null where there is none. */
  readonly client?: () => KafkaCounters | null
  readonly nowMs: () => number
  /** `thread` leaves out what is measured of the process as a whole. Default: process. */
  readonly of?: 'process' | 'thread'
}

/** The values of one thread's metrics at a scrape, as they cross the threads. */
export type MeasuredValues = readonly MetricObject[]

/** The metrics of a process whose tasks run in threads: its own, and what `read` gathers of each thread, added up. */
export function gatherMetrics(
  read: () => Promise<readonly MeasuredValues[]>,
): Pick<Registry, 'contentType' | 'metrics'> {
  const own = new Registry()
  collectDefaultMetrics({ register: own })
  return {
    contentType: own.contentType,
    metrics: async () => {
      const threads = AggregatorRegistry.aggregate([...(await read())])
      return `${await own.metrics()}${await threads.metrics()}`
    },
  }
}

/** The metrics of a process that runs tasks: what a scrape reads, and what is told as it happens. */
export interface Metrics {
  readonly registry: Registry
  /** One commit: ms from its begin to its acknowledged end. */
  observeCommit(taskId: string, latencyMs: number): void
  /** One written and synced transaction of a part of the log. */
  observeSync(part: string, syncMs: number): void
}

const LABELS = ['task_id'] as const
const TASK = 'kafka_streams_stream_task_metrics_'
/** A lag that the log does not tell within so long is left out: the other metrics matter most when the log is away. */
const LAG_WAIT_MS = 5_000
/** Seconds: from a commit on a fast disk to one that nobody should wait for. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * The metrics of a process under the names that Kafka Streams has for its tasks, and ours beside them. Nothing is counted
 * twice: each scrape reads the tasks' own counters.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry()
  if (options.of !== 'thread') collectDefaultMetrics({ register: registry })
  if (options.client !== undefined) clientMetrics(registry, options.client)
  taskTotals(registry, options)
  taskGauges(registry, options)
  lags(registry, options)
  byKind(registry, options)
  stores(registry, options)
  const commits = latencies(registry, 'sluice_commit_latency_seconds', 'From the begin of a commit to its end.', LABELS)
  const syncs = latencies(registry, 'sluice_log_sync_seconds', 'One transaction of the log, written and synced.', [
    'part',
  ] as const)
  return {
    registry,
    observeCommit: (taskId, latencyMs) => commits.observe({ task_id: taskId }, latencyMs / 1_000),
    observeSync: (part, syncMs) => syncs.observe({ part }, syncMs / 1_000),
  }
}

function latencies<L extends string>(registry: Registry, name: string, help: string, labelNames: readonly L[]) {
  const buckets = LATENCY_BUCKETS
  return new Histogram<L>({ name, help, labelNames: [...labelNames], buckets, registers: [registry] })
}

type ReadCounters = (counters: TaskCounters) => number

function taskTotals(registry: Registry, { tasks, nowMs }: MetricsOptions): void {
  const rated: readonly (readonly [string, string, ReadCounters])[] = [
    ['process', 'Records that have a disposition', (counters) => counters.processed],
    ['commit', 'Commits', (counters) => counters.commits],
    ['dropped_records', 'Dead letters', (counters) => counters.deadLetters.reduce((sum, count) => sum + count, 0)],
    ['restore', 'Input records that restores have folded', (counters) => counters.restoredRecords],
  ]
  const totals: readonly (readonly [string, string, ReadCounters])[] = [
    ...rated.map(([name, help, read]) => [`${TASK}${name}_total`, help, read] as const),
    ['sluice_sessions_aborted_total', 'Sessions given up for a new one', (counters) => counters.aborts],
    ['sluice_sessions_fenced_total', 'Sessions lost to another owner', (counters) => counters.fenced],
    ['sluice_unknown_outcomes_total', 'Commits without an answer', (counters) => counters.unknownOutcomes],
  ]
  for (const [name, help, read] of totals) {
    counter(registry, name, `${help}.`, LABELS, (set) => {
      for (const { taskId, counters } of tasks) set({ task_id: taskId }, read(counters))
    })
  }
  for (const [name, help, read] of rated) {
    const rate = new RateSinceLastScrape(nowMs)
    gauge(registry, `${TASK}${name}_rate`, `${help}, a second since the scrape before.`, LABELS, (set) => {
      for (const { taskId, counters } of tasks) set({ task_id: taskId }, rate.of(taskId, read(counters)))
    })
  }
}

function taskGauges(registry: Registry, { tasks }: MetricsOptions): void {
  const gauges: readonly (readonly [string, string, (task: MeasuredTask) => number | null])[] = [
    [`${TASK}process_latency_avg`, 'Average ms that a batch is processed.', (task) => average(task, 'processMsTotal')],
    [
      `${TASK}commit_latency_avg`,
      'Average ms from the begin of a commit to its end.',
      (task) => average(task, 'commitMsTotal'),
    ],
    [
      `${TASK}commit_latency_max`,
      'Longest ms from the begin of a commit to its end.',
      ({ counters }) => counters.commitMsMax,
    ],
    [`${TASK}record_lateness_avg`, 'Average ms that a record is behind stream time.', averageLateness],
    [`${TASK}record_lateness_max`, 'Most ms that a record was behind.', ({ lateness }) => lateness?.msMax ?? null],
    [
      `${TASK}restore_remaining_records_total`,
      'Input records that the restore has still to fold.',
      ({ counters }) => counters.restoreRemaining,
    ],
    ['sluice_task_running', '1 when the task processes.', ({ running }) => (running ? 1 : 0)],
    [
      'sluice_schema_waits',
      'Times in a row that the registry could not tell a schema; 0 unless the partition waits for it.',
      ({ counters }) => counters.schemaWaits,
    ],
    [
      'sluice_checkpoint_age_seconds',
      'For how long the newest checkpoint has lacked something that is committed.',
      ({ checkpointAgeMs }) => (checkpointAgeMs === null ? null : checkpointAgeMs / 1_000),
    ],
  ]
  for (const [name, help, read] of gauges) {
    gauge(registry, name, help, LABELS, (set) => {
      for (const task of tasks) {
        const value = read(task)
        if (value !== null) set({ task_id: task.taskId }, value)
      }
    })
  }
}

function lags(registry: Registry, { tasks, nowMs }: MetricsOptions): void {
  const read = once(async () => {
    const answers = [...tasks].map(async ({ taskId, lag }) => ({ labels: { task_id: taskId }, ...(await lag()) }))
    const unknown = pause(LAG_WAIT_MS, null, { ref: false })
    const lags = await Promise.all(answers.map((answer) => Promise.race([answer.catch(() => null), unknown])))
    return lags.filter((lag) => lag !== null)
  })
  const why = 'Input records that wait for the end of a transaction before any reader sees them.'
  gauge(registry, 'sluice_last_stable_offset_lag', why, LABELS, async (set) => {
    for (const { labels, heldBackRecords } of await read()) set(labels, heldBackRecords)
  })
  gauge(registry, `${TASK}records_lag`, 'Input records without a disposition.', LABELS, async (set) => {
    for (const { labels, records } of await read()) set(labels, records)
  })
  gauge(registry, 'sluice_lag_seconds', 'Age of the oldest record without a disposition.', LABELS, async (set) => {
    for (const { labels, oldestAppendMs } of await read()) {
      set(labels, oldestAppendMs === null ? 0 : Math.max(0, nowMs() - oldestAppendMs) / 1_000)
    }
  })
  const heldBack = 'For how long one open transaction of a producer has kept input from being read.'
  gauge(registry, 'sluice_input_held_back_seconds', heldBack, LABELS, async (set) => {
    for (const { labels, heldBackMs } of await read()) set(labels, heldBackMs / 1_000)
  })
}

/** Callers at the same time share one answer. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | null = null
  return () => {
    underWay ??= read().finally(() => {
      underWay = null
    })
    return underWay
  }
}

function byKind(registry: Registry, { tasks, dispositions, reasons }: MetricsOptions): void {
  const kinds = [...LABELS, 'disposition'] as const
  counter(registry, 'sluice_records_total', 'Input records by disposition.', kinds, (set) => {
    for (const { taskId, counters } of tasks) {
      dispositions.forEach((disposition, number) => {
        if (number > 0) set({ task_id: taskId, disposition }, counters.dispositions[number] ?? 0)
      })
    }
  })
  const why = [...LABELS, 'reason'] as const
  counter(registry, 'sluice_dead_letters_total', 'Dead letters by reason.', why, (set) => {
    for (const { taskId, counters } of tasks) {
      reasons.forEach((reason, number) => {
        const count = counters.deadLetters[number] ?? 0
        if (count > 0) set({ task_id: taskId, reason }, count)
      })
    }
  })
  counter(registry, 'sluice_alerts_total', 'Alerts by kind.', [...LABELS, 'kind'] as const, (set) => {
    for (const { taskId, alerts } of tasks) for (const { kind, count } of alerts) set({ task_id: taskId, kind }, count)
  })
  const topics = [...LABELS, 'topic_name'] as const
  const produced = 'kafka_streams_stream_topic_metrics_records_produced_total'
  counter(registry, produced, 'Records written, by output topic.', topics, (set) => {
    for (const { taskId, counters } of tasks) {
      for (const [topic, records] of counters.produced) set({ task_id: taskId, topic_name: topic }, records)
    }
  })
}

function stores(registry: Registry, { tasks, logBytes }: MetricsOptions): void {
  counter(registry, 'sluice_record_lateness_seconds_total', 'How far records were behind, summed.', LABELS, (set) => {
    for (const { taskId, lateness } of tasks) {
      if (lateness !== null) set({ task_id: taskId }, lateness.msTotal / 1_000)
    }
  })
  const filled = [...LABELS, 'store'] as const
  gauge(registry, 'sluice_store_filled_ratio', 'How full a bounded store is, 0 to 1.', filled, (set) => {
    for (const { taskId, fills } of tasks) {
      for (const { store, filled: ratio } of fills) set({ task_id: taskId, store }, ratio)
    }
  })
  gauge(registry, 'sluice_log_used_bytes', 'Bytes of the log in use.', ['part'], (set) => {
    for (const { part, used } of logBytes()) set({ part }, used)
  })
  gauge(registry, 'sluice_log_max_bytes', 'Bytes that the log may take.', ['part'], (set) => {
    for (const { part, max } of logBytes()) set({ part }, max)
  })
}

function average({ counters }: MeasuredTask, total: 'processMsTotal' | 'commitMsTotal'): number {
  return counters.commits === 0 ? 0 : counters[total] / counters.commits
}

function averageLateness({ lateness, counters }: MeasuredTask): number | null {
  if (lateness === null) return null
  return counters.processed === 0 ? 0 : lateness.msTotal / counters.processed
}

/** Differences of totals over the time between two scrapes. */
class RateSinceLastScrape {
  private readonly nowMs: () => number
  private readonly last = new Map<string, { readonly atMs: number; readonly total: number }>()

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  of(key: string, total: number): number {
    const atMs = this.nowMs()
    const before = this.last.get(key)
    this.last.set(key, { atMs, total })
    if (before === undefined || atMs <= before.atMs) return 0
    return ((total - before.total) * 1_000) / (atMs - before.atMs)
  }
}
