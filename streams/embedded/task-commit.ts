import type { CommittedOffset } from '../log/log.ts'
import { isAlive, type ProcessIdentity } from '../machine/process-birth.ts'
import { putBatch } from './batch-append.ts'
import type { Store } from './environment.ts'
import { namedPartitionKey } from './log-keys.ts'
import { decodeJson, encodeJson } from './log-values.ts'
import { Refused } from './refusal.ts'
import type { TaskIdentity, WriteAnswer, WriteRequest } from './write-request.ts'

/** Who owns a task. The epoch only grows; a commit of a former one is refused. */
interface TaskOwner {
  readonly epoch: number
  /** Null once the owner has closed. */
  readonly process: ProcessIdentity | null
}

/** Takes the task over from nobody or from a dead process. A living owner, this process included, keeps it. */
export function openTask(store: Store, request: WriteRequest<'open-task'>): WriteAnswer<'open-task'> {
  const owner = readOwner(store, request)
  if (owner?.process && isAlive(owner.process)) {
    throw new Refused(
      'OWNER_ALIVE',
      'fenced',
      `task of ${request.applicationId} is owned by process ${owner.process.pid}, which runs; ` +
        'stop that one first, or leave the partition to it',
      request.input,
    )
  }
  const epoch = (owner?.epoch ?? 0) + 1
  writeOwner(store, request, { epoch, process: request.process })
  return { epoch }
}

/** Outputs and offset, if the epoch is still the owner's. */
export function commitTask(store: Store, request: WriteRequest<'commit-task'>): null {
  const owner = readOwner(store, request)
  if (owner?.epoch !== request.epoch || owner.process === null) {
    throw new Refused(
      'TASK_FENCED',
      'fenced',
      `task of ${request.applicationId} has another owner (epoch ${owner?.epoch ?? 0}, this one has ` +
        `${request.epoch}); nothing committed, this task must stop`,
      request.input,
    )
  }
  for (const batch of request.outputs) putBatch(store, batch, request.nowMs)
  if (request.next !== null) store.putSync(offsetKey(request), encodeJson(request.next))
  return null
}

/** Gives the task up, so that the next owner need not wait for this process to end. */
export function closeTask(store: Store, request: WriteRequest<'close-task'>): null {
  const owner = readOwner(store, request)
  if (owner?.epoch === request.epoch) writeOwner(store, request, { epoch: owner.epoch, process: null })
  return null
}

export function readTaskOffset(store: Store, task: TaskIdentity): CommittedOffset | null {
  return decodeJson<CommittedOffset>(store.getBinary(offsetKey(task)))
}

/** The process that owns the task and runs, or null. */
export function readLivingOwner(store: Store, task: TaskIdentity): ProcessIdentity | null {
  const owner = readOwner(store, task)?.process ?? null
  return owner !== null && isAlive(owner) ? owner : null
}

function offsetKey({ applicationId, input }: TaskIdentity): Uint8Array {
  return namedPartitionKey('task', applicationId, input.topicId, input.partition)
}

function ownerKey({ applicationId, input }: TaskIdentity): Uint8Array {
  return namedPartitionKey('owner', applicationId, input.topicId, input.partition)
}

function readOwner(store: Store, task: TaskIdentity): TaskOwner | null {
  return decodeJson<TaskOwner>(store.getBinary(ownerKey(task)))
}

function writeOwner(store: Store, task: TaskIdentity, owner: TaskOwner): void {
  store.putSync(ownerKey(task), encodeJson(owner))
}
