import type { Health } from '../../platform/health-server.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import type { TaskCounters } from '../../streams/task/task-counters.ts'
import type { TaskState } from '../../streams/task/task-state.ts'

interface HealthyTask {
  readonly input: TopicPartition
  readonly lifeState: TaskState
  readonly counters: TaskCounters
}

/**
 * A process that runs tasks is ready while every one of them processes: not while one restores, has been fenced or has stopped,
 * and not once the process was asked to end. `tasks` is null before they exist, `stopped` what stopped the log.
 */
export function tasksHealth(tasks: readonly HealthyTask[] | null, ending: boolean, stopped: Error | null): Health {
  const running = tasks?.every(({ lifeState }) => lifeState === 'RUNNING') ?? false
  return {
    ready: running && !ending && stopped === null,
    details: {
      ending,
      log: stopped?.message ?? 'open',
      tasks: (tasks ?? []).map(({ input, lifeState, counters }) => {
        return { partition: input.partition, state: lifeState, lag: counters.lag }
      }),
    },
  }
}
