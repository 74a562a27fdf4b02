/** One executed test: its own title and those of the groups around it, outermost first. */
export interface ExecutedTest {
  readonly titles: readonly string[]
  readonly passed: boolean
}

interface ReportedTest {
  readonly title: string
  readonly ancestorTitles: readonly string[]
  readonly status: string
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly ReportedTest[] }[]
}

/** Reads the tests out of the JSON report that `npm test` leaves. */
export function readReport(json: string): ExecutedTest[] {
  const report = JSON.parse(json) as Report
  return report.testResults.flatMap((file) =>
    file.assertionResults.map(({ title, ancestorTitles, status }) => ({
      titles: [...ancestorTitles, title],
      passed: status === 'passed',
    })),
  )
}

const TITLE = /^SPEC ([A-Z][0-9]+(?:, ?[A-Z][0-9]+)*):/

/** The clauses that a test proves: those that its title, or a group's around it, begins with (`SPEC V1, V3: ...`). */
export function clausesOf(test: ExecutedTest): string[] {
  return test.titles.flatMap((title) => TITLE.exec(title)?.[1]?.split(/, ?/) ?? [])
}
