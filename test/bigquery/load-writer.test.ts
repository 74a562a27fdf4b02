import { vi } from 'vitest'
import * as target from './load-target.ts'
import { writerConformance } from './writer-conformance.ts'

// Each commit is a sync of the embedded log's disk.
vi.setConfig({ testTimeout: 120_000 })
writerConformance('load jobs of the double', target, 1)
