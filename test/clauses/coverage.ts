import type { Claim, Specification } from './specification.ts'
import { clausesOf, type ExecutedTest } from './test-report.ts'

/** What the tests prove of the claim; it holds when `problems` is empty. */
export interface Coverage {
  /** Claimed clauses with at least one passing test. */
  readonly provenClauses: number
  /** Passing tests that name a clause. */
  readonly matchedTests: number
  /** One sentence for each reason to fail. */
  readonly problems: readonly string[]
}

/** Holds the claim against the specification and the tests that ran. Nothing matched is a failure, never a success. */
export function measureCoverage(specification: Specification, claim: Claim, tests: readonly ExecutedTest[]): Coverage {
  const known = new Set([...specification.values()].flat())
  const claimed = claim.sections.flatMap((section) => specification.get(section) ?? [])
  const proven = new Set<string>()
  const unknown = new Set<string>()
  let matchedTests = 0
  for (const test of tests) {
    const clauses = clausesOf(test)
    for (const clause of clauses) {
      if (!known.has(clause)) unknown.add(clause)
      else if (test.passed) proven.add(clause)
    }
    if (test.passed && clauses.some((clause) => known.has(clause))) matchedTests++
  }
  const provenClauses = claimed.filter((clause) => proven.has(clause)).length
  const problems = [
    ...problemsOfClaim(specification, claim, claimed),
    ...[...unknown].map((clause) => `a test's title names ${clause}, which the specification does not have`),
    ...claimed
      .filter((clause) => !proven.has(clause) && !(clause in claim.excluded))
      .map((clause) => `${clause} is claimed and no passing test's title begins with it`),
  ]
  if (provenClauses === 0 || matchedTests === 0) problems.push('no claimed clause matched a passing test')
  return { provenClauses, matchedTests, problems }
}

function problemsOfClaim(specification: Specification, claim: Claim, claimed: readonly string[]): string[] {
  const problems = claim.sections
    .filter((section) => !specification.has(section))
    .map((section) => `section ${section} is claimed, which the specification does not have`)
  for (const [clause, reason] of Object.entries({ ...claim.partial, ...claim.excluded })) {
    if (!claimed.includes(clause)) problems.push(`${clause} is excepted, which is in no claimed section`)
    if (reason.trim() === '') problems.push(`${clause} is excepted without a reason`)
    if (clause in claim.partial && clause in claim.excluded) problems.push(`${clause} is both partial and excluded`)
  }
  return problems
}
