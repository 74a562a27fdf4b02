import { StreamsError } from '../errors.ts'
import type { FetchedBatches, LogReader, TopicPartition } from '../log/log.ts'
import * as layout from '../record/batch-layout.ts'
import type { Store } from './environment.ts'
import { batchKey, keyOffset, partitionKey, setKeyOffset } from './log-keys.ts'
import { decodePartitionState, type PartitionState } from './log-values.ts'
import type { TailWaiter, TailWatch } from './tail-watch.ts'

/** What a reader needs of the log that it belongs to. */
export interface ReaderSource {
  readonly store: Store
  readonly topicId: number
  readonly tail: TailWatch
  monotonicMs(): number
  /** Throws the error that stopped or closed the log. */
  requireOpen(): void
}

/** Room kept behind the batches: whoever decodes in place may look a few bytes past a field. */
const SLACK_BYTES = 64

/** Reads one partition batch by batch, by key: no cursor stays open, so no snapshot keeps old pages from reuse. */
export class PartitionReader implements LogReader {
  private readonly at: TopicPartition
  private readonly source: ReaderSource
  private readonly stateKey: Uint8Array
  private readonly key: Uint8Array
  private position: number
  /** Whether a batch begins exactly at the position. After a seek it may have to be looked for. */
  private aligned = false
  private closed = false
  private waiter: TailWaiter | null = null
  private buffer: Uint8Array = new Uint8Array(0)
  private view: DataView = new DataView(this.buffer.buffer)

  constructor(at: TopicPartition, offset: number, source: ReaderSource) {
    this.at = at
    this.position = offset
    this.source = source
    this.stateKey = partitionKey(source.topicId, at.partition)
    this.key = batchKey(source.topicId, at.partition, 0)
  }

  async fetch(maxBytes: number, waitMs: number): Promise<FetchedBatches> {
    this.source.requireOpen()
    this.source.store.resetReadTxn() // A read of the same turn may have fixed an older view.
    let state = this.requireInRange()
    if (this.position === state.nextOffset && waitMs > 0 && !this.closed) {
      await this.waitForBatch(waitMs)
      this.source.requireOpen()
      state = this.requireInRange()
    }
    const fetched = this.copyBatches(state, maxBytes)
    // Whoever works on the batches now may be busy for long; pages of this view must be free for reuse meanwhile.
    this.source.store.resetReadTxn()
    return fetched
  }

  seek(offset: number): void {
    this.position = offset
    this.aligned = false
  }

  close(): void {
    this.closed = true
    if (this.waiter !== null) this.source.tail.dismiss(this.waiter)
    this.buffer = new Uint8Array(0)
    this.view = new DataView(this.buffer.buffer)
  }

  private readState(): PartitionState {
    return decodePartitionState(this.source.store.getBinaryFast(this.stateKey))
  }

  private requireInRange(): PartitionState {
    const state = this.readState()
    if (this.position >= state.startOffset && this.position <= state.nextOffset) return state
    throw new StreamsError(
      'OFFSET_OUT_OF_RANGE',
      'stop',
      `the log holds offsets ${state.startOffset} to ${state.nextOffset}: decide where to go on, nothing was skipped`,
      { ...this.at, offset: this.position },
    )
  }

  private waitForBatch(waitMs: number): Promise<void> {
    const { tail, monotonicMs } = this.source
    return new Promise((resolve) => {
      this.waiter = {
        untilMs: monotonicMs() + waitMs,
        served: () => this.readState().nextOffset > this.position,
        done: resolve,
      }
      tail.add(this.waiter)
    })
  }

  private copyBatches(state: PartitionState, maxBytes: number): FetchedBatches {
    const { store } = this.source
    let offset = this.aligned || this.position === state.nextOffset ? this.position : this.batchHolding(this.position)
    let filled = 0
    while (offset < state.nextOffset) {
      setKeyOffset(this.key, offset)
      const batch = store.getBinaryFast(this.key)
      if (batch === undefined) throw this.missing(offset)
      const size = batch.length
      if (filled > 0 && filled + size > maxBytes) break
      this.reserve(filled, size)
      // The package lends one large buffer and shortens its `length` only, so the copy must say how much.
      this.buffer.set(batch.subarray(0, size), filled)
      offset += this.view.getInt32(filled + layout.LAST_OFFSET_DELTA) + 1
      filled += size
    }
    if (filled > 0) {
      this.position = offset
      this.aligned = true
    }
    return { bytes: this.buffer.subarray(0, filled), nextOffset: this.position, endOffset: state.nextOffset }
  }

  /** The base offset of the batch that holds `offset`, which is within bounds. */
  private batchHolding(offset: number): number {
    const { store, topicId } = this.source
    const start = batchKey(topicId, this.at.partition, offset)
    const end = start.subarray(0, 5)
    for (const key of store.getKeys({ start, end, reverse: true, limit: 1 })) return keyOffset(key)
    throw this.missing(offset)
  }

  private missing(offset: number): StreamsError {
    const place = { ...this.at, offset }
    return new StreamsError('LOG_CORRUPT', 'stop', 'no batch holds an offset that the log counts', place)
  }

  private reserve(filled: number, size: number): void {
    const needed = filled + size + SLACK_BYTES
    if (needed <= this.buffer.length) return
    const buffer = new Uint8Array(Math.max(needed, this.buffer.length * 2))
    buffer.set(this.buffer.subarray(0, filled))
    this.buffer = buffer
    this.view = new DataView(buffer.buffer)
  }
}
