import type { Log, OutputBatch, ProducerSession } from '../streams/log/log.ts'

/** Appends batches one after the other, by a producer's session that is opened anew after an error. */
export class RecordAppender {
  private readonly log: Pick<Log, 'openProducer'>
  private session: ProducerSession | null = null
  /** Records so far, by partition of this session. */
  private readonly sequences = new Map<string, number>()
  private last: Promise<unknown> = Promise.resolve()

  constructor(log: Pick<Log, 'openProducer'>) {
    this.log = log
  }

  /** Resolves with its first offset once the log has it; after a rejection it may have it or not. @throws StreamsError */
  append(batch: OutputBatch): Promise<number> {
    const appended = this.last.then(() => this.appendNext(batch))
    this.last = appended.catch(() => {})
    return appended
  }

  async close(): Promise<void> {
    await this.last
    await this.end()
  }

  private async appendNext(batch: OutputBatch): Promise<number> {
    const at = `${batch.topic}-${batch.partition}`
    try {
      this.session ??= await this.log.openProducer(null)
      const sequence = this.sequences.get(at) ?? 0
      const { baseOffset } = await this.session.append(batch, sequence)
      this.sequences.set(at, sequence + batch.recordCount)
      return baseOffset
    } catch (error) {
      await this.end()
      throw error
    }
  }

  private async end(): Promise<void> {
    const { session } = this
    this.session = null
    this.sequences.clear()
    // What broke it is told already.
    await session?.close().catch(() => {})
  }
}
