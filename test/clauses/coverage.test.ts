import { expect, test } from 'vitest'
import { measureCoverage } from './coverage.ts'
import { type Claim, readSpecification } from './specification.ts'
import { type ExecutedTest, readReport } from './test-report.ts'

const SPECIFICATION = readSpecification(
  '# T\n## Q. Queue\n- Q1 one.\n- Q2 two.\n  - Q9 nested\n## Z. Zone\n- Z1 three.\n',
)
const CLAIM: Claim = { sections: ['Q'], excluded: {}, partial: {} }
const passed = (...titles: string[]): ExecutedTest => ({ titles, passed: true })
const failed = (...titles: string[]): ExecutedTest => ({ titles, passed: false })

test('clauses: the specification is read by section, nested lines are no clauses', () => {
  expect([...SPECIFICATION]).toEqual([
    ['Q', ['Q1', 'Q2']],
    ['Z', ['Z1']],
  ])
})

test('clauses: the report is flattened with the titles of the groups', () => {
  const json = JSON.stringify({
    testResults: [
      { assertionResults: [{ title: 'SPEC Q1: a', ancestorTitles: ['group'], status: 'passed' }] },
      { assertionResults: [{ title: 'b', ancestorTitles: [], status: 'failed' }] },
    ],
  })
  expect(readReport(json)).toEqual([passed('group', 'SPEC Q1: a'), failed('b')])
})

const ROWS: readonly {
  why: string
  claim?: Partial<Claim>
  tests: ExecutedTest[]
  problems: (string | RegExp)[]
  counts?: [clauses: number, tests: number]
}[] = [
  {
    why: 'each clause has its test',
    tests: [passed('SPEC Q1: a'), passed('SPEC Q2: b')],
    problems: [],
    counts: [2, 2],
  },
  { why: 'one test may prove several', tests: [passed('SPEC Q1, Q2: a')], problems: [], counts: [2, 1] },
  {
    why: 'a group names the clause for its tests',
    tests: [passed('SPEC Q1,Q2: a', 'row')],
    problems: [],
    counts: [2, 1],
  },
  {
    why: 'a failed test proves nothing',
    tests: [passed('SPEC Q1: a'), failed('SPEC Q2: b')],
    problems: [/^Q2 is claimed/],
  },
  {
    why: 'the clause must stand first',
    tests: [passed('SPEC Q1: a'), passed('see SPEC Q2: b')],
    problems: [/^Q2 is claimed/],
  },
  {
    why: 'Q2 is not Q21',
    tests: [passed('SPEC Q1: a'), passed('SPEC Q21: b')],
    problems: [/names Q21/, /^Q2 is claimed/],
  },
  { why: 'no test at all is a failure', tests: [], problems: [/^Q1/, /^Q2/, /^no claimed clause/] },
  {
    why: 'tests of other sections are not enough',
    tests: [passed('SPEC Z1: a')],
    problems: [/^Q1/, /^Q2/, /^no claimed clause/],
  },
  {
    why: 'an excluded clause needs no test',
    claim: { excluded: { Q2: 'later' } },
    tests: [passed('SPEC Q1: a')],
    problems: [],
    counts: [1, 1],
  },
  {
    why: 'a partial clause does',
    claim: { partial: { Q2: 'half' } },
    tests: [passed('SPEC Q1: a')],
    problems: [/^Q2/],
  },
  {
    why: 'an exception must say why',
    claim: { excluded: { Q2: ' ' } },
    tests: [passed('SPEC Q1: a')],
    problems: [/without a reason/],
  },
  {
    why: 'an exception outside the claim is left over',
    claim: { excluded: { Z1: 'later' } },
    tests: [passed('SPEC Q1, Q2: a')],
    problems: [/^Z1 is excepted/],
  },
  {
    why: 'a clause cannot be both partial and excluded',
    claim: { excluded: { Q2: 'later' }, partial: { Q2: 'half' } },
    tests: [passed('SPEC Q1: a')],
    problems: [/both/],
  },
  {
    why: 'a claimed section must exist',
    claim: { sections: ['Q', 'P'] },
    tests: [passed('SPEC Q1, Q2: a')],
    problems: [/^section P/],
  },
]

test.each(ROWS)('clauses: $why', ({ claim, tests, problems, counts }) => {
  const coverage = measureCoverage(SPECIFICATION, { ...CLAIM, ...claim }, tests)
  expect(coverage.problems).toEqual(problems.map((problem) => expect.stringMatching(problem)))
  if (counts !== undefined) expect([coverage.provenClauses, coverage.matchedTests]).toEqual(counts)
})
