import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BANS, findBanned } from './banned-words.ts'
import { codeOf, lineCount, sourceFiles } from './source-file.ts'

// Goal: what the linters cannot say about the layout. Each check states how many files it saw; none seen is a failure.
const LINES_MAX = 400
const LINES_P90_MAX = 250
const VAGUE_NAMES = /(?:^|[/.-])(?:utils?|helpers?|common|managers?|misc)(?:[/.-]|$)/

const files = sourceFiles(fileURLToPath(new URL('../../', import.meta.url)))
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
