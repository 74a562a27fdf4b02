import { StreamsError } from '../errors.ts'
import type { Appended, OutputBatch, ProducerSession } from '../log/log.ts'
import type { WriteAnswer } from './write-request.ts'

/** Hands one batch to the environment that holds its topic. */
export type AppendProduced = (
  batch: OutputBatch,
  producer: Pick<ProducerSession, 'producerId' | 'producerEpoch'>,
  baseSequence: number,
) => Promise<Appended>

/** One epoch of one producer. Batches are stored in the order of the calls, whether or not each is awaited. */
export class EmbeddedProducerSession implements ProducerSession {
  readonly producerId: number
  readonly producerEpoch: number
  private readonly appendProduced: AppendProduced
  private closed = false

  constructor({ producerId, producerEpoch }: WriteAnswer<'open-producer'>, appendProduced: AppendProduced) {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.appendProduced = appendProduced
  }

  async append(batch: OutputBatch, baseSequence: number): Promise<Appended> {
    if (this.closed) {
      throw new StreamsError('SESSION_CLOSED', 'stop', 'the producer session is closed; open a new one', batch)
    }
    return this.appendProduced(batch, this, baseSequence)
  }

  async close(): Promise<void> {
    this.closed = true
  }
}
