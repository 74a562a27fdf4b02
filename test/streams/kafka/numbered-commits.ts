import { setTimeout as pause } from 'node:timers/promises'
import { StreamsError } from '../../../streams/errors.ts'
import type { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import type { LogReader, TaskSession, TopicPartition } from '../../../streams/log/log.ts'
import { batchOf, recordsIn } from '../log/text-records.ts'

/** As a task waits before its next session: brokers that are asked without a pause do not recover. */
const BACKOFF_MS = 100

/** What a commit writes and covers: the record `n` stands for the input offset n. */
export interface NumberedTask {
  readonly applicationId: string
  readonly input: TopicPartition
  readonly output: TopicPartition
}

/**
 * Commits the numbers 0, 1, 2 and so on, each in a transaction of its own with the offset after it, until `stop`. As a task does
 * it (SPEC X2): after an error that says so, a new session goes on from the committed offset. Any other error is a failure.
 */
export class NumberedCommits {
  /** How many were acknowledged. */
  acknowledged = 0
  readonly done: Promise<void>
  /** What ended the commits before anybody asked; stays open while they go on. Whoever waits for their outputs waits for this too. */
  readonly failed: Promise<never>
  private readonly log: KafkaLog
  private readonly task: NumberedTask
  private stopping = false

  constructor(log: KafkaLog, task: NumberedTask) {
    this.log = log
    this.task = task
    this.done = this.run()
    this.failed = this.done.then(() => new Promise<never>(() => {}))
    // Until somebody waits for them a failure must not end the process.
    this.done.catch(() => {})
    this.failed.catch(() => {})
  }

  /** Resolves with the committed offset once nothing is under way. */
  async stop(): Promise<number> {
    this.stopping = true
    await this.done
    const session = await this.log.openTask(this.task.applicationId, this.task.input)
    const committed = await session.committed()
    await session.close()
    return committed?.offset ?? 0
  }

  private async run(): Promise<void> {
    const { applicationId, input } = this.task
    while (!this.stopping) {
      let session: TaskSession | null = null
      try {
        session = await this.log.openTask(applicationId, input)
        await this.commitAll(session)
      } catch (error) {
        const survivable = error instanceof StreamsError && (error.next === 'abort' || error.next === 'retry')
        if (!survivable) throw error
        await pause(BACKOFF_MS)
      } finally {
        await session?.close()
      }
    }
  }

  private async commitAll(session: TaskSession): Promise<void> {
    const { output } = this.task
    let offset = (await session.committed())?.offset ?? 0
    while (!this.stopping) {
      session.begin()
      await session.append([batchOf(output, [String(offset)])])
      await session.sendOffset({ offset: offset + 1, metadata: '' })
      await session.end()
      offset++
      this.acknowledged++
    }
  }
}

/**
 * Reads on until `count` records are in `texts`, asking again where nobody served the partition for a while, as a task does. A closed
 * reader answers at once and for ever with nothing: the turn that is left to others lets a test end whose log is closed under it.
 */
export async function follow(reader: LogReader, texts: string[], count: number): Promise<void> {
  while (texts.length < count) {
    try {
      const { bytes } = await reader.fetch(1 << 20, 1_000)
      texts.push(...recordsIn(bytes).map(({ text }) => text))
      if (bytes.length === 0) await pause(10, undefined, { ref: false })
    } catch (error) {
      if (!(error instanceof StreamsError) || error.next !== 'retry') throw error
    }
  }
}

/** `0`, `1` and so on: what stands in the output when nothing was lost, doubled or turned around. */
export const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n))
