import type { Health } from '../../platform/health-server.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import type { TaskCounters } from '../../streams/task/task-counters.ts'
import type { TaskState } from '../../streams/task/task-state.ts'

interface HealthyTask {
  readonly input: TopicPartition
  readonly lifeState: TaskState
  readonly counters: TaskCounters
}

/** What runs tasks, and whether all of them process: a pipeline, or a worker of a group. */
interface RunsTasks {
  readonly running: boolean
  readonly tasks: readonly HealthyTask[]
}

/**
 * A process that runs tasks is ready while every one of them processes: not while one restores, has been fenced or has stopped,
 * and not once the process was asked to end, or ends of itself. `runs` is null before there are tasks; `details` are told as well.
 */
export function tasksHealth(
  runs: RunsTasks | null,
  ending: boolean,
  details: Readonly<Record<string, unknown>>,
): Health {
  return {
    ready: runs?.running === true && !ending,
    details: {
      ending,
      ...details,
      tasks: (runs?.tasks ?? []).map(({ input, lifeState, counters }) => {
        return { partition: input.partition, state: lifeState, lag: counters.lag }
      }),
    },
  }
}
