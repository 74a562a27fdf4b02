import { strict as assert } from 'node:assert'
import type { ClusterSession } from '../../../bin/runtime/cluster-session.ts'
import { recompute, stateWithin } from '../../../bin/runtime/recomputation.ts'
import { checkpointFiles, INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import type { PaymentStores } from '../../../processors/stores/payment-stores.ts'
import type { BatchProcessor } from '../../../streams/task/batch-processor.ts'
import { settledDigest } from '../chain.ts'

interface Audited {
  readonly session: ClusterSession
  readonly processor: BatchProcessor<PaymentStores>
}

/**
 * SPEC X4: each checkpoint of the folder is believed, and its state is the fold of the input up to its offset.
 * Returns how many were compared.
 */
export async function auditCheckpoints({ session, processor }: Audited): Promise<number> {
  let compared = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const { name, nextOffset } of await checkpointFiles(session).list(INPUT_TOPIC, partition)) {
      const kept = await stateWithin(session, processor, partition, nextOffset, 'newest')
      assert.equal(kept.offset, nextOffset, `${name} is not believed`)
      const folded = { stores: processor.topology.createStores(partition), offset: 0 }
      for await (const _stretch of recompute(session, processor, partition, folded, nextOffset));
      assert.equal(settledDigest(kept.stores), settledDigest(folded.stores), `${name}: its state is not the fold`)
      compared++
    }
  }
  return compared
}
