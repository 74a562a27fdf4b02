import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { TaskCounters } from '../streams/task/task-counters.ts'

/** What the metrics read of one task; plain numbers that the task counts a batch at a time. */
export interface MeasuredTask {
  /** As Kafka Streams writes it: `<subtopology>_<partition>`. */
  readonly taskId: string
  readonly counters: TaskCounters
  readonly running: boolean
  /** How full each bounded store is, 0 to 1; empty until the task is restored. */
  readonly fills: readonly { readonly store: string; readonly filled: number; readonly setting: string }[]
}

export interface MetricsOptions {
  /** Gone over anew at each scrape. */
  readonly tasks: Iterable<MeasuredTask>
  /** Names of the dispositions and of the dead letters' reasons, by their numbers in the counters. */
  readonly dispositions: readonly string[]
  readonly reasons: readonly string[]
  /** Bytes in use and at most, by part of the log. */
  readonly logBytes: () => readonly { readonly part: string; readonly used: number; readonly max: number }[]
  readonly nowMs: () => number
}

const LABELS = ['task_id'] as const
const PREFIX = 'kafka_streams_stream_task_metrics_'

/**
 * The metrics of a process under the names that Kafka Streams has for its tasks, and ours beside them. Nothing is counted
 * twice: each scrape reads the tasks' own counters.
 */
export function createMetrics(options: MetricsOptions): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  taskTotals(registry, options)
  taskGauges(registry, options)
  byKind(registry, options)
  stores(registry, options)
  return registry
}

function taskTotals(registry: Registry, { tasks, nowMs }: MetricsOptions): void {
  const totals: readonly (readonly [string, string, (counters: TaskCounters) => number])[] = [
    ['process', 'Records that have a disposition', (counters) => counters.processed],
    ['commit', 'Commits', (counters) => counters.commits],
    ['dropped_records', 'Dead letters', (counters) => counters.deadLetters.reduce((sum, count) => sum + count, 0)],
  ]
  for (const [name, help, read] of totals) {
    counter(registry, `${PREFIX}${name}_total`, `${help}.`, LABELS, (set) => {
      for (const { taskId, counters } of tasks) set({ task_id: taskId }, read(counters))
    })
    const rate = new RateSinceLastScrape(nowMs)
    gauge(registry, `${PREFIX}${name}_rate`, `${help} a second since the scrape before.`, LABELS, (set) => {
      for (const { taskId, counters } of tasks) set({ task_id: taskId }, rate.of(taskId, read(counters)))
    })
  }
}

function taskGauges(registry: Registry, { tasks }: MetricsOptions): void {
  const gauges: readonly (readonly [string, string, (task: MeasuredTask) => number])[] = [
    ['process_latency_avg', 'Average ms that a batch is processed.', (task) => average(task, 'processMsTotal')],
    [
      'commit_latency_avg',
      'Average ms from the begin of a commit to its end.',
      (task) => average(task, 'commitMsTotal'),
    ],
    ['commit_latency_max', 'Longest ms from the begin of a commit to its end.', (task) => task.counters.commitMsMax],
    ['restore_total', 'Input offset that the last restore has reached.', (task) => task.counters.restoredRecords],
    ['aborts', 'Transactions that ended without an answer.', (task) => task.counters.aborts],
    ['records_lag', 'Input records that wait.', (task) => task.counters.lag],
    ['running', '1 when the task processes.', (task) => (task.running ? 1 : 0)],
  ]
  for (const [name, help, read] of gauges) {
    gauge(registry, `${PREFIX}${name}`, help, LABELS, (set) => {
      for (const task of tasks) set({ task_id: task.taskId }, read(task))
    })
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
}

function stores(registry: Registry, { tasks, logBytes }: MetricsOptions): void {
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

type SetValue<L extends string> = (labels: Partial<Record<L, string>>, value: number) => void

function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: (set: SetValue<L>) => void,
): void {
  const metric: Gauge<L> = new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: () => read((labels, value) => metric.set(labels, value)),
  })
}

/** A total that is counted elsewhere: set anew at each scrape. */
function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: (set: SetValue<L>) => void,
): void {
  const metric: Counter<L> = new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: () => {
      metric.reset()
      read((labels, value) => metric.inc(labels, value))
    },
  })
}

function average({ counters }: MeasuredTask, total: 'processMsTotal' | 'commitMsTotal'): number {
  return counters.commits === 0 ? 0 : counters[total] / counters.commits
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
