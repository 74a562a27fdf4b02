/**
 * `node test/history/checker/check.ts FOLDER`: judges the history of a run and the log behind it again. Exits 1 when a law does not hold
 * or compared nothing.
 */
import { readEvidence } from './history.ts'
import { judge, LAWS, type Law } from './laws.ts'

const [folder = '.'] = process.argv.slice(2)
for (const [law, { compared, failed, shown }] of Object.entries(judge(readEvidence(folder)))) {
  process.stdout.write(`LAW-${law} ${compared} compared, ${failed} failed: ${LAWS[law as Law]}\n`)
  for (const fault of shown) process.stdout.write(`  ${fault}\n`)
  if (failed > 0 || compared === 0) process.exitCode = 1
}
