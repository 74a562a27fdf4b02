import type { FetchedBatches, LogReader, TopicPartition } from '../log/log.ts'
import type { MemoryBroker } from './memory-broker.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** A position in one partition of a log in memory. */
export class MemoryReader implements LogReader {
  private readonly broker: MemoryBroker
  private readonly process: SimulatedProcess
  private readonly at: TopicPartition
  private position: number
  private closed = false
  private wake: (() => void) | null = null

  constructor(broker: MemoryBroker, process: SimulatedProcess, at: TopicPartition, offset: number) {
    this.broker = broker
    this.process = process
    this.at = at
    this.position = offset
  }

  async fetch(maxBytes: number, waitMs: number): Promise<FetchedBatches> {
    const { at, broker } = this
    await this.process.request('fetch', at, () => broker.read(at, this.position, 1))
    if (this.position === broker.bounds(at).endOffset && waitMs > 0 && !this.closed) await this.waitForBatch(waitMs)
    this.process.requireAlive()
    const batches = broker.read(at, this.position, maxBytes)
    const { endOffset } = broker.bounds(at)
    // Behind the last batch there is nothing, or what no reader sees.
    this.position = batches.at(-1)?.nextOffset ?? endOffset
    return { bytes: Buffer.concat(batches.map(({ bytes }) => bytes)), nextOffset: this.position, endOffset }
  }

  seek(offset: number): void {
    this.position = offset
  }

  close(): void {
    this.closed = true
    this.wake?.()
  }

  private async waitForBatch(waitMs: number): Promise<void> {
    let forget = () => {}
    const arrived = new Promise<void>((resolve) => {
      this.wake = resolve
      forget = this.broker.watch(this.at, resolve)
    })
    // A crash ends the wait as well, and the caller looks at that.
    await Promise.race([arrived, this.process.wait(waitMs).catch(() => {})])
    forget()
    this.wake = null
  }
}
