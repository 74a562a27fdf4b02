/**
 * The thread that writes one environment. What arrives while a transaction is being synced goes together into the next
 * one, so tasks and producers of one process share a sync. It blocks while the disk does; the main thread never.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type EnvironmentSettings, openEnvironment } from './environment.ts'
import type { WriteRequest } from './write-request.ts'
import { batchesOf, type WriteOutcome, writeTogether } from './write-transaction.ts'

/** Bounds one transaction, so that the first request in it does not wait for many others' bytes. */
const BYTES_TOGETHER_MAX = 16 << 20
const REQUESTS_TOGETHER_MAX = 256

export interface QueuedWrite {
  readonly id: number
  readonly request: WriteRequest
}

/** Requests in order, or the end after those before it. */
export type WriterMessage = QueuedWrite[] | 'close'

/** One synced transaction, or the failure after which the thread writes nothing more. */
export type WrittenMessage =
  | { readonly ids: readonly number[]; readonly outcomes: readonly WriteOutcome[]; readonly syncMs: number }
  | { readonly failure: { readonly message: string; readonly code: unknown } }

function serve(port: MessagePort, settings: EnvironmentSettings): void {
  const environment = openEnvironment(settings)
  let failed = false
  const queue: QueuedWrite[] = []
  let closing = false

  port.on('message', (first: WriterMessage) => {
    take(first)
    takeWaiting()
    while (queue.length > 0) {
      const writes = queue.splice(0, countTogether())
      // After a failure LMDB must not be entered again, and a later sync that succeeds would prove nothing.
      if (!failed) write(writes)
      takeWaiting()
    }
    if (closing) void environment.close().then(() => port.close())
  })

  function take(message: WriterMessage): void {
    if (message === 'close') closing = true
    else queue.push(...message)
  }

  function takeWaiting(): void {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
      take(next.message)
  }

  /** How many of the queue go into one transaction: one at least. */
  function countTogether(): number {
    let bytes = 0
    for (const [at, { request }] of queue.entries()) {
      bytes += bytesOf(request)
      if (at === REQUESTS_TOGETHER_MAX || (at > 0 && bytes > BYTES_TOGETHER_MAX)) return at
    }
    return queue.length
  }

  function write(writes: readonly QueuedWrite[]): void {
    try {
      const beganMs = performance.now()
      const outcomes = writeTogether(
        environment,
        writes.map(({ request }) => request),
        settings.bytesMax,
      )
      const syncMs = performance.now() - beganMs
      port.postMessage({ ids: writes.map(({ id }) => id), outcomes, syncMs } satisfies WrittenMessage)
    } catch (error) {
      failed = true
      const message = error instanceof Error ? error.message : String(error)
      port.postMessage({ failure: { message, code: (error as { code?: unknown }).code } } satisfies WrittenMessage)
    }
  }
}

function bytesOf(request: WriteRequest): number {
  return batchesOf(request).reduce((sum, { bytes }) => sum + bytes.length, 0)
}

if (parentPort !== null) serve(parentPort, workerData as EnvironmentSettings)
