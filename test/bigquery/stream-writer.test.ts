import { vi } from 'vitest'
import * as target from './stream-target.ts'
import { writerConformance } from './writer-conformance.ts'

// Each commit is a sync of the embedded log's disk.
vi.setConfig({ testTimeout: 120_000 })
writerConformance('the Storage Write API of the double', target, 2)
