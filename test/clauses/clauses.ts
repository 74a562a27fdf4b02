import { readFileSync } from 'node:fs'
import { measureCoverage } from './coverage.ts'
import { type Claim, readSpecification } from './specification.ts'
import { readReport } from './test-report.ts'

/**
 * `npm run clauses`, after `npm test`: fails when a clause of a claimed section of docs/SPEC.md has no passing test.
 * What is claimed stands in `claimed.json`.
 */
const PROJECT = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, PROJECT), 'utf8')

const claim = JSON.parse(read('test/clauses/claimed.json')) as Claim
const { provenClauses, matchedTests, problems } = measureCoverage(
  readSpecification(read('docs/SPEC.md')),
  claim,
  readReport(read('test-report.json')),
)
for (const [clause, reason] of Object.entries(claim.excluded)) process.stdout.write(`${clause} not yet: ${reason}\n`)
for (const [clause, missing] of Object.entries(claim.partial)) process.stdout.write(`${clause} in part: ${missing}\n`)
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stdout.write(
  `Sections ${claim.sections.join(', ')}: ${provenClauses} clauses proven by ${matchedTests} tests, ${problems.length} problems\n`,
)
if (problems.length > 0) process.exitCode = 1
