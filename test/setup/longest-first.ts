import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take minutes begin first, so that no worker is left alone with one at the end. A fresh checkout has no times to go by, and
 * the size of a file says nothing of how long it runs.
 */
const LONGEST = [
  'test/oracle/scenarios.test.ts',
  'test/eos/eos.test.ts',
  'test/streams/kafka/leader-change.test.ts',
  'test/stack/kafka.test.ts',
  'test/bin/worker-threads.test.ts',
  'test/faults/cluster.test.ts',
  'test/faults/crash.test.ts',
  'test/bigquery/endpoint.test.ts',
  'test/oracle/public-data.test.ts',
  'test/package/package.test.ts',
  'test/bin/control-commands.test.ts',
  'test/faults/disk.test.ts',
  'test/bin/up.test.ts',
]

/** The order of vitest, but for the longest files. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => LONGEST.findIndex((name) => moduleId.endsWith(name))
    const first = files.filter((file) => rank(file) >= 0).sort((a, b) => rank(a) - rank(b))
    return [...first, ...(await super.sort(files.filter((file) => rank(file) < 0)))]
  }
}
