import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FITTING } from './work-tree.ts'

const PROJECT = join(import.meta.dirname, '../..')
const patches = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.patch'))

// The whole of `npm run mutants` takes too long for every run; that a mutant still fits what it is to break does not.
test('mutants: each patch applies to this tree', () => {
  const refused = patches.filter((patch) => {
    return (
      spawnSync('git', ['apply', '--check', ...FITTING, join(import.meta.dirname, patch)], { cwd: PROJECT }).status !==
      0
    )
  })
  expect(refused).toEqual([])
  expect(patches.length).toBeGreaterThanOrEqual(20)
  process.stdout.write(`mutants: ${patches.length} patches apply\n`)
})
