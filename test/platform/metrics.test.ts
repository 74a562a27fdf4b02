import { expect, test } from 'vitest'
import { createMetrics, type MeasuredTask } from '../../platform/metrics.ts'
import { TaskCounters } from '../../streams/task/task-counters.ts'

function measured(partition: number, lag: MeasuredTask['lag']): MeasuredTask {
  return {
    taskId: `0_${partition}`,
    counters: new TaskCounters(),
    running: true,
    fills: [],
    lateness: null,
    checkpointAgeMs: 0,
    alerts: [],
    lag,
  }
}

test('metrics: a lag that the log refuses or does not tell is left out, and everything else is there', async () => {
  const tasks = [
    measured(0, async () => ({ records: 7, oldestAppendMs: 1_000, heldBackMs: 500, heldBackRecords: 3 })),
    measured(1, async () => Promise.reject(new Error('the cluster is away'))),
    measured(2, () => new Promise(() => {})),
  ]
  const { registry } = createMetrics({
    tasks,
    dispositions: [],
    reasons: [],
    logBytes: () => [],
    nowMs: () => 3_000,
  })
  const lines = (await registry.metrics()).split('\n')
  const values = (name: string) => lines.filter((line) => line.startsWith(`${name}{`))
  expect(values('kafka_streams_stream_task_metrics_records_lag')).toEqual([
    'kafka_streams_stream_task_metrics_records_lag{task_id="0_0"} 7',
  ])
  expect(values('sluice_lag_seconds')).toEqual(['sluice_lag_seconds{task_id="0_0"} 2'])
  expect(values('sluice_input_held_back_seconds')).toEqual(['sluice_input_held_back_seconds{task_id="0_0"} 0.5'])
  expect(values('sluice_task_running')).toHaveLength(3)
}, 30_000)
