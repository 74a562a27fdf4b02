import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { StartedSluice } from '../support/started-sluice.ts'

/** A new folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The program in a process of its own that is gone when the test is. */
export class SluiceProcess extends StartedSluice {
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, input: string | null = null) {
    // An archiver beside every `up` would cost each test a second; those that are about it ask for it.
    super(args, { env: { SLUICE_ARCHIVE: 'no', ...env }, input })
    onTestFinished(() => {
      this.kill('SIGKILL')
    })
  }
}

/** Runs a command to its end. */
export async function sluice(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) {
  const started = new SluiceProcess(args, env, input ?? null)
  const code = await started.ended
  return { code, stdout: started.stdout, stderr: started.stderr }
}
