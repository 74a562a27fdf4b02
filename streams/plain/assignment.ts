import type { TopicPartition } from '../log/log.ts'
import type { AnyTopic } from './topic.ts'

/** What an assignment does with the partitions that it gives and takes. */
export interface AssignedTasks {
  /** Begins a partition's task. */
  readonly open: (input: TopicPartition) => void
  /** Drains, commits and closes a partition's task; resolves when nothing of it runs any more. */
  readonly close: (input: TopicPartition) => Promise<void>
}

/** Says which partitions' tasks run in this process. */
export interface Assignment {
  /** Whether it is known what this process owns, and that is open. */
  readonly settled: boolean
  /** Lives until `stop` was asked for and every task is closed. Rejects with what another try cannot cure. */
  run(): Promise<void>
  /** Closes every task, and ends. */
  stop(): void
}

/** Begins the sharing of these topics' partitions with other processes of the application. */
export type Assign = (topics: readonly AnyTopic[], tasks: AssignedTasks) => Assignment

/** The assignment of a process that shares with nobody: every partition is its own. */
export class EveryPartition implements Assignment {
  private readonly inputs: readonly TopicPartition[]
  private readonly tasks: AssignedTasks
  private readonly stopped = Promise.withResolvers<void>()
  private open = false

  constructor(topics: readonly AnyTopic[], tasks: AssignedTasks) {
    this.inputs = topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
    )
    this.tasks = tasks
  }

  get settled(): boolean {
    return this.open
  }

  async run(): Promise<void> {
    this.open = true
    for (const input of this.inputs) this.tasks.open(input)
    await this.stopped.promise
    await Promise.all(this.inputs.map((input) => this.tasks.close(input)))
  }

  stop(): void {
    this.open = false
    this.stopped.resolve()
  }
}
