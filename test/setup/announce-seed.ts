import type { TestProject } from 'vitest/node'

/** Prints the run's seed before the first test, so that a failure can be run again. */
export function setup(project: TestProject): void {
  const seed = project.config.env['SLUICE_TEST_SEED']
  process.stdout.write(`Property tests use seed ${seed}; the same run again: SLUICE_TEST_SEED=${seed} npm test\n`)
}
