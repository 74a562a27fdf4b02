import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A test that a document names as a proof. */
export interface NamedTest {
  readonly file: string
  /** Part of its title. */
  readonly title: string
}

const ROW = /^\|.*\| `(?<file>test\/[^`]+)` \| "(?<title>.+)" \|$/gm
const PATH = /`(test\/[\w./-]+\.ts)`/g

/** The rows of a table that end with a test's file and a part of its title in quotes. */
export function namedTests(document: string): NamedTest[] {
  return [...document.matchAll(ROW)].map(({ groups }) => groups as unknown as NamedTest)
}

/** Every file of tests that a document names. */
export function namedFiles(document: string): string[] {
  return [...document.matchAll(PATH)].map(([, path]) => path as string)
}

/** Those of the tests that are not there: without their file, or without their title in it. */
export function missingTests(project: string, tests: readonly NamedTest[]): NamedTest[] {
  return tests.filter(({ file, title }) => {
    const path = join(project, file)
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(title)
  })
}
