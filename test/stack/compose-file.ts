import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url))

/** What the checks read of a service; the schema says the rest. */
export interface Service {
  readonly profiles?: readonly string[]
  readonly image?: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly read_only?: boolean
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

/** A file of the project, by its path. */
export function projectFile(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8')
}

/** docker-compose.yml with its anchors resolved. */
export function composeFile(): ComposeFile {
  return parse(projectFile('docker-compose.yml'), { merge: true }) as ComposeFile
}

/** The instructions of a Dockerfile, a line each, with their first word. */
export function dockerInstructions(text: string): { readonly word: string; readonly rest: string }[] {
  return text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ word: line.split(' ')[0]!, rest: line.slice(line.indexOf(' ') + 1) }))
}

/** Every file of ours that the program loads, by path, found by following its imports. */
export function loadedFiles(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found
  found.add(entry)
  for (const [, specifier] of projectFile(entry).matchAll(/(?:from|import\(|new URL\()\s*'(\.[^']+\.ts)'/g)) {
    const path = relative(PROJECT, join(PROJECT, dirname(entry), specifier!))
    if (existsSync(join(PROJECT, path))) loadedFiles(path, found)
  }
  return found
}
