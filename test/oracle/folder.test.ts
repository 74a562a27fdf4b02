import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pipelineFolder } from '../bin/decided-folder.ts'
import { temporaryFolder } from '../bin/sluice-process.ts'
import { dumpFolder } from './dump-folder.ts'

// Goal: what the whole pipeline writes, from the masking producer over twelve tasks to the log on the disk, is what the second
// specification says; the other oracle tests ask the chain alone.
const RECORDS = 20_000

test('SPEC X1: the log of a pipeline holds what the oracle recomputes from its input', async () => {
  const session = await pipelineFolder(temporaryFolder(), RECORDS)
  const dump = temporaryFolder()
  await dumpFolder(session, dump)
  await session.log.close()
  const oracle = join(import.meta.dirname, 'oracle.py')
  // The simulator masks what it sends and an idle folder has no control records, so some checks have nothing to compare.
  const said = execFileSync('python3', [oracle, dump, '--may-be-empty', 'all'], { encoding: 'utf8' })
  expect(said).toMatch(new RegExp(`^ok +dispositions +${RECORDS} compared, equal$`, 'm'))
  expect(said).toMatch(/^ok +alerts +[1-9]\d* compared, equal$/m)
  expect(said).toMatch(/^ok +actions +[1-9]\d* compared, equal$/m)
  expect(said).toMatch(/^ok +duplicates +[1-9]\d* compared, equal$/m)
  expect(said).toMatch(/^oracle: equal/m)
}, 60_000)
