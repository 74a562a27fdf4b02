import * as layout from '../record/batch-layout.ts'
import type { Store } from './environment.ts'
import { batchKey, partitionKey } from './log-keys.ts'
import { decodePartitionState, encodePartitionState, type PartitionState } from './log-values.ts'
import type { PartitionRetention, WriteAnswer, WriteRequest } from './write-request.ts'

/** Drops the oldest whole batches past their time or over the partition's bytes, at most `batchesMax` of them. */
export function retain(store: Store, { partitions, nowMs, batchesMax }: WriteRequest<'retain'>): WriteAnswer<'retain'> {
  let batchesDropped = 0
  let bytesDropped = 0
  for (const rule of partitions) {
    const key = partitionKey(rule.topicId, rule.partition)
    const state = decodePartitionState(store.getBinary(key))
    const bytesBefore = state.bytes
    let dropped = 0
    while (batchesDropped + dropped < batchesMax && dropOldest(store, rule, state, nowMs)) dropped++
    if (dropped > 0) store.putSync(key, encodePartitionState(state))
    batchesDropped += dropped
    bytesDropped += bytesBefore - state.bytes
  }
  return { batchesDropped, bytesDropped, more: batchesDropped >= batchesMax }
}

/** Drops the oldest batch and moves `state` past it, or says that it stays. */
function dropOldest(store: Store, rule: PartitionRetention, state: PartitionState, nowMs: number): boolean {
  if (state.startOffset >= state.nextOffset) return false
  const key = batchKey(rule.topicId, rule.partition, state.startOffset)
  const bytes = store.getBinary(key)
  if (bytes === undefined) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const nextOffset = state.startOffset + view.getInt32(layout.LAST_OFFSET_DELTA) + 1
  const appendMs = layout.getInt64(view, layout.MAX_TIMESTAMP)
  const old = rule.retentionMs >= 0 && appendMs < nowMs - rule.retentionMs
  const large = rule.retentionBytes >= 0 && state.bytes > rule.retentionBytes
  if (nextOffset > rule.keepFrom || !(old || large)) return false
  store.removeSync(key)
  state.startOffset = nextOffset
  state.bytes -= bytes.length
  return true
}
