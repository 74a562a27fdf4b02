import type { CommittedOffset, TopicSettings } from '../log/log.ts'
import type { ProcessIdentity } from '../machine/process-birth.ts'

/** A partition as the embedded log stores it: by number, and by name for messages to people. */
export interface StoredPartition {
  readonly topicId: number
  readonly topic: string
  readonly partition: number
}

/** One finished batch on its way to the disk. `bytes` own their memory: they move to the writing thread. */
export interface BatchToAppend extends StoredPartition {
  readonly bytes: Uint8Array
  readonly recordCount: number
}

export interface TaskIdentity {
  readonly applicationId: string
  readonly input: StoredPartition
}

/** A stored topic: its settings, its number, and who writes it. */
export interface StoredTopic extends Required<TopicSettings> {
  readonly topicId: number
}

export interface PartitionRetention extends StoredPartition {
  readonly retentionMs: number
  readonly retentionBytes: number
  /** No batch that reaches to this offset or past it is dropped. */
  readonly keepFrom: number
}

/** Everything that is ever written, one kind each, with what it answers. Each is applied whole or not at all. */
export interface WriteRequests {
  readonly append: {
    readonly request: {
      readonly batch: BatchToAppend
      readonly producerId: number
      readonly producerEpoch: number
      readonly baseSequence: number
      readonly nowMs: number
    }
    readonly answer: { readonly baseOffset: number; readonly appendTimeMs: number; readonly repeated: boolean }
  }
  /** Batches of several partitions, all or none; no producer's sequence guards them. */
  readonly 'append-together': {
    readonly request: { readonly batches: readonly BatchToAppend[]; readonly nowMs: number }
    readonly answer: readonly { readonly baseOffset: number; readonly appendTimeMs: number }[]
  }
  readonly 'open-task': {
    readonly request: TaskIdentity & { readonly process: ProcessIdentity }
    readonly answer: { readonly epoch: number }
  }
  readonly 'commit-task': {
    readonly request: TaskIdentity & {
      readonly epoch: number
      readonly outputs: readonly BatchToAppend[]
      readonly next: CommittedOffset | null
      readonly nowMs: number
    }
    readonly answer: null
  }
  readonly 'close-task': { readonly request: TaskIdentity & { readonly epoch: number }; readonly answer: null }
  readonly 'open-producer': {
    readonly request: { readonly name: string | null }
    readonly answer: { readonly producerId: number; readonly producerEpoch: number }
  }
  readonly 'adopt-producer': {
    readonly request: { readonly producerId: number; readonly producerEpoch: number }
    readonly answer: null
  }
  readonly 'commit-group': {
    readonly request: { readonly groupId: string; readonly at: StoredPartition; readonly next: CommittedOffset }
    readonly answer: null
  }
  readonly 'create-topics': {
    readonly request: { readonly topics: readonly Required<TopicSettings>[] }
    readonly answer: null
  }
  /** Puts values of a page each, so that they take free pages; `empty-pages` removes them. */
  readonly 'fill-pages': {
    readonly request: { readonly from: number; readonly pages: number; readonly valueBytes: number }
    readonly answer: null
  }
  /** Writes the pages anew that hold values from a key on; `next` is where to go on, null at the end. */
  readonly 'renew-pages': {
    readonly request: { readonly from: Uint8Array; readonly valuesMax: number }
    readonly answer: { readonly next: Uint8Array | null }
  }
  readonly 'empty-pages': {
    readonly request: { readonly pagesMax: number }
    readonly answer: { readonly more: boolean }
  }
  readonly retain: {
    readonly request: {
      readonly partitions: readonly PartitionRetention[]
      readonly nowMs: number
      readonly batchesMax: number
    }
    readonly answer: { readonly batchesDropped: number; readonly bytesDropped: number; readonly more: boolean }
  }
}

export type WriteKind = keyof WriteRequests
export type WriteRequest<K extends WriteKind = WriteKind> = {
  [Kind in K]: { readonly kind: Kind } & WriteRequests[Kind]['request']
}[K]
export type WriteAnswer<K extends WriteKind = WriteKind> = WriteRequests[K]['answer']
