import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder, openEmbeddedStore } from './embedded-folder.ts'
import { otpStoreConformance, TEST_LIMITS } from './store-conformance.ts'

const clock = { ms: 1_700_000_000_000, nowMs: () => clock.ms }

otpStoreConformance({
  open: async (limits) => {
    const folder = newFolder()
    return [openEmbeddedStore(folder, limits, clock), openEmbeddedStore(folder, limits, clock)]
  },
  pass: async (ms) => {
    clock.ms += ms
  },
  scale: 1,
})

test('the embedded store can be read by its owner alone', () => {
  const folder = newFolder()
  openEmbeddedStore(folder, TEST_LIMITS)
  expect(statSync(join(folder, 'otp')).mode & 0o077).toBe(0)
})
