import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../bin/sluice-process.ts'
import { ExampleProcess } from './example-process.ts'
import { embeddedLogOf, killWindowedCount, killWordCount } from './survives-kills.ts'

// Goal: the examples that strangers begin with do what they say, and lose nothing to kill -9.
// Method: the example in a process of its own, from the sources; records sent to its log from here while it is killed.

const EXAMPLES = join(import.meta.dirname, '../../examples')
const FROM_SOURCES = '--conditions=sluice-source'
const KILLS = 3

function start(name: string, directory: string): ExampleProcess {
  return new ExampleProcess([process.execPath, FROM_SOURCES, join(EXAMPLES, name), directory], directory)
}

test('examples: each has at most 40 lines', () => {
  const files = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(0)
  for (const name of files) {
    expect(readFileSync(join(EXAMPLES, name), 'utf8').trimEnd().split('\n').length, name).toBeLessThanOrEqual(40)
  }
})

test('examples: word count counts what is typed, and goes on after Ctrl-C', { timeout: 120_000 }, async () => {
  const directory = temporaryFolder()
  const first = start('word-count.ts', directory)
  first.type('To be, or not to be')
  await first.printed(6)
  expect(first.lines.toSorted()).toEqual(['be 1', 'be 2', 'not 1', 'or 1', 'to 1', 'to 2'])
  expect(await first.end('SIGINT')).toBe('SIGINT')
  const second = start('word-count.ts', directory)
  second.type('be')
  await second.printed(1)
  expect(second.lines).toEqual(['be 3'])
  expect(await second.end('SIGTERM')).toBe('SIGTERM')
})

describe('SPEC X4: examples killed with -9', () => {
  test('word count counts every word once', { timeout: 240_000 }, async () => {
    const directory = temporaryFolder()
    const ground = { start: () => start('word-count.ts', directory), openLog: () => embeddedLogOf(directory) }
    const { found, expected, kills } = await killWordCount(ground, KILLS)
    expect(found).toEqual(expected)
    const compared = Object.values(found).reduce((sum, counts) => sum + counts.length, 0)
    process.stdout.write(`word count: ${kills} kills, ${compared} counts compared\n`)
    expect(compared).toBeGreaterThan(1_000)
  })

  test('windowed count counts every click once, in the order of the clicks', { timeout: 240_000 }, async () => {
    const directory = temporaryFolder()
    const ground = { start: () => start('windowed-count.ts', directory), openLog: () => embeddedLogOf(directory) }
    const { found, expected, kills } = await killWindowedCount(ground, KILLS)
    expect(found).toEqual(expected)
    process.stdout.write(`windowed count: ${kills} kills, ${found.length} outcomes compared\n`)
    expect(found.length).toBeGreaterThan(1_000)
    expect(found.filter((line) => line.endsWith('late')).length).toBeGreaterThan(100)
  })
})
