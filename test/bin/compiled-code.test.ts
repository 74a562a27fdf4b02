import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sluice } from './sluice-process.ts'

// Goal: a checkout starts from what an earlier start has compiled.
const HOOK = `
import { getCompileCacheDir } from 'node:module'
process.on('exit', () => process.stderr.write('compiled code: ' + getCompileCacheDir()))`

test('start: what a checkout compiles is kept in its own folder', async () => {
  const told = { NODE_COMPILE_CACHE: '', NODE_OPTIONS: `--import data:text/javascript;base64,${btoa(HOOK)}` }
  const { code, stderr } = await sluice(['config'], told)
  expect(code, stderr).toBe(0)
  expect(stderr).toContain(`compiled code: ${join(import.meta.dirname, '../../.cache/compiled')}`)
})
