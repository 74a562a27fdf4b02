import { StreamsError } from '../errors.ts'
import type { CommittedOffset, OutputBatch, TaskSession, TopicPartition } from '../log/log.ts'
import type { Identity, MemoryBroker } from './memory-broker.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/**
 * One owner of one task. The broker sees a transaction at its end alone, which decides it in one step; as in Kafka, what it
 * decides shows a moment later.
 */
export class MemoryTaskSession implements TaskSession {
  /** Tasks rest in it as where commits stand in a queue, so that whatever can happen meanwhile does. */
  readonly restMs = 1
  private readonly broker: MemoryBroker
  private readonly process: SimulatedProcess
  private readonly identity: Identity
  private readonly input: TopicPartition
  private open: { readonly batches: OutputBatch[]; next: CommittedOffset | null } | null = null
  private dead: StreamsError | null = null

  constructor(broker: MemoryBroker, process: SimulatedProcess, identity: Identity, input: TopicPartition) {
    this.broker = broker
    this.process = process
    this.identity = identity
    this.input = input
  }

  async committed(): Promise<CommittedOffset | null> {
    this.requireAlive()
    return this.process.request('committed', this.input, () => this.broker.committed(this.identity.id))
  }

  begin(): void {
    this.requireAlive()
    if (this.open !== null) throw this.misuse('begin while a transaction is open')
    this.open = { batches: [], next: null }
    this.process.inFlight.transactions++
  }

  async append(batches: readonly OutputBatch[]): Promise<void> {
    const open = this.requireOpen('append')
    while (this.broker.isEnding(this.identity.id)) await this.process.wait(1)
    await this.step('append', () => {
      // A repeat of the request leaves one copy: batches carry sequences in a real log.
      for (const batch of batches) if (!open.batches.includes(batch)) open.batches.push(batch)
    })
  }

  async sendOffset(next: CommittedOffset): Promise<void> {
    const open = this.requireOpen('sendOffset')
    await this.step('send-offset', () => {
      open.next = next
    })
  }

  async end(): Promise<void> {
    const { batches, next } = this.requireOpen('end')
    // The bytes are the caller's again once this call has settled, and a belated request arrives after that.
    const outputs = batches.map((batch) => ({ ...batch, bytes: batch.bytes.slice() }))
    let committed = false
    await this.step('end', () => {
      if (committed) return
      const { broker, process, identity } = this
      broker.endTask(identity, outputs, next, this.input)
      committed = true
      process.follow('end-markers', [() => broker.showOutputs(identity.id), () => broker.showOffset(identity.id)])
    })
    this.settle()
  }

  async abort(): Promise<void> {
    this.settle()
  }

  async close(): Promise<void> {
    this.settle()
    if (this.dead?.code === 'SESSION_CLOSED') return
    this.dead = new StreamsError('SESSION_CLOSED', 'stop', 'the task session is closed; open a new one', this.input)
    await this.process.request('close-task', this.input, () => {})
  }

  private async step(step: 'append' | 'send-offset' | 'end', effect: () => void): Promise<void> {
    try {
      await this.process.request(step, this.input, effect)
    } catch (error) {
      this.dead = error as StreamsError
      throw error
    }
  }

  private settle(): void {
    if (this.open !== null) this.process.inFlight.transactions--
    this.open = null
  }

  private requireAlive(): void {
    this.process.requireAlive()
    if (this.dead !== null) throw this.dead
  }

  private requireOpen(call: string) {
    this.requireAlive()
    if (this.open === null) throw this.misuse(`${call} without a transaction`)
    return this.open
  }

  private misuse(what: string): StreamsError {
    return new StreamsError('SESSION_MISUSED', 'stop', `${what}; this is a bug in Sluice`, this.input)
  }
}
