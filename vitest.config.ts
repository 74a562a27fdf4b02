import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/setup/longest-first.ts'

/** The seed of every property test: fixed, so that a commit passes or fails the same everywhere; others by SLUICE_TEST_SEED. */
const seed = Number(process.env['SLUICE_TEST_SEED'] ?? 20_261_122)

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests kill, fence and open stores that are native code: a process each, and as many as the smallest machine has cores.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 20_000,
    env: { SLUICE_TEST_SEED: String(seed) },
    globalSetup: ['test/setup/announce-seed.ts'],
    setupFiles: ['test/setup/property-seed.ts'],
    reporters: ['default', ['json', { outputFile: 'test-report.json' }]],
  },
})
