import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../bin/sluice.ts', import.meta.url))

/** A new folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The program in a process of its own, as a user starts it without a terminal. */
export class SluiceProcess {
  stdout = ''
  stderr = ''
  readonly child: ChildProcess
  /** Resolves with the exit code when the process has ended and said everything. */
  readonly ended: Promise<number | null>

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, input: string | null = null) {
    const { PATH = '', HOME = '' } = process.env
    this.child = spawn(process.execPath, [PROGRAM, ...args], { env: { PATH, HOME, ...env } })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk
    })
    this.child.stdin?.end(input ?? undefined)
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
    onTestFinished(() => {
      this.child.kill('SIGKILL')
    })
  }

  /** Resolves when standard output has something that fits; rejects when the process ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let over = false
    void this.ended.then(() => {
      over = true
    })
    for (;;) {
      const match = pattern.exec(this.stdout)
      if (match !== null) return match
      if (over) throw new Error(`ended without ${pattern}; said ${this.stdout}\n${this.stderr}`)
      await new Promise((resolve) => {
        this.child.stdout?.once('data', resolve)
        this.child.once('close', resolve)
      })
    }
  }
}

/** Runs a command to its end. */
export async function sluice(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) {
  const started = new SluiceProcess(args, env, input ?? null)
  const code = await started.ended
  return { code, stdout: started.stdout, stderr: started.stderr }
}
