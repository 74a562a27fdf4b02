import type { TopicPartition } from '../log/log.ts'

/** Sequences count a producer's records in a partition, and begin at 0 again after 2^31 - 1. */
const SEQUENCES = 2 ** 31

/** The next sequence of each output partition in one producer epoch. */
export class OutputSequences {
  private readonly next = new Map<string, number>()

  /** The base sequence of a batch; the next batch there follows it. */
  take({ topic, partition }: TopicPartition, recordCount: number): number {
    const name = `${topic}-${partition}`
    const base = this.next.get(name) ?? 0
    this.next.set(name, (base + recordCount) % SEQUENCES)
    return base
  }

  /** A new epoch counts from 0. */
  reset(): void {
    this.next.clear()
  }
}
