import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { embeddedRepeats } from '../../bin/runtime/archive/repeat-counter.ts'
import { measureArchivedRepeats } from '../../platform/archive-metrics.ts'
import { testConfig } from '../bin/decided-folder.ts'
import { temporaryFolder } from '../bin/sluice-process.ts'
import { ErasedFolder, type Person } from '../faults/erased-folder.ts'

const HOUR_MS = 3_600_000
const PERSON: Person = {
  account: 'ACC-1',
  card: '4111111111111111',
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  ip: '192.0.2.7',
  device: 'device-1',
}

test('SPEC D5: an id of two senders, or that comes again past the horizon, is two payments; the archive counts them and the metrics tell', async () => {
  const path = temporaryFolder()
  const nowMs = Date.now()
  const folder = await ErasedFolder.open(path, { nowMs: () => nowMs })
  onTestFinished(() => folder.close())
  const counter = embeddedRepeats(testConfig(path))
  const registry = new Registry()
  measureArchivedRepeats(registry, () => counter.counted)
  await expect(counter.count()).rejects.toMatchObject({ code: 'ARCHIVE_MISSING' })
  expect(await registry.metrics()).toMatch(/^sluice_archive_repeated_ids 0$/m)

  const eventTime = nowMs - 3 * HOUR_MS
  await folder.pay(PERSON, { transactionId: 'tx-once', eventTime })
  await folder.pay(PERSON, { transactionId: 'tx-shared', eventTime })
  // Caught by the chain: no payment.
  await folder.pay(PERSON, { transactionId: 'tx-shared', eventTime })
  // Of another partition, which is what the chain does not see.
  await folder.pay({ ...PERSON, account: 'ACC-OTHER' }, { transactionId: 'tx-shared', eventTime })
  await folder.pay(PERSON, { transactionId: 'tx-later', eventTime: eventTime + 2 * HOUR_MS })
  await folder.pay(PERSON, { transactionId: 'tx-once', eventTime: eventTime + 2 * HOUR_MS })
  await folder.whileDeciding()
  await folder.archive()
  await counter.count()
  expect(counter.counted).toEqual({ repeatedIds: 2, doubledRows: 0 })
  expect(await registry.metrics()).toMatch(/^sluice_archive_repeated_ids 2$/m)
}, 60_000)
