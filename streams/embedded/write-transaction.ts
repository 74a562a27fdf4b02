import { adoptProducer, appendProduced, putBatch } from './batch-append.ts'
import { commitGroup, createTopics, openProducer } from './catalog.ts'
import { type Store, usedBytes } from './environment.ts'
import type { GatedStore } from './gated-store.ts'
import { versionKey } from './log-keys.ts'
import { decodeCount, encodeCount } from './log-values.ts'
import { emptyPages, fillPages, renewPages } from './page-fillers.ts'
import { type Refusal, Refused } from './refusal.ts'
import { retain } from './retention.ts'
import { closeTask, commitTask, openTask } from './task-commit.ts'
import type { BatchToAppend, WriteAnswer, WriteRequest } from './write-request.ts'

/** What became of one request of a transaction. */
export type WriteOutcome = { readonly answer: WriteAnswer } | { readonly refusal: Refusal }

/**
 * Applies all requests in order in one transaction and syncs it: when this returns, every answer is on the disk and
 * visible. A refused request leaves nothing, the others stand.
 * @throws Error of the storage: then nothing of any request is known to be stored, and the environment must not be
 * written by this process again.
 */
export function writeTogether(
  environment: GatedStore<Uint8Array, Uint8Array>,
  requests: readonly WriteRequest[],
  bytesMax: number,
): WriteOutcome[] {
  const store = environment.root
  // Asked before the transaction: the figure is that of the last commit.
  let bytesLeft = bytesMax - usedBytes(store)
  return environment.write(() => {
    let appended = false
    const outcomes = requests.map((request) => {
      try {
        bytesLeft -= requireRoom(request, bytesLeft, bytesMax)
        const answer = apply(store, request)
        appended ||= batchesOf(request).length > 0
        return { answer }
      } catch (error) {
        if (error instanceof Refused) return { refusal: error.refusal }
        throw error
      }
    })
    if (appended) store.putSync(versionKey, encodeCount(decodeCount(store.getBinary(versionKey)) + 1))
    return outcomes
  })
}

function apply(store: Store, request: WriteRequest): WriteAnswer {
  switch (request.kind) {
    case 'append':
      return appendProduced(store, request)
    case 'append-together':
      return request.batches.map((batch) => putBatch(store, batch, request.nowMs))
    case 'commit-task':
      return commitTask(store, request)
    case 'commit-group':
      return commitGroup(store, request)
    case 'open-task':
      return openTask(store, request)
    case 'close-task':
      return closeTask(store, request)
    case 'open-producer':
      return openProducer(store, request)
    case 'adopt-producer':
      return adoptProducer(store, request)
    case 'create-topics':
      return createTopics(store, request)
    case 'fill-pages':
      return fillPages(store, request)
    case 'renew-pages':
      return renewPages(store, request)
    case 'empty-pages':
      return emptyPages(store, request)
    case 'retain':
      return retain(store, request)
  }
}

/** The bytes that the request's batches take. */
function requireRoom(request: WriteRequest, bytesLeft: number, bytesMax: number): number {
  const batches = batchesOf(request)
  const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
  const [first] = batches
  if (first === undefined || bytes <= bytesLeft) return bytes
  throw new Refused(
    'LOG_FULL',
    'stop',
    `the log holds all of the ${bytesMax} bytes that its setting bytesMax gives this part of it: raise bytesMax, or ` +
      'lower the retention of its topics; nothing stored',
    { topic: first.topic, partition: first.partition },
  )
}

/** What a request appends. */
export function batchesOf(request: WriteRequest): readonly BatchToAppend[] {
  if (request.kind === 'append') return [request.batch]
  if (request.kind === 'append-together') return request.batches
  return request.kind === 'commit-task' ? request.outputs : []
}
