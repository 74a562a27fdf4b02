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

/** One synced transaction, or the failure after which the thread writes nothing more. */
export type WrittenMessage =
  | { readonly ids: readonly number[]; readonly outcomes: readonly WriteOutcome[]; readonly syncMs: number }
  | { readonly failure: { readonly message: string; readonly code: unknown } }

function serve(port: MessagePort, settings: EnvironmentSettings): void {
  const environment = openEnvironment(settings)
  let failed = false

  port.on('message', (first: QueuedWrite | 'close') => {
    let message: QueuedWrite | 'close' | undefined = first
    while (message !== undefined && message !== 'close') message = writeBatchOf(message)
    if (message === 'close') void environment.close().then(() => port.close())
  })

  /** Writes `first` and what waits behind it; returns the message that no longer fitted. */
  function writeBatchOf(first: QueuedWrite): QueuedWrite | 'close' | undefined {
    const writes = [first]
    let bytes = bytesOf(first.request)
    let message = nextMessage()
    while (message !== undefined && message !== 'close' && writes.length < REQUESTS_TOGETHER_MAX) {
      bytes += bytesOf(message.request)
      if (bytes > BYTES_TOGETHER_MAX) break
      writes.push(message)
      message = nextMessage()
    }
    // After a failure LMDB must not be entered again, and a later sync that succeeds would prove nothing.
    if (!failed) write(writes)
    return message
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

  function nextMessage(): QueuedWrite | 'close' | undefined {
    return receiveMessageOnPort(port)?.message as QueuedWrite | 'close' | undefined
  }
}

function bytesOf(request: WriteRequest): number {
  return batchesOf(request).reduce((sum, { bytes }) => sum + bytes.length, 0)
}

if (parentPort !== null) serve(parentPort, workerData as EnvironmentSettings)
