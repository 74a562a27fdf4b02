import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { EmbeddedOtpStore } from '../../otp/embedded-store.ts'
import type { OtpLimits } from '../../otp/limits.ts'

/** A folder that is gone when the test is. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-otp-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An embedded store that is closed when the test is over. */
export function openEmbeddedStore(
  folder: string,
  limits: OtpLimits,
  clock = { nowMs: () => Date.now() },
): EmbeddedOtpStore {
  const store = new EmbeddedOtpStore({ directory: join(folder, 'otp'), limits, clock })
  onTestFinished(() => store.close())
  return store
}

/** One that holds nothing. */
export function newEmbeddedStore(limits: OtpLimits): EmbeddedOtpStore {
  return openEmbeddedStore(newFolder(), limits)
}
