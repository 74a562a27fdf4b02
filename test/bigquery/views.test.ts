import { describe, expect, test } from 'vitest'
import { bigqueryView } from '../../bigquery/views/view.ts'
import { VIEWS } from '../../bigquery/views/views.ts'
import { archiveOf, ask } from './archive-of.ts'
import { FIXTURE_ANSWERS, fixtureRows } from './view-fixture.ts'

describe('the views of the archive', () => {
  test('SPEC B1, B3, D5: each gives on DuckDB the rows that were worked out by hand', async () => {
    const file = await archiveOf(fixtureRows())
    let compared = 0
    for (const { name } of VIEWS) {
      const answer = await ask(file, `SELECT * FROM ${name}`)
      expect(answer, name).toEqual(FIXTURE_ANSWERS[name])
      compared += answer.length
    }
    expect(compared).toBe(Object.values(FIXTURE_ANSWERS).flat().length)
  })

  test.each(VIEWS)('SPEC B3: $name is written for BigQuery too, over the data set that is named', (view) => {
    const sql = bigqueryView('shop.archive', view)
    expect(sql).toMatch(new RegExp(`^CREATE OR REPLACE VIEW \`shop[.]archive[.]${view.name}\` OPTIONS`))
    // What DuckDB alone understands, and what BigQuery calls a table without its data set.
    expect(sql).not.toMatch(/FILTER \(|len\(|regexp_matches|FROM [a-z]|JOIN [a-z]/)
  })
})
