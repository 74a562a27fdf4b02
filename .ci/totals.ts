import { readFileSync } from 'node:fs'

// Prints `N passed, N failed` from the JSON report of `npm test`, and exits 1 on a failure or when no test passed.
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { status: string }[] }[]
}

const report = JSON.parse(readFileSync('test-report.json', 'utf8')) as Report
// A file that cannot even be loaded reports no test of its own; it counts as one failure.
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
).length
const failed = report.numFailedTests + brokenFiles
const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : ''
process.stdout.write(`${report.numPassedTests} passed, ${failed} failed${skipped}\n`)
if (failed > 0 || report.numPassedTests === 0) process.exitCode = 1
