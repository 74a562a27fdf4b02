import { createMetrics, type MeasuredTask, type Metrics, type MetricsOptions } from '../../platform/metrics.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { DEAD_LETTER_REASON_SYMBOLS } from '../../schemas/generated/enums.ts'
import { DISPOSITIONS } from '../../streams/disposition.ts'
import { readLag } from '../../streams/log/lag.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import type { Task } from '../../streams/task/task.ts'
import { measuredTask } from './measured-task.ts'
import type { Session } from './session.ts'
import { Standstills } from './standstills.ts'

/** The tasks that there are at the moment, and what their lag is read from. */
export interface TasksNow {
  readonly session: Pick<Session<Log>, 'log' | 'committed' | 'heldBack'>
  readonly tasks: readonly Task<PaymentStores>[]
}

/**
 * The metrics of a process that runs payment tasks, over any log. `tasksNow` is asked anew at each scrape; null before there
 * are any, since metrics are served first.
 */
export function createTaskMetrics(
  tasksNow: () => TasksNow | null,
  more: Pick<MetricsOptions, 'logBytes' | 'client' | 'of'>,
): Metrics {
  const standstills = new Standstills()
  return createMetrics({
    tasks: { [Symbol.iterator]: () => measuredTasks(tasksNow(), standstills) },
    dispositions: DISPOSITIONS,
    reasons: DEAD_LETTER_REASON_SYMBOLS,
    ...more,
    nowMs: machineTime.nowMs,
  })
}

function* measuredTasks(now: TasksNow | null, standstills: Standstills): Iterator<MeasuredTask> {
  if (now === null) return
  const { log, committed, heldBack } = now.session
  for (const task of now.tasks) {
    const { input } = task
    yield measuredTask(task, async () => {
      const held = await heldBack(input)
      return {
        ...(await readLag(log, input, (await committed(input))?.offset ?? 0)),
        heldBackMs: standstills.ms(input.partition, held?.offset ?? null, machineTime.nowMs()),
        heldBackRecords: held?.records ?? 0,
      }
    })
  }
}
