import { Worker } from 'node:worker_threads'
import { StreamsError } from '../errors.ts'
import type { EnvironmentSettings } from './environment.ts'
import { toStreamsError } from './refusal.ts'
import { storageStopped } from './storage-error.ts'
import type { WriteAnswer, WriteKind, WriteRequest } from './write-request.ts'
import type { QueuedWrite, WriterMessage, WrittenMessage } from './writing-thread.ts'

// The package is run from its sources, and published as JavaScript.
const THREAD = new URL(import.meta.url.endsWith('.ts') ? './writing-thread.ts' : './writing-thread.js', import.meta.url)

interface Waiting {
  resolve(answer: WriteAnswer): void
  reject(error: StreamsError): void
}

/** The main thread's end of a writing thread, which starts with the first request. */
export class EnvironmentWriter {
  /** Transactions that were synced, and requests that they carried. */
  syncs = 0
  requests = 0
  private readonly settings: EnvironmentSettings
  private readonly onStopped: (error: StreamsError) => void
  private readonly onWritten: (syncMs: number) => void
  private readonly waiting = new Map<number, Waiting>()
  private worker: Worker | null = null
  /** Resolves when the thread has ended, by itself or because it was asked to. */
  private exited: Promise<unknown> = Promise.resolve()
  private stopped: StreamsError | null = null
  private nextId = 0
  /** What was asked for in this turn: a message to a thread costs the same whether it carries one request or twelve. */
  private outbox: QueuedWrite[] = []
  private memory: ArrayBuffer[] = []
  /** What the thread has said in this turn. */
  private inbox: WrittenMessage[] = []

  /** `onWritten` runs after each synced transaction, which took `syncMs`, before its requests are answered. */
  constructor(
    settings: EnvironmentSettings,
    onWritten: (syncMs: number) => void,
    onStopped: (error: StreamsError) => void,
  ) {
    this.settings = settings
    this.onWritten = onWritten
    this.onStopped = onStopped
  }

  /**
   * Resolves when the request is on the disk and visible. `memory` moves to the thread.
   * @throws StreamsError: the refusal, or the error that stopped the log.
   */
  write<K extends WriteKind>(request: WriteRequest<K>, memory: readonly ArrayBuffer[] = []): Promise<WriteAnswer<K>> {
    if (this.stopped !== null) return Promise.reject(this.stopped)
    this.worker ??= this.start()
    const id = this.nextId++
    // Those that ask behind one another have been queued before this; who works on meanwhile is queued behind it.
    if (this.outbox.length === 0) queueMicrotask(() => this.post())
    this.outbox.push({ id, request: request as WriteRequest })
    this.memory.push(...memory)
    // While something is to be acknowledged the process stays.
    if (this.waiting.size === 0) this.worker.ref()
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
    })
  }

  /** Ends the thread after what was sent before. */
  async close(): Promise<void> {
    const { worker } = this
    this.stopped ??= new StreamsError('LOG_CLOSED', 'stop', 'the log is closed; open it again')
    if (worker === null) return
    worker.ref()
    this.post()
    worker.postMessage('close' satisfies WriterMessage)
    await this.exited
  }

  private post(): void {
    if (this.outbox.length === 0) return
    const [writes, memory] = [this.outbox, this.memory]
    this.outbox = []
    this.memory = []
    this.worker?.postMessage(writes satisfies WriterMessage, memory)
  }

  private start(): Worker {
    const worker = new Worker(THREAD, { workerData: this.settings })
    this.exited = new Promise((resolve) => worker.once('exit', resolve))
    // A port hands on up to a thousand messages in one turn of the event loop if there is always one more, and there is when those who
    // were answered work for longer than the thread needs for the next: checkpoints, signals and health would wait for minutes.
    worker.on('message', (message: WrittenMessage) => {
      if (this.inbox.push(message) === 1) setImmediate(() => this.take())
    })
    worker.on('error', (error) => this.stop(storageStopped(this.settings.directory, error)))
    worker.on('exit', () => this.stop(new StreamsError('LOG_CLOSED', 'stop', 'the log is closed; open it again')))
    return worker
  }

  private take(): void {
    const said = this.inbox
    this.inbox = []
    for (const message of said) {
      if ('failure' in message) {
        const { message: text, code } = message.failure
        this.stop(storageStopped(this.settings.directory, Object.assign(new Error(text), { code })))
      } else {
        this.settle(message)
      }
    }
  }

  private settle({ ids, outcomes, syncMs }: Extract<WrittenMessage, { ids: unknown }>): void {
    this.syncs++
    this.requests += ids.length
    this.onWritten(syncMs)
    ids.forEach((id, at) => {
      const waiting = this.waiting.get(id)
      const outcome = outcomes[at]
      this.waiting.delete(id)
      if (waiting === undefined || outcome === undefined) return
      if ('refusal' in outcome) waiting.reject(toStreamsError(outcome.refusal))
      else waiting.resolve(outcome.answer)
    })
    if (this.waiting.size === 0) this.worker?.unref()
  }

  private stop(error: StreamsError): void {
    this.take()
    const closing = this.stopped !== null
    this.stopped ??= error
    for (const { reject } of this.waiting.values()) reject(this.stopped)
    this.waiting.clear()
    this.worker?.unref()
    if (!closing) this.onStopped(this.stopped)
  }
}
