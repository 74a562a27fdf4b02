import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/setup/longest-first.ts'

/** The seed of every property test: fixed, so that a commit passes or fails the same everywhere; others by SLUICE_TEST_SEED. */
const seed = Number(process.env['SLUICE_TEST_SEED'] ?? 20_261_122)

/** Whatever they leave behind in a process does not matter to the next, so these share one: a process a file is a fifth of a run. */
const PURE = [
  'test/{clauses,conformance,corpus,platform,processors,producers,schemas,support,tidy}/**/*.test.ts',
  'test/streams/*.test.ts',
  'test/streams/{hash,log,record,state,task,testing}/**/*.test.ts',
]

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      { extends: true, test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: PURE } },
    ],
    // The others kill, fence and open such stores: a process each, and as many as the smallest machine has cores.
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
