import type { MeasuredTask } from '../../platform/metrics.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { CONFLICT, CONTROL_REFUSED } from '../../streams/disposition.ts'
import type { Lag } from '../../streams/log/lag.ts'
import type { Task } from '../../streams/task/task.ts'
import type { TaskCounters } from '../../streams/task/task-counters.ts'
import { storeFills } from './store-fills.ts'

/** The name of a partition's task, as Kafka Streams has it. */
export function taskIdOf(partition: number): string {
  return `0_${partition}`
}

/** What the metrics read of one payment task. Both lags are read from the log. */
export function measuredTask(
  { input, counters, lifeState, stores, checkpointAgeMs }: Task<PaymentStores>,
  lag: () => Promise<Lag>,
  lastStableOffsetLag: () => Promise<number>,
): MeasuredTask {
  return {
    taskId: taskIdOf(input.partition),
    counters,
    running: lifeState === 'RUNNING',
    fills: storeFills(stores),
    lateness:
      stores === null ? null : { msTotal: stores.streamTime.latenessMsTotal, msMax: stores.streamTime.latenessMsMax },
    checkpointAgeMs,
    alerts: alertCounts(counters),
    lag,
    lastStableOffsetLag,
  }
}

/**
 * Alerts by kind. A conflict and a refused control record raise exactly one each, and every other alert is of velocity:
 * so the records of the topic tell all three.
 */
function alertCounts({ dispositions, produced }: TaskCounters): MeasuredTask['alerts'] {
  const conflicts = dispositions[CONFLICT] ?? 0
  const refusals = dispositions[CONTROL_REFUSED] ?? 0
  const all = produced.get(TOPICS.fraudAlerts.name) ?? 0
  return [
    { kind: 'VELOCITY', count: all - conflicts - refusals },
    { kind: 'ID_CONFLICT', count: conflicts },
    { kind: 'CONTROL_REFUSED', count: refusals },
  ]
}
