import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BANS, findBanned } from './banned-words.ts'
import { missingTests, namedFiles, namedTests } from './named-tests.ts'
import { codeOf, lineCount, sourceFiles } from './source-file.ts'

// Goal: what the linters cannot say about the layout. Each check states how many files it saw; none seen is a failure.
const LINES_MAX = 400
const LINES_P90_MAX = 250
const VAGUE_NAMES = /(?:^|[/.-])(?:utils?|helpers?|common|managers?|misc)(?:[/.-]|$)/

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const files = sourceFiles(PROJECT)
process.stdout.write(`tidy: ${files.length} source files scanned\n`)

test('tidy: there are files to scan, in every folder that a ban names', () => {
  for (const folder of ['schemas/', 'streams/', 'processors/', 'platform/', 'bin/']) {
    expect(files.filter((file) => file.path.startsWith(folder)).length, folder).toBeGreaterThan(0)
  }
})

describe.each(BANS)('tidy: $name', (ban) => {
  test('no file breaks it', () => {
    const found = files.flatMap((file) => findBanned(ban, file))
    expect(found, ban.instead).toEqual([])
  })

  test('a file that breaks it is found', () => {
    const { path, text } = ban.broken
    expect(findBanned(ban, { path, text: `// ${text}\n${text}` })).toEqual([expect.stringContaining(`${path}:2: `)])
  })
})

test('tidy: no source file is longer than the limit, nine of ten are far below it', () => {
  const sizes = files.map(({ path, text }) => ({ path, lines: lineCount(text) })).sort((a, b) => a.lines - b.lines)
  expect(sizes.filter(({ lines }) => lines > LINES_MAX)).toEqual([])
  const p90 = sizes[Math.ceil(sizes.length * 0.9) - 1]
  expect(p90?.lines, `p90 is ${p90?.path}`).toBeLessThanOrEqual(LINES_P90_MAX)
})

test('tidy: no file has a name that says nothing', () => {
  expect(files.map((file) => file.path).filter((path) => VAGUE_NAMES.test(path))).toEqual([])
  expect(
    ['streams/utils.ts', 'bin/log-helper.ts', 'common/a.ts'].filter((path) => VAGUE_NAMES.test(path)),
  ).toHaveLength(3)
})

test('tidy: comments and strings are no code, and keep their lines', () => {
  const text = "/* await\n */ a // await\nconst b = 'it''s await' + \"await // x\" + `await`\n"
  const code = codeOf(text)
  expect(code.split('\n').map((line) => /\bawait\b/.test(line))).toEqual([false, false, true, false])
  expect(code).toHaveLength(text.length)
})

test('tidy: every test that the README names as a proof is there', () => {
  const named = namedTests(readFileSync(join(PROJECT, 'README.md'), 'utf8'))
  process.stdout.write(`tidy: the README names ${named.length} tests\n`)
  expect(named.length).toBeGreaterThan(10)
  expect(missingTests(PROJECT, named)).toEqual([])
})

test('tidy: a named test that is not there is found, by its file or by its title', () => {
  const row = (file: string, title: string) => `| whatever | holds | \`${file}\` | "${title}" |`
  const here = 'test/tidy/tidy.test.ts'
  // Put together, so that the title that is not there does not stand here.
  const absent = ['no such', 'title'].join(' ')
  const rows = [row(here, 'tidy: there are files to scan'), row(here, absent), row('test/gone.test.ts', 'any')]
  expect(missingTests(PROJECT, namedTests(rows.join('\n')))).toEqual([
    { file: here, title: absent },
    { file: 'test/gone.test.ts', title: 'any' },
  ])
})

test('tidy: every file of tests that a document names is there', () => {
  const folders = ['.', 'docs', 'docs/adr']
  const documents = folders.flatMap((folder) =>
    readdirSync(join(PROJECT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  )
  const named = documents.flatMap((path) => namedFiles(readFileSync(join(PROJECT, path), 'utf8')))
  process.stdout.write(`tidy: ${documents.length} documents name ${named.length} files of tests\n`)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !existsSync(join(PROJECT, path)))).toEqual([])
})
