import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Runs Python in the oracle's folder without leaving compiled files in the checkout. */
function python(...args: string[]): { status: number | null; output: string } {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }
  const run = spawnSync('python3', args, { cwd: folder, encoding: 'utf8', env })
  return { status: run.status, output: `${run.error?.message ?? ''}${run.stdout}${run.stderr}` }
}

describe('the oracle', () => {
  test('its own cases, worked out by hand from SPEC, hold', () => {
    const { status, output } = python('-m', 'unittest')
    expect(status, output).toBe(0)
    const ran = /^Ran (\d+) tests? in/m.exec(output)
    expect(Number(ran?.[1]), output).toBeGreaterThan(0)
  }, 60_000)

  test('a dump that cannot be read is exit code 2, never a pass', () => {
    const { status, output } = python('oracle.py', 'no-such-dump')
    expect(status, output).toBe(2)
    expect(output).toContain('cannot read the dump')
  })
})
