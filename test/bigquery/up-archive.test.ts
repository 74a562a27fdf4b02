import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { AnswerLine } from '../../bigquery/query-client.ts'
import { askArchive } from '../../bin/runtime/archive/archive-answers.ts'
import { testConfig } from '../bin/decided-folder.ts'
import { SluiceProcess, sluice, temporaryFolder } from '../bin/sluice-process.ts'

const ENDLESS = 'SELECT count(*) FROM range(100000000000) AS a, range(1000000) AS b'
const TEST_MS = 150_000

describe('the archive of sluice up', () => {
  test(
    'SPEC B2: is read while it is written, also under a query that never ends; an archiver that is killed goes on, every row once',
    async () => {
      const folder = temporaryFolder()
      const up = new SluiceProcess(['up', '--port', '0', '--rate', '200', '--data', folder], { SLUICE_ARCHIVE: 'yes' })
      await up.says(/Ctrl-C ends/)
      const begun = await payments(folder, 1)
      const endless = ask(folder, ENDLESS, 4_000)
      const beside = await payments(folder, begun + 1)
      expect(await endless).toMatchObject([{ failure: 'TIMED_OUT' }])
      expect(await ask(folder, "SELECT * FROM read_text('/etc/passwd')")).toMatchObject([{ failure: 'REFUSED' }])
      process.kill(archiverOf(up.child.pid), 'SIGKILL')
      await up.complains(/the archiver crashed and starts again, decisions go on/)
      await payments(folder, beside + 1)
      up.kill('SIGINT')
      expect(await up.ended, up.stderr).toBe(0)

      const { code, stdout, stderr } = await sluice(['archive', 'replay', '--json', '--data', folder])
      expect(code, stderr).toBe(0)
      const days = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      const compared = days.reduce((sum, { log }) => sum + log.rows, 0)
      expect(compared).toBeGreaterThan(3 * beside)
      const twice = 'SELECT count(*) FROM payment_transactions GROUP BY decision_id HAVING count(*) > 1'
      expect((await ask(folder, twice)).flatMap(({ rows }) => rows ?? [])).toEqual([])
      const csv = await sluice(['sql', '--csv', '--data', folder, 'SELECT 1 AS one, \'a,"b"\' AS two'])
      expect(csv.stdout).toBe('one,two\n1,"a,""b"""\n')
      process.stdout.write(`archive: ${compared} rows of ${days.length} tables and days made again\n`)
    },
    TEST_MS,
  )
})

/** The number of archived payments, once it is at least `atLeast`. */
async function payments(folder: string, atLeast: number): Promise<number> {
  for (;;) {
    const lines = await ask(folder, 'SELECT count(*) FROM payment_transactions').catch(() => [])
    const count = Number(lines.find(({ rows }) => rows !== undefined)?.rows?.[0]?.[0] ?? 0)
    if (count >= atLeast) return count
    await setTimeout(100)
  }
}

async function ask(folder: string, sql: string, timeoutMs = 20_000): Promise<AnswerLine[]> {
  const lines: AnswerLine[] = []
  const { signal } = new AbortController()
  for await (const line of askArchive(testConfig(folder), { sql, timeoutMs }, signal)) lines.push(line)
  return lines
}

function archiverOf(pid: number | undefined): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
  const found = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('\0archive\0'))
  if (found === undefined) throw new Error('up has no archiver')
  return found
}
