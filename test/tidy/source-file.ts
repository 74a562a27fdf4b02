import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The project's own folders: everything beside them is installed, fetched or written at run time. */
const NOT_OURS = new Set(['node_modules', '.git', 'dist', '.cache', 'data', 'coverage'])

/** One TypeScript file; `path` is relative to the project, with `/`. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Every TypeScript file that a person wrote: generated code and the hash kernel's AssemblyScript are left out. */
export function sourceFiles(project: string, folder = ''): SourceFile[] {
  return readdirSync(join(project, folder), { withFileTypes: true }).flatMap((entry): SourceFile[] => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : sourceFiles(project, path)
    if (!path.endsWith('.ts') || isGenerated(path)) return []
    return [{ path, text: readFileSync(join(project, path), 'utf8') }]
  })
}

function isGenerated(path: string): boolean {
  return path.startsWith('schemas/generated/') || path.startsWith('streams/hash/assembly/') || path.endsWith('.wasm.ts')
}

const COMMENT_OR_STRING = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g

/** The text with comments and quoted strings blanked: same lines, and only code left to search. */
export function codeOf(text: string): string {
  return text.replace(COMMENT_OR_STRING, (match) => match.replace(/[^\n]/g, ' '))
}

/** Number of lines of a text file, its last line end not counted as a line of its own. */
export function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length
}
