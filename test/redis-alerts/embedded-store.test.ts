import { expect, test } from 'vitest'
import { EmbeddedAlertStore } from '../../redis-alerts/embedded-store.ts'
import { alertStoreConformance, STREAM_MAX } from './store-conformance.ts'
import { alertOf, wholeStream } from './written-entries.ts'

const clock = { nowMs: () => Date.now() }

alertStoreConformance(
  async () => new EmbeddedAlertStore(clock, { accountsMax: 1_000, streamEntriesMax: STREAM_MAX }),
  100,
)

test('the embedded store holds no more accounts than its bound; the one written longest ago goes', async () => {
  const store = new EmbeddedAlertStore(clock, { accountsMax: 3, streamEntriesMax: 4 })
  await store.write([1, 2, 3, 4, 5, 1, 6].map((account, offset) => alertOf(offset, { account: `ACC_${account}` })))
  expect(await store.accounts()).toEqual(['ACC_5', 'ACC_1', 'ACC_6'])
  expect(await store.countOf('ACC_4')).toBeNull()
  expect(await wholeStream(store)).toHaveLength(4)
})
