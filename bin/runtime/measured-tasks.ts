import type { MeasuredTask } from '../../platform/metrics.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import type { Task } from '../../streams/task/task.ts'
import { storeFills } from './store-fills.ts'

/** The tasks that there are at the moment, as metrics read them; gone over anew at each scrape. */
export function measuredTasks(tasksNow: () => readonly Task<PaymentStores>[]): Iterable<MeasuredTask> {
  return {
    *[Symbol.iterator]() {
      for (const { input, counters, lifeState, stores } of tasksNow()) {
        yield {
          taskId: `0_${input.partition}`,
          counters,
          running: lifeState === 'RUNNING',
          fills: storeFills(stores),
        }
      }
    },
  }
}
