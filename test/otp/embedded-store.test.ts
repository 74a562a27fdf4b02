import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EmbeddedOtpStore } from '../../otp/embedded-store.ts'
import type { OtpLimits } from '../../otp/limits.ts'
import { otpStoreConformance, TEST_LIMITS } from './store-conformance.ts'

const clock = { ms: 1_700_000_000_000, nowMs: () => clock.ms }

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-otp-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function openIn(folder: string, limits: OtpLimits): EmbeddedOtpStore {
  const store = new EmbeddedOtpStore({ directory: join(folder, 'otp'), limits, clock })
  onTestFinished(() => store.close())
  return store
}

otpStoreConformance({
  open: async (limits) => {
    const folder = newFolder()
    return [openIn(folder, limits), openIn(folder, limits)]
  },
  pass: async (ms) => {
    clock.ms += ms
  },
})

test('the embedded store can be read by its owner alone', async () => {
  const folder = newFolder()
  openIn(folder, TEST_LIMITS)
  expect(statSync(join(folder, 'otp')).mode & 0o077).toBe(0)
})
