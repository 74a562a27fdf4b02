import { readFileSync } from 'node:fs'

// Prints `N passed, N failed` from the JSON reports of `npm test` and of the rows of faults, and exits 1 on a failure or when a report
// has no test that passed.
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { status: string }[] }[]
}

const reports = ['test-report.json', 'chaos-report.json'].map(
  (file) => JSON.parse(readFileSync(file, 'utf8')) as Report,
)
const sum = (count: (report: Report) => number) => reports.reduce((total, report) => total + count(report), 0)
const passed = sum(({ numPassedTests }) => numPassedTests)
const failed = sum(({ numFailedTests, testResults }) => numFailedTests + brokenFiles(testResults))
const pending = sum(({ numPendingTests }) => numPendingTests)
const skipped = pending > 0 ? `, ${pending} skipped` : ''
process.stdout.write(`${passed} passed, ${failed} failed${skipped}\n`)
if (failed > 0 || reports.some(({ numPassedTests }) => numPassedTests === 0)) process.exitCode = 1

/** A file that cannot even be loaded reports no test of its own; it counts as one failure. */
function brokenFiles(files: Report['testResults']): number {
  const broken = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  )
  return broken.length
}
